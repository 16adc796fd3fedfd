"""Who decides how many: nobody (static), the plan's CPU target, our own decision code, the same with its calendar, an oracle.

Ours is `scaling.rules.deciding.decide`, the function the controller calls; nothing of it is copied here.
"""

import math
from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from nollycrewhub.capacity.simulation.scene import Plant, Scene
from nollycrewhub.scaling.rules.calendar import busy_at
from nollycrewhub.scaling.rules.deciding import Policy, Sample, State, caps, decide

STATIC, CPU, OURS, CALENDAR, ORACLE = "static peak", "CPU target", "ours", "ours with calendar", "oracle"
NAMES = (STATIC, CPU, OURS, CALENDAR, ORACLE)
CPU_TARGET, CPU_WINDOW, CPU_DOWN = 60.0, 60.0, 300.0  # the plan's target; Render's "after a few minutes"
CPU_LEAST = 1  # the plan's minInstances


class Decides(Protocol):
    """A policy: what it saw in, how many web instances and workers there shall be out."""

    def first(self) -> tuple[int, int]:
        """How many there are when the scene begins."""
        ...

    def wants(self, sample: Sample) -> tuple[int, int]:
        """How many there shall be after a look."""
        ...


def policy_of(plant: Plant) -> Policy:
    """The controller's policy for a plant; what a plant does not say stays the controller's default."""
    return Policy(
        least_web=plant.least_web, most_web=plant.most_web, least_workers=plant.least_workers, most_workers=plant.most_workers,
        in_flight_limit=plant.in_flight, connections=plant.connections, connections_a_web=plant.pool,
    )  # fmt: skip


class Needed:
    """What would have been enough, moment by moment; who knows it knows the future."""

    def __init__(self, plant: Plant, web: Sequence[int], workers: Sequence[int], step: float) -> None:
        self.most_web, self.most_workers = caps(policy_of(plant))
        self.web, self.workers, self.step = web, workers, step
        self.plant = plant

    def between(self, since: float, until: float) -> tuple[int, int]:
        """The greatest need of a stretch, within what the plant allows."""
        first = min(len(self.web) - 1, max(0, int(since / self.step)))
        end = max(first + 1, math.ceil(until / self.step))
        web = max(self.plant.least_web, min(self.most_web, max(self.web[first:end])))
        return web, max(self.plant.least_workers, min(self.most_workers, max(self.workers[first:end])))


class Static:
    """As many as the busiest moment needs, always."""

    def __init__(self, needed: Needed) -> None:
        self.count = needed.between(0.0, math.inf if not needed.web else len(needed.web) * needed.step)

    def first(self) -> tuple[int, int]:
        """The same as ever."""
        return self.count

    def wants(self, sample: Sample) -> tuple[int, int]:
        """The same as ever."""
        return self.count


class CpuTarget:
    """Render's autoscaling as the plan sets it: `ceil(n * share / 60)`, up at once, down after some minutes; workers stay."""

    def __init__(self, plant: Plant) -> None:
        self.plant = plant
        self.seen: list[tuple[float, float]] = []
        self.wishes: list[tuple[float, int]] = []

    def first(self) -> tuple[int, int]:
        """What the plant begins with."""
        return self.plant.web_at_first, self.plant.workers_at_first

    def wants(self, sample: Sample) -> tuple[int, int]:
        """By the mean processor share of the last minute."""
        now = sample.at
        self.seen = [(at, value) for at, value in self.seen if at > now - CPU_WINDOW] + [(now, sample.cpu_percent or 0.0)]
        mean = sum(value for _, value in self.seen) / len(self.seen)
        wish = max(CPU_LEAST, min(self.plant.most_web, math.ceil(sample.web * mean / CPU_TARGET - 1e-9)))
        self.wishes = [(at, value) for at, value in self.wishes if at > now - CPU_DOWN] + [(now, wish)]
        held = max(value for _, value in self.wishes)
        asked = sample.web_asked
        return (wish if wish > asked else min(asked, held)), sample.workers_asked


class Ours:
    """The controller's decision, without or with its calendar."""

    def __init__(self, scene: Scene, *, with_calendar: bool) -> None:
        self.scene = scene
        self.with_calendar = with_calendar
        self.policy = policy_of(scene.plant)
        self.state = State()

    def first(self) -> tuple[int, int]:
        """What the plant begins with, or what the calendar has asked for before."""
        least = math.ceil(self.scene.plant.least_web * self.factor(0.0))
        return min(caps(self.policy)[0], max(self.scene.plant.web_at_first, least)), self.scene.plant.workers_at_first

    def factor(self, seconds: float) -> float:
        """What the calendar says to be ready for."""
        if not self.with_calendar:
            return 1.0
        return busy_at(self.scene.load.begins + timedelta(seconds=seconds), self.scene.calendar).ready_for

    def wants(self, sample: Sample) -> tuple[int, int]:
        """Asks the controller's own code."""
        ready = self.factor(sample.at)
        seen = sample if ready == sample.ready_for else _ready_for(sample, ready)
        decision, self.state = decide(self.policy, self.state, seen)
        return decision.web, decision.workers


def _ready_for(sample: Sample, factor: float) -> Sample:
    return Sample(**{**{name: getattr(sample, name) for name in sample.__struct_fields__}, "ready_for": factor})


class Oracle:
    """Knows what comes for as long as an instance takes to start and to warm: about the best that any policy can do."""

    def __init__(self, needed: Needed) -> None:
        self.needed = needed
        self.ahead = needed.plant.boot + 2 * needed.plant.look + 2 * needed.plant.warmth

    def first(self) -> tuple[int, int]:
        """What the first moments need."""
        return self.needed.between(0.0, self.ahead)

    def wants(self, sample: Sample) -> tuple[int, int]:
        """What the next moments need."""
        return self.needed.between(sample.at, sample.at + self.ahead)


def made(name: str, scene: Scene, needed: Needed) -> Decides:
    """A policy by its name, fresh."""
    if name == STATIC:
        return Static(needed)
    if name == CPU:
        return CpuTarget(scene.plant)
    if name == ORACLE:
        return Oracle(needed)
    return Ours(scene, with_calendar=name == CALENDAR)
