"""What a process tells of itself every few seconds: its load, its pace and what it was refused. Counters run from its start.

Whoever reads takes differences of two reports, so that one which was missed costs nothing.
"""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Literal

import msgspec

# Seconds, each a fifth more than the one before: 1 ms to about a minute, so that a percentile is known to a tenth or so.
BOUNDS = tuple(0.001 * 1.2**step for step in range(61))


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One process at one moment.

    `busy_seconds` is the sum over time of the requests (or jobs) under way, `limit` how many may be; `shed` counts requests
    turned away because there was no room, which are neither answered nor failed. `lag_ms` is the latest the event loop was
    since the last report, `cores` how many processors the process may use at most, `memory_percent` of what its container
    has, when it has a bound. `served` counts every answer by region, device and hundreds of its status, those from memory too;
    `found` answers that are everyone's by where they were found, `broken` the failed answers of each route. `took_by` divides
    `took` by region, and once more by device. `reads` counts questions by the database server that answered them.
    """

    name: str
    role: Literal["web", "worker"]
    pid: int
    at: float
    is_ready: bool = True
    limit: int = 0
    busy_seconds: float = 0.0
    answered: int = 0
    failed: int = 0
    shed: int = 0
    took: tuple[int, ...] = ()
    lag_ms: float = 0.0
    cpu_seconds: float = 0.0
    cores: float = 1.0
    memory_bytes: int = 0
    memory_percent: float | None = None
    pool_waits: int = 0
    pool_waited: float = 0.0
    sockets: int = 0
    served: tuple[tuple[str, str, int, int], ...] = ()
    found: dict[str, int] = {}
    broken: dict[str, int] = {}
    took_by: dict[str, tuple[int, ...]] = {}
    reads: dict[str, int] = {}

    @property
    def key(self) -> str:
        """Which process of which name: while one takes another's place both are there."""
        return f"{self.name}:{self.pid}"


def place_of(seconds: float) -> int:
    """Which bucket of `took` a time falls into; the last is for all that took longer than the bounds reach."""
    return bisect_left(BOUNDS, seconds)


def quantile(took: Sequence[int], share: float) -> float | None:
    """The time (s) within which a share of the answers came, by the middle of a straight line through its bucket; None of none."""
    every = sum(took)
    if every <= 0:
        return None
    wanted, below = share * every, 0
    for place, count in enumerate(took):
        if count > 0 and below + count >= wanted:
            if place >= len(BOUNDS):
                return BOUNDS[-1]
            least = BOUNDS[place - 1] if place else 0.0
            return least + (BOUNDS[place] - least) * max(0.0, wanted - below) / count
        below += count
    return BOUNDS[-1]
