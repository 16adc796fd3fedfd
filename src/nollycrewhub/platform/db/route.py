"""Where one reader's queries go: chosen once, asked again elsewhere when a server is lost under a question."""

import asyncpg
import msgspec

from nollycrewhub.platform import metrics
from nollycrewhub.platform.db.position import WRITE_POSITION, Position, position_in
from nollycrewhub.platform.db.reading import Ask, R
from nollycrewhub.platform.db.routing import choose
from nollycrewhub.platform.db.server import AWAY, Server

MOST_TRIES = 3


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """What routing must know of a reader.

    `need`: the position they must see. `region`: whose replicas are near. `key`: the same for the same person.
    `primary_only`: nothing but the primary will do. `bounded`: on the primary they keep to the share for readers.
    `steady`: once off the first server, only the primary is sure to be no older than what they have seen.
    """

    need: Position | None = None
    region: str = ""
    key: str = ""
    primary_only: bool = False
    bounded: bool = False
    steady: bool = False


class ServerRoute:
    """The route of one ReadSession."""

    def __init__(self, primary: Server, replicas: list[Server], reader: Reader, *, first: Server | None = None) -> None:
        self.primary = primary
        self.replicas = replicas
        self.reader = reader
        self.first = first
        self.server = ""
        self.position: Position | None = None
        self.used_primary = False
        self._lost: list[Server] = []
        self._answers = 0

    def choose(self) -> Server:
        """The server to ask next."""
        reader = self.reader
        if reader.primary_only or (reader.steady and self.used_primary):
            return self.primary
        if self.first is not None and self.first.is_in and self.first not in self._lost:
            return self.first
        if reader.steady:
            return self.primary
        left = [server for server in self.replicas if server not in self._lost]
        return choose(left, reader.region, key=reader.key, need=reader.need) or self.primary

    async def asked(self, ask: Ask[R]) -> R:
        """Runs the question; reads are safe to ask twice, so a lost server costs time and no answer."""
        tries = 0
        while True:
            server = self.choose()
            tries += 1
            try:
                return await self._ask(server, ask)
            except asyncpg.SerializationError:
                # A standby cancels a query that stands in the way of replay (a recovery conflict).
                if server is self.primary or tries >= MOST_TRIES:
                    raise
            except (*AWAY, asyncpg.InterfaceError) as error:
                if isinstance(error, TimeoutError) or not is_lost(error) or tries >= MOST_TRIES:
                    raise
                server.leave(f"lost a connection ({type(error).__name__})")
            self._lost.append(server)
            metrics.MOVED.labels(server.name).inc()

    async def _ask(self, server: Server, ask: Ask[R]) -> R:
        is_primary = server is self.primary
        async with server.lend(bounded=is_primary and self.reader.bounded) as connection:
            known = await self._known(server, connection)
            self.server = server.name
            self.used_primary = self.used_primary or is_primary
            server.reads += 1
            metrics.count(metrics.READS, server.name)
            answer = await ask(connection)
        self._stamp(known)
        return answer

    async def _known(self, server: Server, connection: asyncpg.Connection) -> Position | None:
        """What the server has at least, known before the question is sent. The primary holds every mark that was
        given out, but a probe older than the mark does not say so, and is made up for here."""
        if server is self.primary and self.reader.need is not None and not (server.seen and server.seen.has_reached(self.reader.need)):
            found = position_in(await connection.fetchrow(WRITE_POSITION))
            if found is not None:
                server.note(found)
        return server.seen

    def _stamp(self, known: Position | None) -> None:
        """All answers so far contain this much: the smallest of the positions known before each question."""
        self.position = known if not self._answers else min(self.position, known) if self.position and known else None
        self._answers += 1


def is_lost(error: Exception) -> bool:
    """Whether the server or the connection went away, rather than the question being wrong."""
    return not isinstance(error, asyncpg.InterfaceError) or "closed" in str(error)
