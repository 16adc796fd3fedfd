"""The process's own counters, in Prometheus' text format. Labels are route templates, never paths.

figures.py puts them beside those of the other processes at the same address.
"""

import time
from collections.abc import Iterable, Mapping
from functools import lru_cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from nollycrewhub.platform.machine import memory_bytes

REGISTRY = CollectorRegistry()  # what this process saw
FLEET = CollectorRegistry()  # what is the whole fleet's, read from the database when it is asked for
REQUESTS = Counter("nch_requests", "Answered requests.", ("route", "method", "status", "region", "device"), registry=REGISTRY)
SECONDS = Histogram(
    "nch_request_seconds",
    "Time from the first byte in to the head of the answer.",
    ("route",),
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
    registry=REGISTRY,
)
CACHE = Counter("nch_shared_answers", "Answers that are everyone's, by how they were found.", ("namespace", "result"), registry=REGISTRY)
IN_FLIGHT = Gauge("nch_requests_in_flight", "Requests being answered.", registry=REGISTRY)
READS = Counter("nch_reads", "Read queries by the server that answered.", ("server",), registry=REGISTRY)
SHED = Counter("nch_shed", "Requests refused because a pool or limit was full.", ("what",), registry=REGISTRY)
QUEUE_DEPTH = Gauge("nch_queue_depth", "Jobs of a queue by state.", ("queue", "state"), registry=FLEET)
QUEUE_OLDEST = Gauge("nch_queue_oldest_seconds", "Age of the oldest job that could run.", ("queue",), registry=FLEET)
QUEUE_LATE = Gauge(
    "nch_queue_late_seconds", "For how long the oldest job has been due, counted from the first time.", ("queue",), registry=FLEET
)
QUEUE_RATE = Gauge("nch_queue_per_minute", "Jobs ended a minute, over the last five.", ("queue", "outcome"), registry=FLEET)
REPLICA_LAG = Gauge("nch_replica_lag_bytes", "Bytes a replica is behind.", ("replica",), registry=REGISTRY)
REPLICA_LAG_SECONDS = Gauge("nch_replica_lag_seconds", "Seconds a replica is behind.", ("replica",), registry=REGISTRY)
SERVER_IN = Gauge("nch_server_in", "1 while a database server serves, 0 while it is out.", ("server",), registry=REGISTRY)
MOVED = Counter("nch_reads_moved", "Reads asked again elsewhere because a server was lost.", ("server",), registry=REGISTRY)
LIVE_CLIENTS = Gauge("nch_live_clients", "Live connections of this process.", ("transport",), registry=REGISTRY)
LIVE_FRAMES = Counter("nch_live_frames", "Frames of live connections, by direction.", ("direction",), registry=REGISTRY)
LIVE_CLOSED = Counter("nch_live_closed", "Live connections that ended, by reason.", ("reason",), registry=REGISTRY)
LIVE_REFUSED = Counter("nch_live_refused", "Live connections that were not let in, by status.", ("status",), registry=REGISTRY)
LIVE_REPAIRS = Counter(
    "nch_live_repairs", "Times a channel was read from the database: what was missed, or gone.", ("result",), registry=REGISTRY
)
LOOP_LAG = Histogram(
    "nch_event_loop_lag_seconds",
    "How late the event loop ran what was due.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1),
    registry=REGISTRY,
)
POOL_WAIT = Histogram(
    "nch_pool_wait_seconds",
    "Waits for a connection to read with, when none was free at once.",
    buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 5, 10),
    registry=REGISTRY,
)
ACTIVE_PEOPLE = Gauge("nch_active_people", "Different people that were here in the last five minutes.", registry=FLEET)
LIVE_LAG = Histogram(
    "nch_live_fan_out_seconds",
    "From the commit of a message to its writing to this process's sockets.",
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
    registry=REGISTRY,
)


LAG_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0)


class EventLag(Collector):
    """The fleet's histogram of how late effects were, as it was last read from the database: (consumer, bucket, felt, seconds)."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, int, int, float]] = []

    def collect(self) -> Iterable[Metric]:
        """The rows in Prometheus' own form."""
        family = HistogramMetricFamily(
            "nch_event_lag_seconds", "From an event's making to the commit of a consumer's effect.", labels=["consumer"]
        )
        for consumer in sorted({row[0] for row in self.rows}):
            own = {bucket: (felt, seconds) for name, bucket, felt, seconds in self.rows if name == consumer}
            below, buckets = 0, []
            for place, bound_ in enumerate((*LAG_BUCKETS, float("inf"))):
                below += own.get(place, (0, 0.0))[0]
                buckets.append(("+Inf" if bound_ == float("inf") else str(bound_), float(below)))
            family.add_metric([consumer], buckets=buckets, sum_value=sum(seconds for _, seconds in own.values()))
        yield family


