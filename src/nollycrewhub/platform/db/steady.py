"""Monotonic reads: a person never sees an older state than before, though replicas lag differently.

One server replays forwards only, so a person stays pinned to one (to one run of it: after a crash it may come back
further behind). Whoever leaves that server, or reads the primary in between, gets a floor: a position of the primary
asked for after the last thing they saw. No replica answers them below it.
"""

import time

import asyncpg
import msgspec

from nollycrewhub.platform import log
from nollycrewhub.platform.db.position import Position, furthest, parse_position
from nollycrewhub.platform.db.reading import ReadSession
from nollycrewhub.platform.db.route import Reader, ServerRoute
from nollycrewhub.platform.db.routing import preference
from nollycrewhub.platform.db.server import AWAY, Server
from nollycrewhub.platform.errors import Unavailable

PRIMARY = "primary"
SETTLED = 60  # seconds a person stays where they are although a better server is there
LOG = log.logger("db")


class Pin(msgspec.Struct, frozen=True):
    """The server a person reads from, which run of it (its start, in ms), the floor, and since when (Unix seconds)."""

    server: str
    born: int
    floor: Position | None
    since: int

    def __str__(self) -> str:
        return f"{self.server} {self.born} {self.floor or '-'} {self.since}"


def parse_pin(text: str | None) -> Pin | None:
    """The pin as it was remembered, or None."""
    parts = (text or "").split(" ")
    if len(parts) != 4 or not parts[1].isdigit() or not parts[3].isdigit():
        return None
    return Pin(parts[0], int(parts[1]), parse_position(parts[2]), int(parts[3]))


class SteadyReads:
    """The reads of one person in one request. `changed` is a pin to remember before the answer is sent."""

    def __init__(self, primary: Server, replicas: list[Server], *, mark: Position | None, region: str, key: str, pin: Pin | None) -> None:
        self.primary = primary
        self.replicas = replicas
        self.mark = mark
        self.region = region
        self.key = key
        self.pin = pin
        self.changed: Pin | None = None
        self.now = int(time.time())
        self._target: Server | None = None
        self._route: ServerRoute | None = None

    async def open(self) -> ReadSession:
        """Chooses the server for this request."""
        need = furthest(self.mark, self.pin.floor if self.pin else None)
        liked = next(iter(preference(self.replicas, self.region, self.key)), None)
        kept = self._pinned()
        if liked is None:
            if self.pin is None or self.pin.server != PRIMARY:
                self._remember(None, None)
            return self._session(None)
        if kept is liked or (kept is not None and self.pin is not None and self.now - self.pin.since < SETTLED):
            self._target = kept
            return self._session(kept if has_reached(kept, need) else None)
        self._target = liked
        bound = furthest(need, await self._bound() if self.pin is not None else None)
        if has_reached(liked, bound):
            self._remember(liked, bound)
            return self._session(liked)
        if kept is not None and has_reached(kept, need):
            self._target = kept
            self._remember(kept, self.pin.floor if self.pin else None)
            return self._session(kept)
        return self._session(None)

    async def close(self) -> Pin | None:
        """What to remember before the answer goes out: after the primary was read, a floor at or past all of it."""
        if self._route is not None and self._route.used_primary and self._target is not None:
            floor = await self._bound()
            self._remember(self._target if floor else None, floor)
        return self.changed

    def _pinned(self) -> Server | None:
        pin = self.pin
        if pin is None:
            return None
        return next((s for s in self.replicas if s.name == pin.server and s.born == pin.born and s.is_in), None)

    def _session(self, server: Server | None) -> ReadSession:
        reader = Reader(need=self.mark, region=self.region, key=self.key, bounded=self.mark is None, steady=True)
        self._route = ServerRoute(self.primary, self.replicas, reader, first=server)
        return ReadSession(self._route)

    def _remember(self, server: Server | None, floor: Position | None) -> None:
        name, born = (server.name, server.born) if server else (PRIMARY, 0)
        self.changed = Pin(name, born, floor, self.now)

    async def _bound(self) -> Position | None:
        """A position at or past everything anybody has seen so far; None while the primary is away, when being
        answered matters more than never going back a little."""
        try:
            return await self.primary.position_now()
        except (*AWAY, Unavailable, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            LOG.warning("no floor could be set", error=type(error).__name__)
            return None


def has_reached(server: Server | None, need: Position | None) -> bool:
    """Whether a server was seen at or past what is needed."""
    return server is not None and server.seen is not None and server.seen.has_reached(need)
