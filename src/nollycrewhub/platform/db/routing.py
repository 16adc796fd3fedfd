"""Which server may answer a reader: pure decisions over what the probes last saw."""

import hashlib
from collections import deque
from collections.abc import Sequence
from typing import Protocol, TypeVar

from nollycrewhub.platform.db.position import Position
from nollycrewhub.platform.regions import nearness

SAMPLES = 2400  # ten minutes of probes


class Candidate(Protocol):
    """What routing looks at in a server."""

    name: str
    region: str
    is_in: bool
    seen: Position | None


C = TypeVar("C", bound=Candidate)


def preference(servers: Sequence[C], region: str, key: str) -> list[C]:
    """The servers that are in, nearest region first. Equals come in an order that is fixed for the key (a person),
    so that a person stays on one server and many people spread over all, whoever else comes and goes."""

    def place(server: C) -> tuple[int, bytes]:
        return nearness(region, server.region), hashlib.blake2b(f"{key}\0{server.name}".encode(), digest_size=8).digest()

    return sorted((server for server in servers if server.is_in), key=place)


def choose(servers: Sequence[C], region: str, *, key: str, need: Position | None) -> C | None:
    """The nearest server that has replayed what the reader must see; None means the primary."""
    for server in preference(servers, region, key):
        if server.seen is not None and server.seen.has_reached(need):
            return server
    return None


class Trail:
    """Where the primary's log was at each probe: tells how many seconds ago it was where a replica is now.

    Our own clock only, and no need of traffic: with nothing written, nobody is behind.
    """

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int]] = deque(maxlen=SAMPLES)

    @property
    def lsn(self) -> int:
        """The newest position known."""
        return self._samples[-1][1] if self._samples else 0

    def note(self, now: float, lsn: int) -> None:
        """One probe of the primary; `now` in monotonic seconds."""
        if lsn > self.lsn:
            self._samples.append((now, lsn))

    def behind(self, now: float, lsn: int) -> tuple[int, float]:
        """How far a replica at `lsn` is behind: bytes, and seconds since the primary first had more than it has."""
        if lsn >= self.lsn:
            return 0, 0.0
        passed = next(at for at, there in self._samples if there > lsn)
        return self.lsn - lsn, now - passed


def stays(lag_bytes: int, lag_seconds: float, *, limits: tuple[int, float], was_in: bool) -> bool:
    """Whether a replica that answers may serve. `limits` in bytes and seconds: it leaves when it is behind by both,
    and returns at half of either, so that one at the edge does not flap."""
    part = 1.0 if was_in else 0.5
    return lag_bytes <= limits[0] * part or lag_seconds <= limits[1] * part
