"""Holds the simulation's stations against Erlang C, and against ciw, another simulator, where that is installed."""

import random
from collections.abc import Iterator
from importlib import import_module, util

import msgspec
import simpy

from nollycrewhub.capacity.formulas import corrected, erlang_c, mean_wait
from nollycrewhub.capacity.simulation import intervals
from nollycrewhub.capacity.simulation.intervals import Interval
from nollycrewhub.capacity.simulation.stations import Station, steady_arrivals

REPLICATIONS = 30
CUSTOMERS = 40_000
CUSTOMERS_OF_SECOND = 40_000
WARM_SHARE = 0.1
BAR = 0.02


class Case(msgspec.Struct, frozen=True):
    """Servers, arrivals a second, and the mean of an exponential service time (or a fixed one)."""

    name: str
    servers: int
    rate: float
    service: float
    is_fixed: bool = False

    @property
    def load(self) -> float:
        """In erlangs."""
        return self.rate * self.service

    @property
    def expected(self) -> float:
        """The mean wait by theory: Erlang C, and for fixed times at one server Pollaczek and Khinchine's half of it."""
        wait = mean_wait(self.servers, self.load, self.service)
        return corrected(wait, 1.0, 0.0) if self.is_fixed else wait

    @property
    def expected_share(self) -> float:
        """The share that has to wait by theory, which at one server does not depend on how service times spread."""
        return erlang_c(self.servers, self.load)


CASES = (
    Case("M/M/1, two thirds busy", 1, 2 / 3, 1.0),
    Case("M/M/3, two thirds busy", 3, 2.0, 1.0),
    Case("M/M/10, seven tenths busy", 10, 7.0, 1.0),
    Case("M/D/1, two thirds busy", 1, 2 / 3, 1.0, is_fixed=True),
)


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What theory says, what we simulated, how far that is off, and what the second simulator says."""

    case: str
    replications: int
    expected: float
    simulated: Interval
    off: float
    expected_share: float
    share: Interval
    share_off: float
    second: Interval | None
    second_off: float | None


def draws(rng: random.Random, case: Case) -> Iterator[float]:
    """Service times without end."""
    while True:
        yield case.service if case.is_fixed else rng.expovariate(1 / case.service)


def replication(case: Case, seed: int, customers: int = CUSTOMERS) -> tuple[float, float]:
    """The mean wait and the share that waited in one run, without its beginning, when the station was empty."""
    rng = random.Random(f"{seed} {case.name}")  # noqa: S311 - a simulation, no secret
    environment, services = simpy.Environment(), draws(rng, case)
    station = Station(environment, case.servers)
    environment.process(steady_arrivals(environment, station, lambda: rng.expovariate(case.rate), lambda: next(services)))
    environment.run(customers * WARM_SHARE / case.rate)
    came, waited, had_to = station.came, station.waited, station.had_to_wait
    environment.run(customers / case.rate)
    new = station.came - came
    return (station.waited - waited) / new, (station.had_to_wait - had_to) / new


def second_replication(case: Case, seed: int, customers: int = CUSTOMERS_OF_SECOND) -> float:
    """The same by ciw."""
    ciw = import_module("ciw")
    ciw.seed(seed)
    service = ciw.dists.Deterministic(case.service) if case.is_fixed else ciw.dists.Exponential(1 / case.service)
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(case.rate)], service_distributions=[service], number_of_servers=[case.servers]
    )
    run = ciw.Simulation(network)
    run.simulate_until_max_time(customers / case.rate)
    waits = [one.waiting_time for one in run.get_all_records() if one.arrival_date > customers * WARM_SHARE / case.rate]
    return float(sum(waits) / len(waits))


def has_second() -> bool:
    """Whether the second simulator is here; it is a development dependency only."""
    return util.find_spec("ciw") is not None


def check(case: Case, *, replications: int = REPLICATIONS, customers: int = CUSTOMERS, with_second: bool = True) -> Checked:
    """One case over all replications."""
    runs = [replication(case, seed, customers) for seed in range(replications)]
    ours, share = intervals.of([wait for wait, _ in runs]), intervals.of([share for _, share in runs])
    theirs = (
        intervals.of([second_replication(case, seed, min(customers, CUSTOMERS_OF_SECOND)) for seed in range(replications)])
        if with_second
        else None
    )
    return Checked(
        case=case.name, replications=replications, expected=case.expected, simulated=ours, off=ours.mean / case.expected - 1,
        expected_share=case.expected_share, share=share, share_off=share.mean / case.expected_share - 1,
        second=theirs, second_off=None if theirs is None else ours.mean / theirs.mean - 1,
    )  # fmt: skip
