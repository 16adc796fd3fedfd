"""A scene played once under a policy: fleets, the controller's looks, deaths and lost caches, whatever simulates requests."""

import random
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Generator, Sequence
from typing import Any

import msgspec
import simpy

from nollycrewhub.capacity.simulation import arrivals
from nollycrewhub.capacity.simulation.fleet import Fleet, Instance
from nollycrewhub.capacity.simulation.policies import Decides, Needed, made
from nollycrewhub.capacity.simulation.scene import Scene, web_needed, workers_needed
from nollycrewhub.capacity.simulation.trace import Score, Trace, score
from nollycrewhub.scaling.rules.deciding import Sample

Steps = Generator[simpy.Event, Any, None]
USUAL_MEMORY = 40.0  # percent; memory is not what runs out in these scenes


class Seen(msgspec.Struct, kw_only=True):
    """What was added up since the last look; sums over seconds, but for the times of answers."""

    seconds: float = 0.0
    in_flight: float = 0.0
    busy: float = 0.0
    web: float = 0.0
    p95: float = 0.0
    failed: float = 0.0
    asked: float = 0.0
    waiting: int = 0
    oldest: float = 0.0


class Run(ABC):
    """One run. What simulates requests adds to `seen` and `trace`."""

    def __init__(self, scene: Scene, name: str, seed: int, *, step: float, rates: Sequence[float] | None = None) -> None:
        self.scene, self.seed, self.step = scene, seed, step
        self.rates = arrivals.expected(scene.load, seed, step=step) if rates is None else list(rates)
        needed = [web_needed(rate, scene.demand, scene.plant) for rate in self.rates]
        self.needed = Needed(scene.plant, needed, [workers_needed(rate, scene.demand, scene.plant) for rate in self.rates], step)
        self.policy: Decides = made(name, scene, self.needed)
        self.environment = simpy.Environment()
        web, workers = self.policy.first()
        self.web = Fleet(self.environment, scene.plant, web, made=self.made)
        self.workers = Fleet(self.environment, scene.plant, workers, made=self.made)
        self.trace = Trace(len(self.rates), step)
        self.seen = Seen()
        self.past: deque[Sample] = deque()

    def made(self, ready_at: float) -> Instance:
        """An instance of the kind that the requests need."""
        return Instance(ready_at)

    def stream(self, what: str) -> random.Random:
        """Chance of its own for each thing, so that policies meet the same load, deaths and sizes."""
        return random.Random(f"{self.seed} {self.scene.name} {what}")  # noqa: S311 - a simulation, no secret

    @abstractmethod
    def bring_requests(self) -> None:
        """Starts what brings requests and jobs."""

    def play(self) -> Score:
        """To the end."""
        self.bring_requests()
        self.environment.process(self.looks())
        if self.scene.deaths:
            self.environment.process(self.dying())
        for at in self.scene.caches_lost:
            self.environment.process(self.losing(at))
        self.environment.run(self.trace.steps * self.step)
        return self.scored()

    def scored(self) -> Score:
        """The figures at the end."""
        return score(self.trace, self.needed.web, self.web)

    def looks(self) -> Steps:
        """The controller: looks, decides by what it saw a while ago, and asks for so many."""
        plant = self.scene.plant
        while True:
            yield self.environment.timeout(plant.look)
            self.past.append(self.sample())
            self.seen = Seen()
            if self.past[0].at <= self.environment.now - plant.delay:
                old = self.past.popleft()
                web, workers = self.policy.wants(self.with_now(old))
                self.web.scale(web)
                self.workers.scale(workers)

    def sample(self) -> Sample:
        """What this look would see."""
        seen, seconds = self.seen, self.seen.seconds or 1.0
        web = max(1, round(seen.web / seconds))
        return Sample(
            at=self.environment.now, web=web, workers=max(1, len(self.workers.ready)), web_asked=self.web.asked,
            workers_asked=self.workers.asked, in_flight=seen.in_flight / seconds / web, response_ms=1000 * seen.p95,
            cpu_percent=100 * seen.busy / seconds / web, memory_percent=USUAL_MEMORY,
            error_percent=100 * seen.failed / seen.asked if seen.asked else 0.0, waiting=seen.waiting, oldest_s=seen.oldest,
        )  # fmt: skip

    def with_now(self, old: Sample) -> Sample:
        """Figures are old when they arrive; what was asked for is known at once."""
        return msgspec.structs.replace(old, at=self.environment.now, web_asked=self.web.asked, workers_asked=self.workers.asked)

    def dying(self) -> Steps:
        """Instances die by chance and independently of what is done about it."""
        rng = self.stream("deaths")
        while True:
            yield self.environment.timeout(rng.expovariate(self.scene.deaths / 3600))
            self.web.kill(rng.randrange(1 << 30))

    def losing(self, at: float) -> Steps:
        """All caches are gone at a moment."""
        yield self.environment.timeout(at)
        self.web.lose_caches()

    def note_fleets(self, number: int) -> None:
        """How many there are in this step."""
        trace = self.trace
        trace.web[number], trace.workers[number] = len(self.web.ready), len(self.workers.ready)
        trace.paid[number] = self.web.asked
