"""What the reports of all processes come to: load, pace and failures over the last few seconds, of each process and of all.

Reports in, figures out. A process with one report only is new: what it has carried since its start is no rate yet.
"""

from collections.abc import Mapping, Sequence

import msgspec

from nollycrewhub.kit.report import BOUNDS, Report, quantile
from nollycrewhub.scaling.rules.deciding import Sample
from nollycrewhub.scaling.rules.traffic import FEWEST, Traffic, traffic

Histories = Mapping[str, tuple[Report, ...]]


class OneProcess(msgspec.Struct, frozen=True, kw_only=True):
    """One process as an operator reads it; what is not known yet is None. Times in milliseconds, memory in bytes."""

    name: str
    role: str
    pid: int
    is_ready: bool
    limit: int
    in_flight: float | None = None
    per_second: float | None = None
    p95_ms: float | None = None
    error_percent: float | None = None
    shed_percent: float | None = None
    lag_ms: float = 0.0
    cpu_percent: float | None = None
    memory_bytes: int = 0
    memory_percent: float | None = None
    pool_waits: float | None = None
    sockets: int = 0


class OneQueue(msgspec.Struct, frozen=True, kw_only=True):
    """One queue: jobs that could run now, jobs that run, and the age in seconds of the oldest that could."""

    queue: str
    due: int
    running: int
    failed: int
    oldest_s: float
    is_bounded: bool = False


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """The fleet over the last few seconds. What nobody knows is None.

    `in_flight` is of all web processes together, `limit` of one; `cpu_percent` and `worker_busy_percent` are means of those
    that are ready, `lag_ms` and `memory_percent` the worst of them. Rates are a second's;
    `all_per_second` has what memory answered too, which is no load and not timed.
    """

    processes: tuple[OneProcess, ...] = ()
    queues: tuple[OneQueue, ...] = ()
    web: int = 0
    workers: int = 0
    limit: int | None = None
    in_flight: float | None = None
    per_second: float | None = None
    all_per_second: float | None = None
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None
    error_percent: float | None = None
    shed_percent: float | None = None
    lag_ms: float | None = None
    cpu_percent: float | None = None
    memory_percent: float | None = None
    pool_waits: float | None = None
    pool_wait_ms: float | None = None
    worker_busy_percent: float | None = None
    sockets: int = 0
    active_people: int | None = None
    waiting: int | None = None
    oldest_s: float | None = None
    event_lag_s: float | None = None
    traffic: Traffic = Traffic()


def kept(histories: Histories, told: Sequence[Report], *, span: float) -> dict[str, tuple[Report, ...]]:
    """The reports to look at next: of each process that still tells, the newest, those within `span` seconds of it, and one before."""
    found = {}
    for report in told:
        before = histories.get(report.key, ())
        every = before if before and before[-1].at >= report.at else (*before, report)
        edge = every[-1].at - span
        older = [one for one in every if one.at <= edge]
        found[report.key] = (*older[-1:], *(one for one in every if one.at > edge))
    return found


def per(amount: float, seconds: float) -> float | None:
    """A rate, where time has passed."""
    return amount / seconds if seconds > 0 else None


def share(part: int, whole: int, *, least: int = 1) -> float | None:
    """In percent, of at least so many."""
    return 100.0 * part / whole if whole >= least else None


def ms(seconds: float | None) -> float | None:
    """In milliseconds, to a tenth."""
    return None if seconds is None else round(seconds * 1000, 1)


def took_between(first: Report, last: Report) -> list[int]:
    """The answers between two reports by how long they took."""
    before = first.took or (0,) * len(last.took)
    return [later - earlier for earlier, later in zip(before, last.took, strict=True)]


def process(history: tuple[Report, ...]) -> OneProcess:
    """One process from its reports."""
    first, last = history[0], history[-1]
    told = OneProcess(
        name=last.name, role=last.role, pid=last.pid, is_ready=last.is_ready, limit=last.limit, sockets=last.sockets,
        lag_ms=round(max(one.lag_ms for one in history), 1), memory_bytes=last.memory_bytes, memory_percent=last.memory_percent,
    )  # fmt: skip
    seconds = last.at - first.at
    if seconds <= 0:
        return told
    answered, shed = last.answered - first.answered, last.shed - first.shed
    return msgspec.structs.replace(
        told, in_flight=per(last.busy_seconds - first.busy_seconds, seconds), per_second=per(answered, seconds),
        p95_ms=ms(quantile(took_between(first, last), 0.95)), error_percent=share(last.failed - first.failed, answered),
        shed_percent=share(shed, answered + shed), pool_waits=per(last.pool_waits - first.pool_waits, seconds),
        cpu_percent=per(100.0 * (last.cpu_seconds - first.cpu_seconds) / max(last.cores, 0.01), seconds),
    )  # fmt: skip


