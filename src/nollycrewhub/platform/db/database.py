"""The pools of one process, and which of them may answer a reader with a position mark."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
from redis.exceptions import RedisError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from nollycrewhub.platform import log, metrics
from nollycrewhub.platform.db.position import REPLAY_POSITION, WRITE_POSITION, Position
from nollycrewhub.platform.db.reading import ReadSession
from nollycrewhub.platform.db.writing import WriteSession
from nollycrewhub.platform.errors import Unavailable
from nollycrewhub.platform.settings import Settings

PROBE_EVERY = 0.25
PROBE_PATIENCE = 1.0
IDLE_SECONDS = 30.0
BEYOND = 2**63 - 1
LAST_TIMELINE = 2**31 - 1
LOG = log.logger("db")


class Replica:
    """One standby: its pool, and how far the last probe saw it replay."""

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self.url = url
        self.pool: asyncpg.Pool | None = None
        self.seen: Position | None = None

    def has_reached(self, mark: Position | None) -> bool:
        """Whether it is alive and has replayed what the reader wrote."""
        return self.pool is not None and self.seen is not None and (mark is None or self.seen >= mark)


class Database:
    """Write engine, read pools, and the probe that watches the replicas out of band."""

    def __init__(self, settings: Settings, *, hearers: dict[str, tuple[str, ...]] | None = None) -> None:
        self.settings = settings
        self.hearers = hearers or {}
        self.engine: AsyncEngine
        self.primary: asyncpg.Pool
        self.replicas = [Replica(name, url) for name, url in settings.read_replica_urls.items()]
        self.primary_until = 0.0
        self._timeline = 0
        self._probe: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Opens the pools; the primary must answer, replicas may come later."""
        s = self.settings
        cache = {} if s.prepared_statements else {"statement_cache_size": 0, "prepared_statement_cache_size": 0}
        self.engine = create_async_engine(
            s.database_url.replace("postgresql://", "postgresql+asyncpg://", 1),
            connect_args={"timeout": 5, **cache},
            **({"poolclass": NullPool} if s.write_pool == 0 else self._write_pool()),
        )
        least = 1 if self.replicas else s.read_pool_least
        self.primary = await self._open(s.database_reader_url, least=least)
        for replica in self.replicas:
            await self._probe_one(replica)
        self._probe = asyncio.create_task(self._probe_forever())

    def _write_pool(self) -> dict[str, Any]:
        s = self.settings
        return {
            "pool_size": s.write_pool,
            "max_overflow": s.write_overflow,
            "pool_timeout": 5,
            "pool_pre_ping": False,
            "pool_recycle": 1800,
        }

    async def stop(self) -> None:
        """Closes everything this object opened."""
        if self._probe:
            self._probe.cancel()
            await asyncio.gather(self._probe, return_exceptions=True)
        pools = [self.primary, *(r.pool for r in self.replicas if r.pool)]
        for pool in pools:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(pool.close(), 5)
        await self.engine.dispose()

    async def _open(self, url: str, *, least: int) -> asyncpg.Pool:
        s = self.settings
        pool: asyncpg.Pool = await asyncpg.create_pool(
            url,
            min_size=least,
            max_size=s.read_pool_most,
            max_inactive_connection_lifetime=IDLE_SECONDS,
            timeout=5,
            server_settings={"default_transaction_read_only": "on"},
            **({} if s.prepared_statements else {"statement_cache_size": 0}),
        )
        return pool

    # writing

    def write_session(self) -> WriteSession:
        """A new session; the caller of this (platform only) commits or rolls back."""
        return WriteSession(self.engine, expire_on_commit=False, info={"hearers": self.hearers})

    async def commit(self, session: WriteSession) -> Position | None:
        """Commits, and tells the position a reader must have reached to see it; None if nothing was begun.

        What is committed stays so: when the position cannot be asked for, the mark is one no replica reaches.
        """
        if not session.in_transaction():
            return None
        await session.commit()
        for act in session.info.pop("after_commit", ()):
            try:
                await act()
            except (RedisError, OSError) as error:
                LOG.warning("something to do after a commit was not done", error=type(error).__name__)
        try:
            async with self.primary.acquire(timeout=self.settings.pool_wait * 10) as connection:
                row = await connection.fetchrow(WRITE_POSITION)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            LOG.warning("position of a commit not known; its writer reads the primary", error=type(error).__name__)
            return Position(self._timeline or LAST_TIMELINE, BEYOND)
        position = Position(row["timeline"], row["lsn"])
        self._saw_timeline(position.timeline)
        return position

    # reading

    def read_session(self, mark: Position | None = None, *, primary: bool = False) -> ReadSession:
        """A session on a replica that has reached `mark`, else on the primary."""

        @contextlib.asynccontextmanager
        async def acquire() -> AsyncIterator[asyncpg.Connection]:
            name, pool = self._choose(mark, primary=primary)
            async with self._connection(pool) as connection:
                metrics.READS.labels(name).inc()
                yield connection

        return ReadSession(acquire)

    def _choose(self, mark: Position | None, *, primary: bool) -> tuple[str, asyncpg.Pool]:
        if not primary and time.monotonic() >= self.primary_until:
            if mark is not None and self._timeline and mark.timeline != self._timeline:
                return "primary", self.primary
            for replica in self.replicas:
                if replica.has_reached(mark) and replica.pool is not None:
                    return replica.name, replica.pool
        return "primary", self.primary

    @contextlib.asynccontextmanager
    async def _connection(self, pool: asyncpg.Pool) -> AsyncIterator[asyncpg.Connection]:
        try:
            connection = await pool.acquire(timeout=self.settings.pool_wait)
        except TimeoutError as error:
            metrics.SHED.labels("read-pool").inc()
            raise Unavailable("The database is very busy. Please try again in a moment.") from error
        try:
            yield connection
        finally:
            await pool.release(connection)

    def only_primary_for(self, seconds: float) -> None:
        """Reads go to the primary for a while: after a failover, or when no mark can be known."""
        self.primary_until = max(self.primary_until, time.monotonic() + seconds)

    # watching

    def _saw_timeline(self, timeline: int) -> None:
        if self._timeline and timeline != self._timeline:
            LOG.warning("failover seen; reading the primary for a while", timeline=timeline)
            self.only_primary_for(30)
        self._timeline = timeline

    async def _probe_forever(self) -> None:
        while True:
            await asyncio.sleep(PROBE_EVERY)
            await asyncio.gather(*(self._probe_one(replica) for replica in self.replicas))

    async def _probe_one(self, replica: Replica) -> None:
        try:
            async with asyncio.timeout(PROBE_PATIENCE * (5 if replica.pool is None else 1)):
                if replica.pool is None:
                    replica.pool = await self._open(replica.url, least=self.settings.read_pool_least)
                async with replica.pool.acquire() as connection:
                    row = await connection.fetchrow(REPLAY_POSITION)
            replica.seen = Position(row["timeline"], row["lsn"]) if row["lsn"] is not None else None
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            if replica.seen is not None:
                LOG.warning("replica left", replica=replica.name, error=type(error).__name__)
            replica.seen = None

    async def primary_answers(self, *, patience: float = 1.0) -> bool:
        """Whether the primary answers a trivial question in time."""
        try:
            async with asyncio.timeout(patience), self.primary.acquire() as connection:
                return bool(await connection.fetchval("select true"))
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False
