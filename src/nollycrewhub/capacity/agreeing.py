"""A load test that really ran beside its simulation: the same arrivals, the same decision, and how far they are apart.

It takes what `nollycrewhub loadtest` keeps of a run: the requests that were due in each stretch, and the web processes that
answered. What the run was of (room in flight, how long the provider takes, how soon a process starts) is told by whoever asks.
"""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from nollycrewhub.capacity.simulation import intervals
from nollycrewhub.capacity.simulation.intervals import Interval
from nollycrewhub.capacity.simulation.policies import OURS
from nollycrewhub.capacity.simulation.requests import Requests
from nollycrewhub.capacity.simulation.scene import Scene

FILE = Path("docs/results/capacity-runs.json")
SEEDS = 10
P95_BAR, MINUTES_BAR = 0.30, 0.20


class Curves(msgspec.Struct, frozen=True):
    """What is read of a run's curves: the second each stretch begins at, requests due a second, and web processes."""

    at: list[float]
    due: list[float | None]
    watched_at: list[float]
    web: list[float | None]


class Whole(msgspec.Struct, frozen=True):
    """What is read of a run's figures."""

    p95_ms: float


class Ran(msgspec.Struct, frozen=True):
    """A run as the load test keeps it; the rest of its file is not needed here."""

    name: str
    seconds: float
    curves: Curves
    whole: Whole


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """Measured and simulated; `off` are shares of what was measured."""

    name: str
    seconds: float
    p95_ms: float
    p95_simulated: Interval
    p95_off: float
    instance_minutes: float
    minutes_simulated: Interval
    minutes_off: float

    @property
    def holds(self) -> bool:
        """Whether the simulation is near enough: 30 % on p95, 20 % on instance-minutes."""
        return abs(self.p95_off) <= P95_BAR and abs(self.minutes_off) <= MINUTES_BAR


class NoRun(ValueError):
    """The file is no run that can be simulated."""


def ran(path: Path) -> Ran:
    """A run from the load test's own file."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Ran)
    except (OSError, msgspec.MsgspecError) as error:
        raise NoRun(f"{path} is no result of `nollycrewhub loadtest`: {error}") from error
    if len(found.curves.at) < 2 or not any(found.curves.web):
        raise NoRun(f"{path} does not say how many web processes there were.")
    return found


def by_second(at: Sequence[float], values: Sequence[float | None], seconds: float) -> list[float]:
    """A curve's value in each whole second, the last known one where nobody looked."""
    found, place, value = [], 0, next((one for one in values if one is not None), 0.0)
    for second in range(int(seconds)):
        while place < len(at) and at[place] <= second:
            known = values[place]
            value = value if known is None else known
            place += 1
        found.append(float(value))
    return found


def compare(run: Ran, scene: Scene, *, seeds: int = SEEDS) -> Compared:
    """Plays a run's arrivals on a plant, request by request, under our own decision."""
    rates = by_second(run.curves.at, run.curves.due, run.seconds)
    web = by_second(run.curves.watched_at, run.curves.web, run.seconds)
    plays = [Requests(scene, OURS, seed, rates=rates).play() for seed in range(seeds)]
    minutes = sum(web) / 60
    p95, paid = intervals.of([one.p95_ms for one in plays]), intervals.of([one.ready_minutes for one in plays])
    return Compared(
        name=run.name, seconds=run.seconds, p95_ms=run.whole.p95_ms, p95_simulated=p95, p95_off=p95.mean / run.whole.p95_ms - 1,
        instance_minutes=minutes, minutes_simulated=paid, minutes_off=paid.mean / minutes - 1,
    )  # fmt: skip


def read(path: Path = FILE) -> list[Compared]:
    """The runs that are kept; none when there is no file yet."""
    return msgspec.json.decode(path.read_bytes(), type=list[Compared]) if path.exists() else []


def keep(compared: Compared, path: Path = FILE) -> None:
    """Puts a run in place of the one of the same name."""
    every = sorted([*(one for one in read(path) if one.name != compared.name), compared], key=lambda one: one.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(every), indent=1) + b"\n")
