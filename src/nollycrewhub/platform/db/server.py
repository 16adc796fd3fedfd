"""One PostgreSQL server as this process sees it: its pool, what the last probe saw, and whether it serves.

The probe has a connection of its own, so that a pool full of work does not look like a dead server.
"""

import asyncio
import contextlib
import re
import time
from typing import Any

import asyncpg
import msgspec

from nollycrewhub.platform import log, metrics
from nollycrewhub.platform.db.hosts import Hosts
from nollycrewhub.platform.db.pool import OPEN_PATIENCE, ReadPool, held, session_settings
from nollycrewhub.platform.db.position import PROBE, WRITE_POSITION, Position, position_in
from nollycrewhub.platform.db.routing import Trail, stays
from nollycrewhub.platform.settings import Settings

PROBE_EVERY = 0.25
PROBE_PATIENCE = 1.0
GOOD_PROBES = 2  # in a row, before a server that was away serves again
AWAY = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InternalClientError,  # what asyncpg says when a connection is lost under a cancelled question
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
)
STRANGER = "is a copy of another cluster, not of this primary"
FIGURES = re.compile(r"\d+| \(.*\)")
LOG = log.logger("db")


def kind(why: str) -> str:
    """A reason without its figures and without what is in brackets: one that only these change is said once."""
    return FIGURES.sub("", why)


class ServerState(msgspec.Struct, frozen=True):
    """One server as this process sees it: its lag is None while nobody knows it; `reads` counts the queries of this process it answered."""

    name: str
    role: str
    region: str
    is_in: bool
    why: str
    position: str
    lag_bytes: int | None
    lag_seconds: float | None
    reads: int


class Server:
    """The primary, or one replica."""

    def __init__(self, name: str, url: str, settings: Settings, *, region: str = "", is_primary: bool = False) -> None:
        self.name = name
        self.hosts = Hosts(url)
        self.region = region
        self.is_primary = is_primary
        self.settings = settings
        self.pool: ReadPool | None = None
        self.seen: Position | None = None
        self.born = 0
        self.cluster = 0
        self.is_in = is_primary
        self.left = 0.0
        self.why = "not looked at yet"
        self.lag_bytes = 0
        self.lag_seconds = 0.0
        self.flushed = 0
        self.reads = 0
        self._line: asyncpg.Connection | None = None
        self._good = 0

    async def open(self) -> None:
        """Opens the pool, if it is not open. The primary of a fleet with replicas is read little, so it starts with one."""
        if self.pool is None:
            least = 1 if self.is_primary and self.settings.read_replica_urls else self.settings.read_pool_least
            self.pool = await ReadPool.open(self.hosts, self.settings, least=least)

    def lend(self, *, bounded: bool = False) -> contextlib.AbstractAsyncContextManager[asyncpg.Connection]:
        """A connection of the pool; `bounded` readers came here because no replica would do, and keep to their share."""
        if self.pool is None:
            raise ConnectionRefusedError(f"{self.name} has not answered yet")
        return self.pool.lend(bounded=bounded)

    def note(self, position: Position) -> None:
        """Keeps the furthest position known of this server since it was last away; a newer timeline begins anew."""
        if self.seen is None or position > self.seen:
            self.seen = position

    def state(self) -> ServerState:
        """What to show of it."""
        return ServerState(
            self.name, "primary" if self.is_primary else "replica", self.region, self.is_in, self.why,
            str(self.seen or ""), self.lag_bytes if self.seen else None,
            self.lag_seconds if self.seen else None, self.reads,
        )  # fmt: skip

    # watching

    async def probe(self, trail: Trail, *, cluster: int = 0) -> None:
        """One look: where the server is, and whether it may serve. A replica of another `cluster` than the primary's may not."""
        try:
            async with asyncio.timeout(OPEN_PATIENCE if self.pool is None else PROBE_PATIENCE):
                if self._line is None or self._line.is_closed():
                    self._line = await self.hosts.connect(timeout=OPEN_PATIENCE, **session_settings(self.settings))
                    self._line.add_termination_listener(self._line_lost)
                await self.open()
                async with held(self._line, self.settings):
                    row = await self._line.fetchrow(PROBE)
        except (*AWAY, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            self.leave(f"does not answer ({type(error).__name__})")
            await self._hang_up()
            return
        self._learn(row, trail, cluster)

    def _learn(self, row: Any, trail: Trail, cluster: int) -> None:
        now = time.monotonic()
        position = position_in(row)
        if row["born"] != self.born:
            if self.born and self.pool is not None:
                self.pool.renew()
            self.born, self.seen = row["born"], None
        if position is None or row["standby"] == self.is_primary:
            self.leave("is not a replica (it takes writes)" if not row["standby"] else "is a replica, not the primary")
            return
        self.cluster = row["cluster"]
        if not self.is_primary and cluster not in (0, self.cluster):
            self.leave(STRANGER)
            return
        self._good += 1
        self.note(position)
        self.flushed = row["flushed"]
        if self.is_primary:
            trail.note(now, row["flushed"])
            self._enter()
            return
        self.lag_bytes, self.lag_seconds = trail.behind(now, row["flushed"])
        metrics.REPLICA_LAG.labels(self.name).set(self.lag_bytes)
        metrics.REPLICA_LAG_SECONDS.labels(self.name).set(self.lag_seconds)
        limits = (self.settings.replica_lag_bytes, self.settings.replica_lag_seconds)
        if not stays(self.lag_bytes, self.lag_seconds, limits=limits, was_in=self.is_in):
            self._out(f"is behind by {self.lag_bytes} bytes and {self.lag_seconds:.0f} s")
        elif self.is_in or self._good >= GOOD_PROBES:
            self._enter()

    def _enter(self) -> None:
        if not self.is_in or self.why:
            LOG.info("server serves", server=self.name)
        self.is_in, self.why = True, ""
        metrics.SERVER_IN.labels(self.name).set(1)

    @property
    def away(self) -> float:
        """Seconds since it left; 0 while it serves."""
        return 0.0 if self.is_in else time.monotonic() - self.left

    def _out(self, why: str) -> None:
        if self.is_in:
            self.left = time.monotonic()
            LOG.warning("server left", server=self.name, why=why)
        elif kind(why) != kind(self.why):
            LOG.warning("server is out", server=self.name, why=why)
        self.is_in, self.why = False, why
        metrics.SERVER_IN.labels(self.name).set(0)

    def leave(self, why: str) -> None:
        """Out at once, and what was known of it is forgotten: after a crash it may come back further behind."""
        self._out(why)
        self.seen, self._good = None, 0
        if not self.is_primary:
            metrics.REPLICA_LAG.remove(self.name)
            metrics.REPLICA_LAG_SECONDS.remove(self.name)

    def _line_lost(self, line: asyncpg.Connection) -> None:
        if line is self._line:
            self.leave("closed the probe's connection")

    async def _hang_up(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            line.terminate()

    async def position_now(self) -> Position:
        """The primary's position at this moment: what anybody can have seen until now, on any server, is before it."""
        async with self.lend() as connection:
            row = await connection.fetchrow(WRITE_POSITION)
        position = Position(row["timeline"], row["lsn"])
        self.note(position)
        return position

    async def close(self) -> None:
        """Closes the pool and the probe's connection."""
        await self._hang_up()
        if self.pool is not None:
            await self.pool.close()