def mean(values: Sequence[float]) -> float | None:
    """The mean, of at least one."""
    return sum(values) / len(values) if values else None


def figures(histories: Histories) -> Figures:
    """All processes together, from the reports of each."""
    web = [history for history in histories.values() if history[-1].role == "web"]
    known = [history for history in web if history[-1].at > history[0].at]
    pairs = [(history[0], history[-1]) for history in known]
    every = tuple(sorted(map(process, histories.values()), key=lambda one: (one.role, one.name, one.pid)))
    ready = [one for one in every if one.role == "web" and one.is_ready]
    workers = [one for one in every if one.role == "worker" and one.is_ready]
    answered = sum(last.answered - first.answered for first, last in pairs)
    shed = sum(last.shed - first.shed for first, last in pairs)
    waits = sum(last.pool_waits - first.pool_waits for first, last in pairs)
    took = [sum(counts) for counts in zip(*(took_between(*pair) for pair in pairs), strict=True)] or [0] * (len(BOUNDS) + 1)
    is_enough = answered >= FEWEST
    rates = [one for one in every if one.role == "web"]
    seen = traffic(pairs)
    waited = sum(last.pool_waited - first.pool_waited for first, last in pairs)
    return Figures(
        processes=every, web=len(ready), workers=len(workers), limit=min((one.limit for one in ready), default=None),
        in_flight=sum(one.in_flight or 0.0 for one in rates) if pairs else None,
        per_second=sum(one.per_second or 0.0 for one in rates) if pairs else None,
        all_per_second=round(seen.per_second, 3) if pairs else None,
        p50_ms=ms(quantile(took, 0.5)) if is_enough else None, p95_ms=ms(quantile(took, 0.95)) if is_enough else None,
        p99_ms=ms(quantile(took, 0.99)) if is_enough else None,
        error_percent=share(sum(last.failed - first.failed for first, last in pairs), answered, least=FEWEST),
        shed_percent=share(shed, answered + shed, least=FEWEST), lag_ms=max((one.lag_ms for one in ready), default=None),
        cpu_percent=mean([one.cpu_percent for one in ready if one.cpu_percent is not None]),
        memory_percent=max((one.memory_percent for one in ready if one.memory_percent is not None), default=None),
        pool_waits=sum(one.pool_waits or 0.0 for one in rates) if pairs else None,
        pool_wait_ms=ms(waited / waits) if waits > 0 else None,
        worker_busy_percent=mean([100.0 * one.in_flight / one.limit for one in workers if one.in_flight is not None and one.limit]),
        sockets=sum(one.sockets for one in every), traffic=seen,
    )  # fmt: skip


def with_queues(seen: Figures, queues: Sequence[OneQueue], event_lag_s: float) -> Figures:
    """With what waits. A queue that its own rate holds back is shown and not counted: more workers would not make it faster."""
    free = [one for one in queues if not one.is_bounded]
    return msgspec.structs.replace(
        seen, queues=tuple(queues), waiting=sum(one.due for one in free), oldest_s=max((one.oldest_s for one in free), default=0.0),
        event_lag_s=event_lag_s,
    )  # fmt: skip


def sample_of(seen: Figures, *, at: float, fleet: tuple[int, int, int, int], ready_for: float) -> Sample:
    """What the decision is made from. `fleet` is web and workers as they are, then as they were asked for."""
    web, workers, web_asked, workers_asked = fleet
    return Sample(
        at=at, web=web, workers=workers, web_asked=web_asked, workers_asked=workers_asked, ready_for=ready_for,
        in_flight=None if seen.in_flight is None else seen.in_flight / max(web, 1), response_ms=seen.p95_ms,
        cpu_percent=seen.cpu_percent, memory_percent=seen.memory_percent, error_percent=seen.error_percent,
        shed_percent=seen.shed_percent, active_users=seen.active_people, waiting=seen.waiting, oldest_s=seen.oldest_s,
    )  # fmt: skip
