"""Asks the servers of a run what nobody outside can see: connections to the primary, and jobs that wait."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from nollycrewhub.cli.running import FILE
from nollycrewhub.contracts.hearing import HEARERS
from nollycrewhub.loadtest.watching import AskInside, Inside
from nollycrewhub.platform.db import Database
from nollycrewhub.platform.db.budget import in_use
from nollycrewhub.platform.queue import looking
from nollycrewhub.platform.settings import from_environ

SMALL = {"READ_REPLICA_URLS": "", "READ_POOL_LEAST": "1", "READ_POOL_MOST": "1", "WRITE_POOL": "1", "WRITE_OVERFLOW": "0"}


def servers_of(folder: Path, environ: Mapping[str, str], *, port: int) -> dict[str, str]:
    """The settings of the run that answers at a port, by its data folder; of the environment when it names a database.

    Nothing when neither is there, or when the run in that folder answers at another port (0 fits none).
    """
    if environ.get("DATABASE_URL"):
        return dict(environ)
    try:
        found = json.loads((folder / FILE).read_text())
    except (OSError, ValueError):
        return {}
    fits = isinstance(found, dict) and found.get("DATABASE_URL") and found.get("PORT", str(port)) == str(port) and port
    return {**environ, **found} if fits else {}


@asynccontextmanager
async def inside_of(settings: Mapping[str, str]) -> AsyncIterator[AskInside | None]:
    """A way to ask, with one connection of its own; None when nobody says where the servers are."""
    if not settings:
        yield None
        return
    db = Database(from_environ({**settings, **SMALL}), hearers=HEARERS)
    await db.start()

    async def ask() -> Inside:
        read = db.read_session(primary=True)
        queues, connections = await looking.states(read), await in_use(read)
        return Inside(
            connections=connections.open, accepted=connections.accepted, waiting=sum(queue.due for queue in queues),
            oldest_s=max((queue.oldest for queue in queues), default=0.0),
        )  # fmt: skip

    try:
        yield ask
    finally:
        await db.stop()
