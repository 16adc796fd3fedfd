"""Closed loops: so many connections, each asking again as soon as it is answered, for some seconds."""

import asyncio
import math
import statistics
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from nollycrewhub.capacity.measured import AtLevel
from nollycrewhub.capacity.measuring.line import Ask, Lines
from nollycrewhub.capacity.measuring.world import RIGHT

LEVELS = (1, 2, 4, 8, 16, 32, 64)
ROUNDS = 3  # of each level the round that got the most done counts: what else runs on a machine only takes away
PATIENCE = 1.0  # seconds until somebody who was refused comes again


@dataclass
class Tally:
    """What came back."""

    times: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    size: int = 0

    @property
    def refused(self) -> int:
        """What was asked to come again, or broke."""
        return sum(count for status, count in self.statuses.items() if not status.isdecimal() or int(status) not in RIGHT)

    def add(self, other: "Tally") -> None:
        """Both together."""
        self.times += other.times
        self.statuses += other.statuses
        self.found += other.found
        self.size += other.size


async def level(lines: Lines, draw: Callable[[], Ask], at_once: int, seconds: float) -> tuple[AtLevel, Tally]:
    """One level's figures, and all that came back."""
    loop, tally = asyncio.get_running_loop(), Tally()
    began = loop.time()

    async def line() -> None:
        while (asked := loop.time()) < began + seconds:
            try:
                got = await asyncio.wait_for(lines.ask(draw()), 20)
            except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
                tally.statuses[type(error).__name__] += 1
                await asyncio.sleep(PATIENCE)
                continue
            tally.statuses[str(got.status)] += 1
            if got.found:
                tally.found[got.found] += 1
            tally.size += got.size
            if got.status in RIGHT:
                tally.times.append(loop.time() - asked)
            else:
                await asyncio.sleep(PATIENCE)

    await asyncio.gather(*(line() for _ in range(at_once)))
    return figures(tally, at_once, loop.time() - began), tally


def figures(tally: Tally, at_once: int, seconds: float) -> AtLevel:
    """A level's times as mean, spread and percentiles; what was refused is no throughput."""
    times = sorted(tally.times) or [math.inf]
    mean = statistics.fmean(times)
    return AtLevel(
        at_once=at_once, per_second=len(tally.times) / seconds, mean=mean,
        spread=statistics.pvariance(times, mean) / mean**2 if math.isfinite(mean) else 0.0,
        p50=times[len(times) // 2], p95=times[min(len(times) - 1, int(len(times) * 0.95))], asked=sum(tally.statuses.values()),
        refused=tally.refused,
    )  # fmt: skip
