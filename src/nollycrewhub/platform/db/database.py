"""The servers of one process: where it writes, and which of them may answer a reader."""

import asyncio
import contextlib
import itertools
import time
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
from redis.exceptions import RedisError
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from nollycrewhub.kit.told import told
from nollycrewhub.platform import log, tracing
from nollycrewhub.platform.db.hosts import Hosts
from nollycrewhub.platform.db.living import lend_living
from nollycrewhub.platform.db.opening import Openings
from nollycrewhub.platform.db.position import UNKNOWN_LSN, WRITE_POSITION, Position, position_in
from nollycrewhub.platform.db.reading import ReadSession
from nollycrewhub.platform.db.route import Reader, ServerRoute
from nollycrewhub.platform.db.routing import Trail, choose
from nollycrewhub.platform.db.server import PROBE_EVERY, Server, ServerState
from nollycrewhub.platform.db.steady import Pin, SteadyReads
from nollycrewhub.platform.db.traced import follow
from nollycrewhub.platform.db.writing import WriteSession
from nollycrewhub.platform.ending import ended
from nollycrewhub.platform.errors import Unavailable
from nollycrewhub.platform.regions import HOME, region_named
from nollycrewhub.platform.settings import Settings

AFTER_FAILOVER = 30.0
CONNECT_SECONDS = 2.0
PLAUSIBLE_AHEAD = 2**30  # a mark further than this past the primary, as last probed, was made up
WISH = "position_wished"
LOG = log.logger("db")


