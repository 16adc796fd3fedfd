"""BAD TWIN of our routing, on purpose: the plan's `StorageService`, which writes to one pool and reads from the other.

Plan, section 3: "Read operation - use read replica", "Write operation - use primary database". No position, no probe,
no way back when the replica lags or is gone. Never import this from the program.
"""

from typing import Any, TypeVar

import asyncpg

from nollycrewhub.platform.db import Query

T = TypeVar("T")


class ReplicaAlways:
    """`createJob` and `getJobs` of the plan's sample, on our tables."""

    def __init__(self, write_pool: asyncpg.Pool, read_pool: asyncpg.Pool) -> None:
        self.write_pool = write_pool
        self.read_pool = read_pool

    async def write(self, statement: str, *args: Any) -> None:
        """To the primary."""
        await self.write_pool.execute(statement, *args)

    async def value(self, query: Query[T], *args: Any) -> T | None:
        """From the replica, whatever it has replayed."""
        found: T | None = await self.read_pool.fetchval(query.sql, *args)
        return found
