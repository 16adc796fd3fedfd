"""Asks the servers of a run what nobody outside can see: connections to the primary, and jobs that wait."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from nollycrewhub.cli.running import FILE
from nollycrewhub.contracts.hearing import HEARERS
from nollycrewhub.loadtest.steadiness import Change
from nollycrewhub.loadtest.watching import Inside
from nollycrewhub.platform.arriving import done_within
from nollycrewhub.platform.db import Database
from nollycrewhub.platform.db.budget import in_use
from nollycrewhub.platform.queue import looking
from nollycrewhub.platform.settings import from_environ
from nollycrewhub.scaling import repository

SMALL = {"READ_REPLICA_URLS": "", "READ_POOL_LEAST": "1", "READ_POOL_MOST": "1", "WRITE_POOL": "1", "WRITE_OVERFLOW": "0"}

MOST_CHANGES = 500


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


class Servers:
    """What can be asked of a run's servers, on one connection."""

    def __init__(self, db: Database) -> None:
        self.db = db

    async def look(self) -> Inside:
        """Connections and jobs, now."""
        read = self.db.read_session(primary=True)
        queues, connections = await looking.states(read), await in_use(read)
        return Inside(
            connections=connections.open, accepted=connections.accepted, waiting=sum(queue.due for queue in queues),
            oldest_s=max((queue.oldest for queue in queues), default=0.0),
        )  # fmt: skip

    async def effects(self, began: datetime) -> float:
        """Milliseconds within which 95 of 100 effects followed their commit, of what happened since a moment."""
        return round(await done_within(self.db.read_session(primary=True), began, 0.95) * 1000, 1)

    async def changes(self, began: datetime) -> list[Change]:
        """What a scaler decided about web processes since a moment, oldest first, as it was stored."""
        found = await repository.decisions(self.db.read_session(primary=True), changes_only=True, limit=MOST_CHANGES)
        return [
            Change(at=round((one.at - began).total_seconds(), 1), before=one.web_before, after=one.web, why="; ".join(one.reasons))
            for one in reversed(found) if one.at >= began and one.web != one.web_before
        ]  # fmt: skip


@asynccontextmanager
async def inside_of(settings: Mapping[str, str]) -> AsyncIterator[Servers | None]:
    """A way to ask; None when nobody says where the servers are."""
    if not settings:
        yield None
        return
    db = Database(from_environ({**settings, **SMALL}), hearers=HEARERS)
    await db.start()
    try:
        yield Servers(db)
    finally:
        await db.stop()