class Tallied(Collector):
    """The fleet's counters of what workers do, as they were last read from the database: (counter, labels, total)."""

    def __init__(self, counters: Mapping[str, tuple[str, tuple[str, ...]]]) -> None:
        self.counters = counters
        self.rows: list[tuple[str, list[str], int]] = []

    def collect(self) -> Iterable[Metric]:
        """The rows in Prometheus' own form; what another version counted under other labels is left out."""
        for counter, (meaning, labels) in self.counters.items():
            family = CounterMetricFamily(counter, meaning, labels=labels)
            for name, values, total in self.rows:
                if name == counter and len(values) == len(labels):
                    family.add_metric(values, total)
            yield family


JOBS, EFFECTS = "nch_jobs", "nch_effects"
EDGE = "nch_edge_answers"
BACKLOG_ALARMS, EVENT_LAG_ALARMS = "nch_queue_backlog_alarms", "nch_event_lag_alarms"
TALLIED = Tallied({
    JOBS: ("Background jobs by outcome.", ("task", "outcome")),
    EFFECTS: ("Event effects by outcome.", ("consumer", "outcome")),
    BACKLOG_ALARMS: ("Minutes in which more jobs waited, or one for longer, than is normal.", ("queue",)),
    EDGE: ("Answers at the edge in front, as its provider counts them: of its copy, of the origin, or not to be kept.", ("result",)),
    EVENT_LAG_ALARMS: ("Minutes in which an event waited too long.", ("consumer",)),
})  # fmt: skip
FLEET.register(TALLIED)
EVENT_LAG = EventLag()
FLEET.register(EVENT_LAG)


class Facts(Collector):
    """What people did since midnight in Lagos, as it was last read from the database; each midnight it begins anew."""

    def __init__(self) -> None:
        self.counts: Mapping[str, int] = {}

    def collect(self) -> Iterable[Metric]:
        """A counter: Prometheus takes its midnights for what they are, a new beginning."""
        family = CounterMetricFamily("nch_facts", "What people did since midnight in Lagos.", labels=["fact"])
        for fact, count in sorted(self.counts.items()):
            family.add_metric([fact], count)
        yield family


FACTS = Facts()
FLEET.register(FACTS)


class Standing(Collector):
    """How much there is of what the site is for, as it was last counted and read from the database."""

    def __init__(self) -> None:
        self.counts: Mapping[str, int] = {}

    def collect(self) -> Iterable[Metric]:
        """Nothing of what nobody has counted yet."""
        family = GaugeMetricFamily("nch_standing", "People, open jobs and projects, as last counted.", labels=["what"])
        for what, count in sorted(self.counts.items()):
            family.add_metric([what], count)
        yield family


STANDING = Standing()
FLEET.register(STANDING)


class EdgeAge(Collector):
    """How old the newest of the edge's counts is, as it was last read from the database; nothing where none was ever told."""

    def __init__(self) -> None:
        self.seconds: float | None = None

    def collect(self) -> Iterable[Metric]:
        """One figure at most."""
        family = GaugeMetricFamily("nch_edge_age_seconds", "Since when the edge's provider has not told what it answered.")
        if self.seconds is not None:
            family.add_metric([], self.seconds)
        yield family


EDGE_AGE = EdgeAge()
FLEET.register(EDGE_AGE)


@lru_cache(4096)
def bound(metric: Counter, *labels: str) -> Counter:
    """The counter of these labels. Looking it up in the metric takes a lock and a check of each label every time."""
    found: Counter = metric.labels(*labels)
    return found


def count(metric: Counter, *labels: str) -> None:
    """One more."""
    bound(metric, *labels).inc()


@lru_cache(1024)
def clock(metric: Histogram, *labels: str) -> Histogram:
    """The histogram of these labels, bound once."""
    found: Histogram = metric.labels(*labels)
    return found


class Itself(Collector):
    """What this process takes of the machine, as it is when asked."""

    def collect(self) -> Iterable[Metric]:
        """Processor time and memory."""
        yield CounterMetricFamily("nch_process_cpu_seconds", "Processor time this process has used.", time.process_time())
        yield GaugeMetricFamily("nch_process_memory_bytes", "Memory this process holds.", memory_bytes())


REGISTRY.register(Itself())


class Named(Collector):
    """This process's figures, each with the process's name beside its own labels."""

    def __init__(self, instance: str, registries: Iterable[CollectorRegistry]) -> None:
        self.instance = instance
        self.registries = tuple(registries)

    def collect(self) -> Iterable[Metric]:
        """The registries', which are made anew for every asking."""
        for registry in self.registries:
            for family in registry.collect():
                family.samples = [sample._replace(labels={**sample.labels, "instance": self.instance}) for sample in family.samples]
                yield family


def own(instance: str, *more: CollectorRegistry) -> bytes:
    """All figures of this process as Prometheus reads them, and those of `more` registries of its own."""
    return of(instance, REGISTRY, *more)


def of(instance: str, *registries: CollectorRegistry) -> bytes:
    """The figures of these registries alone, under a name."""
    return generate_latest(Named(instance, registries))


def fleet() -> bytes:
    """What every web process says alike; no process's name stands beside it, so nobody adds it up."""
    return generate_latest(FLEET)
