"""One leader among many: whoever holds an advisory lock on a direct connection, and for just as long as that connection lives.

What the leader writes goes through this connection and no other, so one that has lost it cannot write any more: the server
has given the lock away, and the connection with it. A transaction pooler would share the lock among strangers, hence direct.
"""

import asyncio
import contextlib
from typing import Any, TypeVar

import asyncpg

from nollycrewhub.platform import log
from nollycrewhub.platform.db.hosts import Hosts
from nollycrewhub.platform.db.reading import Query

T = TypeVar("T")
PATIENCE = 5.0  # s for one statement; past it the leader gives up the connection, and the lead with it
TAKE = "select pg_try_advisory_lock($1, $2)"
# Of a leader whose machine is gone the server learns nothing by itself; so it asks, and lets the lock go after about 15 s.
# A leader that is there and does nothing (stopped, frozen) answers them all the same; so the server also ends a line nobody asks on.
IDLE = 45.0
KEEPALIVES = {"tcp_keepalives_idle": "5", "tcp_keepalives_interval": "3", "tcp_keepalives_count": "3", "tcp_user_timeout": "15000"}
LOST = (
    OSError, TimeoutError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.InternalClientError, asyncpg.OperatorInterventionError,
)  # fmt: skip
LOG = log.logger("leading")


class LeadLost(Exception):
    """The connection is gone, and the lead with it."""


class Leadership:
    """One candidate for a lead that is named by two numbers. Whoever leads asks something every `idle` seconds, or leads no more."""

    def __init__(self, url: str, name: tuple[int, int], *, who: str, idle: float = IDLE) -> None:
        self.hosts = Hosts(url)
        self.name = name
        self.who = who
        self.idle = idle
        self.lost = asyncio.Event()
        self._line: asyncpg.Connection | None = None
        self._is_leading = False

    @property
    def is_leading(self) -> bool:
        """Whether the lock is held on a connection that is open."""
        return self._is_leading and self._line is not None and not self._line.is_closed()

    async def campaign(self) -> bool:
        """Whether this one leads now. False while another one does, or the server is away; ask again in a moment."""
        if self.is_leading:
            return True
        try:
            if self._line is None or self._line.is_closed():
                named = {"application_name": f"lead {self.who}"[:63], "idle_session_timeout": str(round(1000 * self.idle))}
                self._line = await self.hosts.connect(timeout=PATIENCE, command_timeout=PATIENCE, server_settings={**named, **KEEPALIVES})
                self._line.add_termination_listener(self._ended)
            self._is_leading = bool(await self._line.fetchval(TAKE, *self.name))
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            LOG.warning("nobody can be asked who leads", error=type(error).__name__)
            self._let_go()
            return False
        if self._is_leading:
            self.lost.clear()
        return self._is_leading

    def _ended(self, line: asyncpg.Connection) -> None:
        if line is self._line:
            self._is_leading = False
            self.lost.set()

    def _let_go(self) -> None:
        line, self._line, self._is_leading = self._line, None, False
        self.lost.set()
        if line is not None:
            line.terminate()

    async def rows(self, query: Query[T], *args: Any) -> list[T]:
        """A leader's question; LeadLost when it is none any more."""
        return [query.of(record) for record in await self.run(query.sql, *args)]

    async def run(self, statement: str, *args: Any) -> list[asyncpg.Record]:
        """A leader's statement, in a transaction of its own; LeadLost when the connection does not carry it."""
        if not self.is_leading or self._line is None:
            raise LeadLost
        try:
            found: list[asyncpg.Record] = await self._line.fetch(statement, *args)
        except LOST as error:
            self._let_go()
            raise LeadLost from error
        return found

    async def resign(self) -> None:
        """Lets another one lead at once."""
        line, self._line, self._is_leading = self._line, None, False
        if line is not None:
            with contextlib.suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await line.close(timeout=PATIENCE)
