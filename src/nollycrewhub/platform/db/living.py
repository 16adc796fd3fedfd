"""Connections for writing are begun on when they are lent, so that one which died in the pool is found before anything was said.

BEGIN has to be sent anyway; here the pool sends it, and may therefore take another connection where it finds nobody. What
a restart has left behind is told without asking: by the closed socket, or by the start of the server as the probe saw it.
"""

from collections.abc import Callable
from typing import Any

import asyncpg
from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine

BORN = "born"
NEW = "new"


def lend_living(engine: AsyncEngine, *, born: Callable[[], int]) -> None:
    """Has the engine's pool lend begun transactions only; `born` tells which run of the server is known now."""

    def made(_: Any, record: Any) -> None:
        record.info[BORN], record.info[NEW] = born(), True

    def lent(adapted: Any, record: Any, _: Any) -> None:
        is_new = record.info.pop(NEW, False)
        driver: asyncpg.Connection = adapted.driver_connection
        if record.info[BORN] != born():
            driver.terminate()  # its server is gone, so no goodbye is waited for
        if driver.is_closed() and not is_new:
            raise DisconnectionError("closed while it waited in the pool")
        try:
            adapted.run_async(lambda _: adapted._start_transaction())
        except Exception as error:
            if is_new or not driver.is_closed():
                raise
            raise DisconnectionError("nobody was there to begin with") from error

    event.listen(engine.sync_engine, "connect", made)
    event.listen(engine.sync_engine, "checkout", lent)
