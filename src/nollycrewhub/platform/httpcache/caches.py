"""The caches of one process as one thing: memory, fleet, channel and CDN; every role has it, web or worker."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

import redis.asyncio as valkey

from nollycrewhub.platform.db import Database, Position
from nollycrewhub.platform.edge import Counted
from nollycrewhub.platform.ending import ended
from nollycrewhub.platform.httpcache import touching
from nollycrewhub.platform.httpcache.cdn import Cdn
from nollycrewhub.platform.httpcache.channel import Channel
from nollycrewhub.platform.httpcache.fleet import Fleet, rises
from nollycrewhub.platform.httpcache.memory import Memory
from nollycrewhub.platform.httpcache.touching import Touched


class Caches:
    """What is kept, and how it learns that a write has overtaken it."""

    def __init__(
        self, client: "valkey.Redis", listener: "valkey.Redis", *, memory_bytes: int, cdn: Cdn,
        primary_position: Callable[[], Awaitable[Position]],
    ) -> None:  # fmt: skip
        self.memory = Memory(memory_bytes)
        self.fleet = Fleet(client, primary_position=primary_position)
        self.channel = Channel(listener, self.memory)
        self.cdn = cdn
        self._later: set[asyncio.Task[None]] = set()

    def follow(self, db: Database) -> None:
        """Hears of every commit of this process, and sees to it that a job hears too."""
        db.before_commit.append(touching.before_commit)
        db.after_commit.append(lambda session, position: touching.after_commit(session, position, self))
        db.after_failover.append(self.forget_everything)

    def start(self) -> None:
        """Begins to listen for what others write."""
        self.channel.start()

    async def stop(self) -> None:
        """Ends listening; a rise that still waits is the purge job's to make."""
        await ended(*self._later)
        await self.channel.stop()
        await self.cdn.stop()

    async def tell(self, touched: Touched, position: Position) -> bool:
        """Raises the generations of what was written; namespaces at most once a second, the rest a moment later."""
        for field, is_lazy in touched.fields.items():
            if not is_lazy:
                self.memory.overtake(field, position)
        answer = await self.fleet.raise_generations(position, touched.fields, number=touched.number)
        if answer is None:
            for field in touched.fields:
                self.memory.overtake(field, position)
            return False
        wait, rose = answer
        for field, reached in rises(rose):
            self.memory.overtake(field, reached)
        if wait >= 0:
            self._raise_later(wait, {field: True for field, is_lazy in touched.fields.items() if is_lazy})
        return True

    def _raise_later(self, seconds: float, fields: dict[str, bool]) -> None:
        async def rise() -> None:
            await asyncio.sleep(seconds + 0.005)
            await self.fleet.raise_generations(None, fields)

        task = asyncio.create_task(rise())
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def was_told(self, touched: Touched) -> bool:
        """Whether the writer reached Valkey itself."""
        return await self.fleet.was_told(touched.number)

    async def settle(self, touched: Touched) -> bool:
        """Makes the rises that still wait for their turn, should their process have died; False when Valkey is away."""
        fields = {field: True for field, is_lazy in touched.fields.items() if is_lazy}
        seconds = await self.fleet.waits(tuple(fields)) if fields else -1.0
        if seconds is None:
            return False
        if seconds < 0:
            return True
        await asyncio.sleep(seconds + 0.005)
        return await self.fleet.raise_generations(None, fields) is not None

    async def purge(self, tags: list[str]) -> bool:
        """Purges the CDN, where there is one; whether there is."""
        return await self.cdn.purge(tags)

    async def counted(self, since: datetime, until: datetime) -> Counted | None:
        """What the CDN answered, where there is one."""
        return await self.cdn.counted(since, until)

    async def forget_everything(self, position: Position) -> None:
        """After a failover: what was read of the lost timeline may never have happened."""
        self.memory.begin_anew(position)
        await self.fleet.raise_floor(position)
