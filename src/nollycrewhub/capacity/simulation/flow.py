"""Requests as a stream: how much of it each step lets through. Hours of a thousand requests a second in a second or two.

In a step the fleet does what its processors, the database and its room in flight allow; what is left over waits, as far
as there is room, and the rest is refused. The tail of an answer's time is the queue's, by the formula for M/G/1 within an
instance. `requests.py` simulates each request by itself, and `comparing.py` says how far the two are apart.
"""

import math
from collections import deque
from collections.abc import Sequence

from nollycrewhub.capacity.simulation.arrivals import counts
from nollycrewhub.capacity.simulation.running import Run, Steps
from nollycrewhub.capacity.simulation.scene import GOOD, Scene, latency

STEP = 3.0
TAIL = 0.05
BUSIEST = 0.99


class Flow(Run):
    """A run with streams instead of requests."""

    def __init__(self, scene: Scene, name: str, seed: int, *, step: float = STEP, rates: Sequence[float] | None = None) -> None:
        super().__init__(scene, name, seed, step=step, rates=rates)
        self.backlog = 0.0
        self.jobs_waiting: deque[tuple[float, float]] = deque()
        self.jobs_left = 0.0
        self.in_flight = 0.0
        self.died = 0

    def bring_requests(self) -> None:
        """One process steps through all of it."""
        self.arrived = counts(self.rates, self.stream("arrivals"), step=self.step)
        self.environment.process(self.steps())

    def steps(self) -> Steps:
        """Step by step."""
        for number, arrived in enumerate(self.arrived):
            self.web.warm()
            self.note_fleets(number)
            self.serve(number, float(arrived))
            self.work(number, arrived * self.scene.demand.jobs)
            yield self.environment.timeout(self.step)

    def lost_with_the_dead(self) -> float:
        """The share of what is in flight that was with instances which have died since the last step."""
        died, self.died = self.web.died - self.died, self.web.died
        if not died:
            return 0.0
        share = died / (len(self.web.ready) + died)
        self.backlog *= 1 - share
        return self.in_flight * share

    def serve(self, number: int, arrived: float) -> None:
        """What a step lets through, what waits and what is refused."""
        demand, plant, trace, step = self.scene.demand, self.scene.plant, self.trace, self.step
        lost = self.lost_with_the_dead()
        web, coldness = len(self.web.ready), self.web.coldness
        misses = 1 - demand.hits_when(coldness)
        each, base = demand.web(coldness) / plant.speed, latency(demand, plant, coldness)
        room = web * plant.in_flight
        able = min(web / each, room / base, plant.database_speed / (misses * demand.database))
        waiting = self.backlog + arrived
        served = min(waiting, able * step)
        rate = served / step
        places = max(0.0, room - rate * base)
        refused = max(0.0, waiting - served - places) if web else waiting
        self.backlog = waiting - served - refused if web else 0.0
        failed = min(lost, served)
        used = min(BUSIEST, rate * each / web) if web else BUSIEST
        pace = each * (1 + demand.spread) / 2 / (1 - used)
        behind = self.backlog / able if able else 0.0
        longest = plant.in_flight * each  # nobody has more before them than the room of an instance
        slowest = max(base, misses and demand.web_miss * (1 + 1.645 * math.sqrt(demand.spread)) / plant.speed + demand.database)
        queue = min(longest, behind + (pace * math.log(used / TAIL) if used > TAIL else 0.0))
        left = GOOD - behind - base
        slow = 1.0 if left <= 0 else used * math.exp(-left / pace)
        trace.asked[number], trace.refused[number] = arrived, refused + failed
        trace.slow[number], trace.p95[number] = served * slow, slowest + queue + demand.provider * (demand.provider_share > TAIL)
        self.in_flight = in_flight = min(float(room), self.backlog + rate * (base + used * pace))
        trace.in_flight[number] = in_flight
        seen = self.seen
        seen.seconds += step
        seen.in_flight += in_flight * step
        seen.busy += (rate * each if web else 0.0) * step
        seen.web += web * step
        seen.p95 = max(seen.p95, trace.p95[number])
        seen.asked += arrived
        seen.failed += failed

    def work(self, number: int, arrived: float) -> None:
        """Workers take the oldest jobs first."""
        demand, line = self.scene.demand, self.jobs_waiting
        able = len(self.workers.ready) * self.scene.plant.slots / demand.job * self.step
        now = self.environment.now
        line.append((now, arrived))
        self.jobs_left += arrived - min(able, self.jobs_left + arrived)
        while line and able > 0:
            at, jobs = line[0]
            if jobs > able:
                line[0] = at, jobs - able
                break
            able -= jobs
            line.popleft()
        age = now - line[0][0] if line else 0.0
        self.trace.age[number] = age
        self.seen.oldest = age
        self.seen.waiting = round(self.jobs_left) if line else 0
