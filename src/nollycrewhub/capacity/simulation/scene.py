"""What is simulated: what a request asks of whom, what a deployment allows, and what happens to it. Times in seconds."""

import math

import msgspec

from nollycrewhub.capacity.simulation.arrivals import Load
from nollycrewhub.scaling.rules.calendar import BUILT_IN, Span, Yearly

ROOM = 0.85  # the share of a fleet that may be used before one more is needed
GOOD = 0.5  # an answer later than this is slow: the plan's 500 ms


class Demand(msgspec.Struct, frozen=True, kw_only=True):
    """A mean request of the mix. Processor times are the measured machine's; spreads are squared coefficients of variation.

    `hits` is the share that a warm process answers from memory. A share of the requests waits for a `provider`, which
    costs nobody a processor. So many `jobs` follow from a request, each keeping a worker's slot for `job`.
    """

    web_hit: float = 0.00006
    web_miss: float = 0.0015
    hashing: float = 0.0004
    spread: float = 1.0
    database: float = 0.0006
    hits: float = 0.75
    provider_share: float = 0.0
    provider: float = 0.15
    jobs: float = 0.05
    job: float = 0.3

    def hits_when(self, coldness: float) -> float:
        """The share from memory when that share of the fleet's memory has nothing in it yet."""
        return self.hits * (1 - coldness)

    def web(self, coldness: float = 0.0) -> float:
        """Processor seconds of a web instance for a mean request, hashing included."""
        hits = self.hits_when(coldness)
        return hits * self.web_hit + (1 - hits) * self.web_miss + self.hashing


class Plant(msgspec.Struct, frozen=True, kw_only=True):
    """A deployment: `speed` is one instance's processor beside the measured machine's core.

    `delay` is how old a figure is when the controller sees it, `look` how often it looks, `boot` the time from asking
    for an instance until it answers; `warmth` is how long an empty memory takes to fill by two thirds.
    """

    speed: float = 0.5
    in_flight: int = 100
    pool: int = 20
    pool_wait: float = 0.2
    database_speed: float = 4.0
    slots: int = 10
    boot: float = 45.0
    look: float = 15.0
    delay: float = 15.0
    warmth: float = 60.0
    web_at_first: int = 2
    workers_at_first: int = 1
    least_web: int = 2
    most_web: int = 24
    least_workers: int = 1
    most_workers: int = 10
    connections: int = 600


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """A load on a plant, and what goes wrong: so many instances die in an hour, and all caches are lost at times.

    `calendar` is what operators have told the controller, which need not be what happens (the load has events of its own).
    """

    name: str
    load: Load
    calendar: tuple[Span | Yearly, ...] = BUILT_IN
    demand: Demand = Demand()
    plant: Plant = Plant()
    deaths: float = 0.0
    caches_lost: tuple[float, ...] = ()


def latency(demand: Demand, plant: Plant, coldness: float = 0.0) -> float:
    """The mean time of a request that waits for nobody."""
    misses = 1 - demand.hits_when(coldness)
    return demand.web(coldness) / plant.speed + misses * demand.database + demand.provider_share * demand.provider


def web_needed(rate: float, demand: Demand, plant: Plant) -> int:
    """The fewest warm instances for a rate, by processor and by room in flight; the plant's least and most do not count here."""
    by_processor = rate * demand.web() / (plant.speed * ROOM)
    by_room = rate * latency(demand, plant) / (plant.in_flight * ROOM)
    return max(1, math.ceil(max(by_processor, by_room)))


def workers_needed(rate: float, demand: Demand, plant: Plant) -> int:
    """The fewest workers for a rate of requests."""
    return max(1, math.ceil(rate * demand.jobs * demand.job / (plant.slots * ROOM)))