class Database:
    """Write engine, the primary's and the replicas' read pools, and the probes that watch them out of band."""

    def __init__(self, settings: Settings, *, hearers: dict[str, tuple[str, ...]] | None = None) -> None:
        self.settings = settings
        self.hearers = hearers or {}
        self.engine: AsyncEngine
        self.writers = Hosts(settings.database_url)
        self.primary = Server("primary", settings.database_reader_url, settings, is_primary=True)
        self.replicas = [Server(name, url, settings, region=region_named(name)) for name, url in settings.read_replica_urls.items()]
        self.primary_until = 0.0
        self.before_commit: list[Callable[[WriteSession], Awaitable[bool]]] = []
        self.after_commit: list[Callable[[WriteSession, Position], Awaitable[None]]] = []
        self.after_failover: list[Callable[[Position], Awaitable[None]]] = []
        self._telling: set[asyncio.Task[None]] = set()
        self.trail = Trail()
        self._timeline = 0
        self._probes: list[asyncio.Task[None]] = []
        self._turns = itertools.count()

    async def start(self) -> None:
        """Opens the pools; the primary must answer, replicas may come later."""
        self.openings = Openings(self.writers.connect, self.settings.pool_wait)
        self.engine = create_async_engine(
            "postgresql+asyncpg://",
            connect_args={"async_creator_fn": self.openings.connect, "timeout": CONNECT_SECONDS, **self._pooler_arguments()},
            **self._write_pool(),
        )
        event.listen(self.engine.sync_engine, "reset", tell_position)
        follow(self.engine.sync_engine)
        lend_living(self.engine, born=lambda: self.primary.born)
        await self.primary.open()
        await self.primary.probe(self.trail)
        if self.primary.seen is not None:
            self._saw_timeline(self.primary.seen.timeline)
        await asyncio.gather(*(replica.probe(self.trail, cluster=self.primary.cluster) for replica in self.replicas))
        self._probes = [asyncio.create_task(self._watch(server)) for server in (self.primary, *self.replicas)]

    def _pooler_arguments(self) -> dict[str, Any]:
        """Behind a transaction pooler: unnamed statements only, and none remembered."""
        if self.settings.prepared_statements:
            return {}
        return {
            "statement_cache_size": 0,
            "prepared_statement_cache_size": 0,
            "prepared_statement_name_func": lambda: "",
        }

    def _write_pool(self) -> dict[str, Any]:
        s = self.settings
        if s.write_pool == 0:
            return {"poolclass": NullPool}
        return {
            "pool_size": s.write_pool + s.write_overflow,  # what a rush has opened is kept: each opened anew costs more than a write
            "max_overflow": 0,
            "pool_timeout": s.pool_wait,
            "pool_pre_ping": False,  # living.py finds the dead without a question
            "pool_recycle": 1800,
        }

    async def warm(self) -> None:
        """Opens the writers' usual connections, so that the first writes of a rush need not wait for theirs. One that cannot be
        opened now is opened by the write that needs it.
        """
        ready: list[AsyncConnection] = []
        try:
            if self.settings.write_pool:
                ready.append(await self.engine.connect())  # the first asks what server it is, and the others need not
                more = [self.engine.connect().start() for _ in range(self.settings.write_pool - 1)]
                ready += [one for one in await asyncio.gather(*more, return_exceptions=True) if isinstance(one, AsyncConnection)]
        except (OSError, PoolTimeout, DBAPIError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            LOG.warning("no connection for writing yet", error=type(error).__name__)
        for one in ready:
            await one.close()

    async def stop(self) -> None:
        """Closes everything this object opened."""
        await ended(*self._probes)
        for server in (self.primary, *self.replicas):
            await server.close()
        await self.engine.dispose()
        await self.openings.stop()

    # writing

    def write_session(self, *, region: str = "") -> WriteSession:
        """A new session; the caller of this (platform only) commits or rolls back. A request's knows where that came from."""
        return WriteSession(self.engine, expire_on_commit=False, info={"hearers": self.hearers, "region": region})

    async def commit(self, session: WriteSession, *, is_awaited: bool = True) -> Position | None:
        """Commits, and tells the position a reader must have reached to see it; None if nothing was begun.

        The position is asked for on the same connection after COMMIT, on its way back to the pool. Whatever happens
        to that question, the commit stands: then the position is one that only the primary has reached. A commit that
        nobody waits for (`is_awaited`), and that no `before_commit` calls public, is not asked where it stands.
        """
        if not session.in_transaction():
            return None
        for prepare in self.before_commit:
            is_awaited = await prepare(session) or is_awaited
        told: list[Position] = []
        if is_awaited:
            connection = await session.connection()
            (await connection.get_raw_connection()).info[WISH] = (told, self.settings.prepared_statements)
        with tracing.inner("commit", "client", **{"db.system.name": "postgresql", "db.operation.name": "commit"}):
            await session.commit()
        for act in session.info.pop("after_commit", ()):
            try:
                await act()
            except (RedisError, OSError) as error:
                LOG.warning("something to do after a commit was not done", error=type(error).__name__)
        if not is_awaited:
            return None
        if not told:
            return Position(max(self._timeline, 1), UNKNOWN_LSN)
        if told[0].timeline < self._timeline:
            await self._leave_former_primary()
            raise ConnectionResetError("this was stored by a former primary")
        self.primary.note(told[0])
        self._saw_timeline(told[0].timeline)
        for tell in self.after_commit:
            await tell(session, told[0])
        return told[0]

    async def write_position(self) -> Position:
        """How far the primary's log has got: at or past every commit that was acknowledged before the call."""
        async with self.primary.lend(bounded=False) as connection:
            found = position_in(await connection.fetchrow(WRITE_POSITION))
        if found is None:
            raise Unavailable(told("The primary is not one at the moment. Please try again shortly."))
        self.primary.note(found)
        return found

    # reading

    def read_session(
        self, mark: Position | None = None, *, primary: bool = False, region: str = HOME, key: str = "", bounded: bool | None = None
    ) -> ReadSession:
        """A session on the nearest server that has reached `mark`; on the primary when none has.

        Readers without a mark keep to their share of the primary's pool while there are replicas to wait for.
        """
        needs_primary = primary or self._reads_primary()
        if bounded is None:
            bounded = bool(self.replicas) and mark is None and not primary
        reader = Reader(
            need=mark, region=region, key=key or str(next(self._turns)), primary_only=needs_primary, bounded=bounded
        )  # fmt: skip
        return ReadSession(ServerRoute(self.primary, self.replicas, reader))

    def steady_reads(self, mark: Position | None, *, region: str, key: str, pin: Pin | None) -> SteadyReads:
        """The reads of a person who must never see an older state than before; see steady.py."""
        replicas = [] if self._reads_primary() else self.replicas
        return SteadyReads(self.primary, replicas, mark=mark, region=region, key=key, pin=pin)

    def read_source(self, region: str = HOME, mark: Position | None = None) -> tuple[str, Position | None]:
        """Which server a reader would be sent to now, and what it has replayed at least, as last probed."""
        server = None if self._reads_primary() else choose(self.replicas, region, key="", need=mark)
        server = server or self.primary
        return server.name, server.seen

    def states(self) -> list[ServerState]:
        """All servers as this process sees them, the primary first."""
        return [server.state() for server in (self.primary, *self.replicas)]

    def reads(self) -> dict[str, int]:
        """How many of this process's questions each server has answered."""
        return {server.name: server.reads for server in (self.primary, *self.replicas)}

    def is_plausible(self, mark: Position) -> bool:
        """Whether an unsigned mark can be one of ours; a made-up one must not send its reader to the primary."""
        known = self.primary.seen
        return known is None or (mark.timeline <= known.timeline and mark.lsn <= known.lsn + PLAUSIBLE_AHEAD)

    def _reads_primary(self) -> bool:
        return time.monotonic() < self.primary_until

    def primary_for(self) -> int:
        """For how many seconds more all reads go to the primary."""
        return max(0, round(self.primary_until - time.monotonic()))

    def only_primary_for(self, seconds: float) -> None:
        """Reads go to the primary for a while: after a failover, or when no mark can be known."""
        self.primary_until = max(self.primary_until, time.monotonic() + seconds)

    # watching

    async def _watch(self, server: Server) -> None:
        """Probes for ever; one task a server, so that a hung one delays nobody else's probe. It may not end by an
        error nobody thought of: the server would keep its last standing, and a dead one its readers."""
        while True:
            await asyncio.sleep(PROBE_EVERY)
            try:
                await server.probe(self.trail, cluster=self.primary.cluster)
            except Exception as error:
                server.leave(f"could not be looked at ({type(error).__name__})")
                LOG.error("a probe failed in a way not foreseen", server=server.name, exc_info=error)
            if server.is_primary and server.seen is not None:
                self._saw_timeline(server.seen.timeline)

    def _saw_timeline(self, timeline: int) -> None:
        """A higher one is a failover. A lower one is a former primary that is back, and its word counts no more."""
        if self._timeline and timeline < self._timeline:
            self.primary.leave("is a former primary: another server has taken over")
            return
        is_new = self._timeline and timeline > self._timeline
        self._timeline = self.writers.newest = self.primary.hosts.newest = timeline
        if is_new:
            LOG.warning("failover seen; reading the primary for a while", timeline=timeline)
            self.only_primary_for(AFTER_FAILOVER)
            self.trail = Trail()
            for task in (self._tell_failover(), self._leave_former_primary()):
                telling = asyncio.create_task(task)
                self._telling.add(telling)
                telling.add_done_callback(self._telling.discard)

    async def _leave_former_primary(self) -> None:
        """No connection made before is used again, for it may lead to a server that still believes it is the primary."""
        if self.primary.pool is not None:
            self.primary.pool.renew()
        await self.engine.dispose(close=False)

    async def _tell_failover(self) -> None:
        position = await self.write_position()
        for tell in self.after_failover:
            await tell(position)

    def primary_away(self) -> float:
        """Seconds since the primary last left by its probes, 0 while it answers them; a pool full of work is no reason to say no."""
        return self.primary.away


def tell_position(connection: Any, record: Any, state: Any) -> None:
    """SQLAlchemy's pool event: the transaction has ended and the connection is on its way back to the pool."""
    wish = record.info.pop(WISH, None)
    if wish is None or state.terminate_only:
        return
    told, prepared = wish

    async def ask(driver: asyncpg.Connection) -> None:
        held = contextlib.nullcontext() if prepared else driver.transaction(readonly=True)
        async with held:
            told.append(position_in(await driver.fetchrow(WRITE_POSITION)))

    try:
        connection.run_async(ask)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        LOG.warning("committed, but the position was not learnt", error=type(error).__name__)
