"""Each request by itself: a process with its processor and its room, connections, the database, a provider, a worker.

The truest of the two ways and the slower: some seconds for a quarter of a million requests. Short scenes, the check of
`flow.py` against it, and the run on a real machine are simulated so.
"""

import math
import random
from collections.abc import Sequence

import simpy

from nollycrewhub.capacity.simulation.arrivals import moments
from nollycrewhub.capacity.simulation.fleet import Instance
from nollycrewhub.capacity.simulation.running import Run, Seen, Steps
from nollycrewhub.capacity.simulation.scene import GOOD, Scene
from nollycrewhub.capacity.simulation.stations import Station
from nollycrewhub.capacity.simulation.trace import Score, weighted
from nollycrewhub.scaling.rules.deciding import Sample

STEP = 1.0


class Process(Instance):
    """A web process: one processor, connections, and how many requests it has taken on."""

    __slots__ = ("connections", "processor", "under_way")

    def __init__(self, environment: simpy.Environment, ready_at: float, pool: int) -> None:
        super().__init__(ready_at)
        self.processor = Station(environment, 1)
        self.connections = simpy.Resource(environment, pool)
        self.under_way = 0


class Requests(Run):
    """A run of single requests."""

    def __init__(self, scene: Scene, name: str, seed: int, *, step: float = STEP, rates: Sequence[float] | None = None) -> None:
        self.processes: list[Process] = []
        super().__init__(scene, name, seed, step=step, rates=rates)
        self.database = Station(self.environment, max(1, round(scene.plant.database_speed)))
        self.chance = self.stream("requests")
        self.turn = 0
        self.times: list[float] = []
        self.lasted: list[list[float]] = [[] for _ in self.rates]
        self.jobs: list[float] = []
        self.working = 0
        self.busy_before = 0.0

    def made(self, ready_at: float) -> Instance:
        """With stations of its own."""
        process = Process(self.environment, ready_at, self.scene.plant.pool)
        self.processes.append(process)
        return process

    def bring_requests(self) -> None:
        """Arrivals, and somebody who counts every second."""
        self.environment.process(self.arriving())
        self.environment.process(self.counting())

    def drawn(self, mean: float, rng: random.Random) -> float:
        """A service time: Gamma with the demand's spread, which is the exponential at a spread of one."""
        spread = self.scene.demand.spread
        return rng.gammavariate(1 / spread, mean * spread) if mean > 0 and spread > 0 else mean

    def arriving(self) -> Steps:
        """One after another, each with sizes of its own drawn in order, so that all policies meet the same ones."""
        demand, plant, sizes = self.scene.demand, self.scene.plant, self.stream("sizes")
        for at in moments(self.rates, self.stream("arrivals"), step=self.step):
            yield self.environment.timeout(at - self.environment.now)
            luck, hash_time = sizes.random(), self.drawn(demand.hashing, sizes) / plant.speed
            hit, miss = self.drawn(demand.web_hit, sizes) / plant.speed, self.drawn(demand.web_miss, sizes) / plant.speed
            stored = self.drawn(demand.database, sizes) * round(plant.database_speed) / plant.database_speed
            self.environment.process(
                self.request(luck, hash_time + hit, hash_time + miss, stored, is_far=sizes.random() < demand.provider_share)
            )
            if sizes.random() < demand.jobs:
                self.jobs.append(self.environment.now)
                self.take_jobs()

    def next_process(self) -> Process | None:
        """The balancer's choice: each in turn."""
        ready = self.web.ready
        if not ready:
            return None
        self.turn += 1
        chosen = ready[self.turn % len(ready)]
        assert isinstance(chosen, Process)  # noqa: S101 - what `made` makes
        return chosen

    def request(self, luck: float, hit: float, miss: float, stored: float, *, is_far: bool) -> Steps:
        """From its arrival to its answer."""
        environment, plant = self.environment, self.scene.plant
        number, arrived = min(int(environment.now / self.step), self.trace.steps - 1), environment.now
        self.trace.asked[number] += 1
        self.seen.asked += 1
        process = self.next_process()
        if process is None or process.under_way >= plant.in_flight:
            self.trace.refused[number] += 1
            return
        process.under_way += 1
        coldness = math.exp(-(arrived - process.ready_at) / plant.warmth) if process.ready_at > -math.inf else 0.0
        found = luck < self.scene.demand.hits_when(max(coldness, self.web.coldness if self.scene.caches_lost else 0.0))
        yield from process.processor.serve(hit if found else miss)
        answered = found or (yield from self.stored(process, stored))
        if is_far and answered:
            yield environment.timeout(self.scene.demand.provider)
        process.under_way -= 1
        if not answered or process.is_dead:
            self.trace.refused[number] += 1
            self.seen.failed += 1
            return
        time = environment.now - arrived
        self.times.append(time)
        self.lasted[number].append(time)
        self.trace.slow[number] += time > GOOD

    def stored(self, process: Process, seconds: float) -> simpy.events.ProcessGenerator:
        """A connection within the wait that is allowed, then the database; whether it got one."""
        with process.connections.request() as turn:
            if not turn.triggered:
                yield turn | self.environment.timeout(self.scene.plant.pool_wait)
                if not turn.triggered:
                    return False
            yield from self.database.serve(seconds)
        return True

    def take_jobs(self) -> None:
        """As many as there are slots for, the oldest first."""
        slots = len(self.workers.ready) * self.scene.plant.slots
        while self.jobs and self.working < slots:
            self.jobs.pop(0)
            self.working += 1
            self.environment.process(self.job())

    def job(self) -> Steps:
        """Keeps a slot for its time."""
        yield self.environment.timeout(self.drawn(self.scene.demand.job, self.chance))
        self.working -= 1
        self.take_jobs()

    def counting(self) -> Steps:
        """Looks at everybody once a step."""
        number = 0
        while number < self.trace.steps:
            self.web.warm()
            self.note_fleets(number)
            processes = [one for one in self.web.ready if isinstance(one, Process)]
            under_way = sum(one.under_way for one in processes)
            age = self.environment.now - self.jobs[0] if self.jobs else 0.0
            self.trace.in_flight[number], self.trace.age[number] = under_way, age
            seen = self.seen
            seen.seconds += self.step
            seen.in_flight += under_way * self.step
            seen.web += len(processes) * self.step
            seen.oldest, seen.waiting = age, len(self.jobs)
            number += 1
            yield self.environment.timeout(self.step)
            self.take_jobs()

    def sample(self) -> Sample:
        """The processors' and the answers' figures are added up only now."""
        self._sum_up(self.seen)
        return super().sample()

    def _sum_up(self, seen: Seen) -> None:
        ordered = sorted(self.times)
        self.times = []
        seen.p95 = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))] if ordered else 0.0
        busy = sum(one.processor.busy for one in self.processes)
        seen.busy = max(0.0, busy - self.busy_before)
        self.busy_before = busy

    def scored(self) -> Score:
        """Each step's p95 is of the requests that arrived in it."""
        for number, times in enumerate(self.lasted):
            self.trace.p95[number] = weighted([(time, 1.0) for time in sorted(times)], 0.95)
        return super().scored()
