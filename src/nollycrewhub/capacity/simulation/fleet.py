"""Instances that start, answer, die and go, as asked for; both ways of simulating requests run on it.

A new instance answers after the boot time with an empty memory. One that dies is started again by its platform. Fewer are
reached at once: those still starting go first, and who goes finishes what it has begun.
"""

import math
from collections.abc import Callable, Generator
from itertools import pairwise
from typing import Any

import simpy

from nollycrewhub.capacity.simulation.scene import Plant


class Instance:
    """One process: when it began to answer, and whether it is gone."""

    __slots__ = ("is_dead", "is_leaving", "ready_at")

    def __init__(self, ready_at: float) -> None:
        self.ready_at = ready_at
        self.is_dead = False
        self.is_leaving = False


class Fleet:
    """The instances of one role. `coldness` is the share of their memory that has nothing in it."""

    def __init__(self, environment: simpy.Environment, plant: Plant, count: int, *, made: Callable[[float], Instance] = Instance) -> None:
        self.environment = environment
        self.plant = plant
        self.made = made
        self.ready: list[Instance] = [made(-math.inf) for _ in range(count)]
        self.starting: list[Instance] = []
        self.coldness = 0.0
        self.cooled_at = 0.0
        self.died = 0
        self.changes: list[tuple[float, int]] = [(0.0, count)]

    @property
    def asked(self) -> int:
        """How many there are or will be."""
        return len(self.ready) + len(self.starting)

    def scale(self, count: int) -> None:
        """Asks for so many."""
        if count == self.asked:
            return
        self.changes.append((self.environment.now, count))
        for _ in range(count - self.asked):
            self.start()
        while self.asked > max(1, count):
            gone = self.starting.pop() if self.starting else self.ready.pop()
            gone.is_leaving = True

    def start(self) -> None:
        """One more, which answers after the boot time."""
        instance = self.made(self.environment.now + self.plant.boot)
        self.starting.append(instance)
        self.environment.process(self._boot(instance))

    def _boot(self, instance: Instance) -> Generator[simpy.Event, Any, None]:
        yield self.environment.timeout(self.plant.boot)
        if not instance.is_leaving:
            self.starting.remove(instance)
            self.warm()
            self.coldness = (self.coldness * len(self.ready) + 1.0) / (len(self.ready) + 1)
            self.ready.append(instance)

    def kill(self, number: int) -> None:
        """One of those that answer dies, and is started again."""
        if not self.ready:
            return
        self.died += 1
        dead = self.ready.pop(number % len(self.ready))
        dead.is_dead = True
        self.start()

    def warm(self) -> None:
        """Brings the coldness up to now: memories fill as time goes by."""
        now = self.environment.now
        self.coldness *= math.exp(-(now - self.cooled_at) / self.plant.warmth)
        self.cooled_at = now

    def lose_caches(self) -> None:
        """All that was remembered is gone."""
        self.warm()
        self.coldness = 1.0


def reversals(changes: list[tuple[float, int]]) -> int:
    """How often a count turned around: up after down, or down after up."""
    counts = [count for _, count in changes]
    steps = [1 if after > before else -1 for before, after in pairwise(counts) if after != before]
    return sum(one != two for one, two in pairwise(steps))
