"""The read pool of one server: a short wait, then a refusal, and never a connection thrown away half opened.

asyncpg's own `acquire(timeout=)` gives up a connection that is just being opened; under a rush on a cold pool each
request would start one, drop it, and the pool would never warm up. Here the one who waited leaves, and the connection
arrives for the next.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any

import asyncpg

from nollycrewhub.kit.told import told
from nollycrewhub.platform import metrics
from nollycrewhub.platform.db.hosts import Hosts
from nollycrewhub.platform.errors import Unavailable
from nollycrewhub.platform.load import LOAD
from nollycrewhub.platform.settings import Settings

OPEN_PATIENCE = 5.0
IDLE_SECONDS = 30.0
AT_ONCE = 0.001  # s; less is no waiting, but the event loop
HUNG_SECONDS = 6.0  # a server that is cut off cannot keep its own statement_timeout (4.5 s)
READ_SETTINGS = {
    "default_transaction_read_only": "on",
    "plan_cache_mode": "force_custom_plan",  # a plan for any word would serve the rare ones and read all for the common
}


async def leave_as_is(_: asyncpg.Connection) -> None:
    """Readers and a worker's queue change nothing in a session, so the round trip of a reset is saved on every use."""


def session_settings(settings: Settings) -> dict[str, Any]:
    """A transaction pooler refuses start-up settings and forgets prepared statements; the role is read-only anyway."""
    if settings.prepared_statements:
        return {"server_settings": READ_SETTINGS}
    return {"statement_cache_size": 0}


def held(connection: asyncpg.Connection, settings: Settings) -> contextlib.AbstractAsyncContextManager[Any]:
    """A transaction pooler may hand asyncpg's two messages to two backends unless a transaction holds them."""
    return contextlib.nullcontext() if settings.prepared_statements else connection.transaction(readonly=True)


class ReadPool:
    """At most `read_pool_most` connections, each lent to one question at a time."""

    def __init__(self, pool: asyncpg.Pool, settings: Settings) -> None:
        self.pool = pool
        self.settings = settings
        self._slots = asyncio.Semaphore(settings.read_pool_most)
        self._share = asyncio.Semaphore(max(1, int(settings.read_pool_most * settings.primary_share)))

    @staticmethod
    async def open(hosts: Hosts, settings: Settings, *, least: int) -> "ReadPool":
        """Opens the least number of connections; raises what asyncpg raises when the server does not answer."""
        pool = await asyncpg.create_pool(
            connect=hosts.connect,
            min_size=least,
            max_size=settings.read_pool_most,
            max_inactive_connection_lifetime=IDLE_SECONDS,
            timeout=OPEN_PATIENCE,
            command_timeout=HUNG_SECONDS,
            reset=leave_as_is,
            **session_settings(settings),
        )
        return ReadPool(pool, settings)

    @contextlib.asynccontextmanager
    async def lend(self, *, bounded: bool = False) -> AsyncIterator[asyncpg.Connection]:
        """A connection within `pool_wait` seconds, else Unavailable. `bounded` readers may hold only their share."""
        deadline = time.monotonic() + self.settings.pool_wait
        slots = [self._share, self._slots] if bounded else [self._slots]
        taken: list[asyncio.Semaphore] = []
        try:
            for slot in slots:
                await take(slot, deadline)
                taken.append(slot)
            connection = await self._connection(deadline, taken)
            self._note_wait(time.monotonic() - deadline + self.settings.pool_wait)
        except TimeoutError as error:
            self._note_wait(self.settings.pool_wait)
            give_back(taken)
            metrics.SHED.labels("read-pool").inc()
            raise Unavailable(told("The database is very busy. Please try again in a moment.")) from error
        except BaseException:
            give_back(taken)
            raise
        try:
            async with held(connection, self.settings):
                yield connection
        finally:
            try:
                await self.pool.release(connection)
            finally:
                give_back(taken)

    def _note_wait(self, seconds: float) -> None:
        if seconds > AT_ONCE:
            metrics.POOL_WAIT.observe(seconds)
            LOAD.waited(seconds)

    async def _connection(self, deadline: float, taken: list[asyncio.Semaphore]) -> asyncpg.Connection:
        if self.pool.get_idle_size():
            return await self.pool.acquire()
        opening: asyncio.Future[asyncpg.Connection] = asyncio.ensure_future(self.pool.acquire(timeout=OPEN_PATIENCE))
        try:
            await asyncio.wait({opening}, timeout=deadline - time.monotonic())
        finally:
            if not opening.done():
                late = taken.copy()
                taken.clear()
                opening.add_done_callback(lambda done: self._came_late(done, late))
        if not opening.done():
            raise TimeoutError
        return opening.result()

    def _came_late(self, opening: "asyncio.Future[asyncpg.Connection]", taken: list[asyncio.Semaphore]) -> None:
        """The connection is there but nobody waits for it any more: it stays for the next."""
        give_back(taken)
        if not opening.cancelled() and opening.exception() is None:
            asyncio.ensure_future(self.pool.release(opening.result()))  # noqa: RUF006 - the pool holds the connection, not us

    def renew(self) -> None:
        """Another server stands behind the address: no connection made before is lent again."""
        asyncio.ensure_future(self.pool.expire_connections())  # noqa: RUF006 - it waits for nothing

    async def close(self) -> None:
        """Closes it, by force if somebody still holds a connection."""
        try:
            await asyncio.wait_for(self.pool.close(), 5)
        except TimeoutError:
            self.pool.terminate()


async def take(slot: asyncio.Semaphore, deadline: float) -> None:
    """One place of it, or TimeoutError at the deadline; without a task when there is one."""
    if not slot.locked():
        await slot.acquire()
        return
    await asyncio.wait_for(slot.acquire(), max(0.0, deadline - time.monotonic()))


def give_back(taken: list[asyncio.Semaphore]) -> None:
    """All places taken."""
    while taken:
        taken.pop().release()
