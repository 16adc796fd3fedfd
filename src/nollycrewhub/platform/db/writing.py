"""The write side: the declarative base and the session that nobody commits but platform."""

from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
from sqlalchemy import MetaData
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase

from nollycrewhub.platform import tracing

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """All tables' metadata. A column says in `info` whether it is personal; a test insists."""

    metadata = MetaData(naming_convention=NAMING)


LINE = "line"
KEPT = "kept"
MARKED = "marked"


class WriteSession(AsyncSession):
    """One transaction on the primary as the app role. Use it, flush it; platform commits it at the edge."""

    async def sql(self, statement: str, *args: Any) -> list[asyncpg.Record]:
        """Runs SQL text with $1, $2 … inside this transaction, and returns its rows (if it has any).

        It goes to the driver: the ORM's way there costs three times as much processor time as the statement. What the
        driver raises therefore comes as it is. A connection lost meanwhile is told to the pool, which asks nobody else.
        """
        driver = await self._driver()
        try:
            with tracing.statement(statement):
                found: list[asyncpg.Record] = await driver.fetch(statement, *args)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            if driver.is_closed():
                await (await self.connection()).invalidate(error)
            raise
        return found

    async def _driver(self) -> asyncpg.Connection:
        """The driver's connection; the pool has begun its transaction (living.py).

        A savepoint counts as a transaction of its own: the ORM sets it only once it is asked for the connection within.
        """
        held = self.info.get(LINE)
        if held is not None and held[0] is self._innermost():
            driver: asyncpg.Connection = held[1]
            return driver
        lent = await (await self.connection()).get_raw_connection()
        self.info[LINE] = (self._innermost(), lent.driver_connection)
        return lent.driver_connection

    def _innermost(self) -> object:
        """The savepoint in force, else the transaction."""
        return self.sync_session.get_nested_transaction() or self.sync_session.get_transaction()

    def keep(self) -> None:
        """What was written stays although the answer is a refusal, such as the message a refusal speaks of."""
        self.info[KEPT] = True

    @property
    def is_kept(self) -> bool:
        """Whether a refusal commits too."""
        return bool(self.info.get(KEPT))

    @property
    def marked(self) -> set[str]:
        """The people, by their ids, for whom the position of this commit was remembered with telling them."""
        found: set[str] = self.info.setdefault(MARKED, set())
        return found

    def after_commit(self, act: Callable[[], Awaitable[object]]) -> None:
        """Does what only a stored fact may cause (ending sessions, deleting a file); a rollback forgets it.

        For what can be done twice or lost to a crash without harm; all else is a job of the same transaction.
        """
        self.info.setdefault("after_commit", []).append(act)
