"""How many web processes and workers there should be: what was seen so far in, a decision with its reasons out.

The same function serves the controller and the simulation. It knows no clock (a sample says when it was taken), does no
I/O, and never fails: what could not be measured is `None` and holds things as they are.

The plan's two rule sets keep their thresholds and action names, but a threshold that is passed only says *that* there is
too little. *How many* follows from what one process carries: requests in flight and processor share scale in proportion
(the Horizontal Pod Autoscaler's formula, `ceil(n * value / target)`), latency by steps, workers by the age of the oldest
job. Errors open an incident and add nobody: more copies of what is broken break more. Requests that were turned away for
want of room are no errors but load nobody sees in flight, so they are added to it.
"""

import math
from collections.abc import Iterable, Sequence

import msgspec

CPU, MEMORY, INSTANCES, WORKERS, INVESTIGATE, USERS, SLOW = (
    "scale_up_cpu", "scale_up_memory", "scale_up_instances", "scale_up_workers", "investigate_issues",
    "scale_up_active_users", "scale_up_response_time",
)  # fmt: skip


LEAST_LET_IN = 0.02  # of those that come; below it nobody knows how many more there are, and growth is bounded anyway


class Thresholds(msgspec.Struct, frozen=True, kw_only=True):
    """The plan's numbers: section 11's five, and section 8's two (users one process carries; a very slow answer)."""

    cpu_percent: float = 70.0
    memory_percent: float = 80.0
    response_ms: float = 500.0
    waiting: int = 100
    error_percent: float = 1.0
    users_each: int = 5000
    very_slow_ms: float = 1000.0


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """
    What a deployment allows and aims at. Times in seconds, shares of 1; `connections` is the budget pools may take.

    `brings_memory`: whether one more web process has memory of its own, as an instance has; one on the same machine has not.
    """

    thresholds: Thresholds = Thresholds()
    least_web: int = 2
    most_web: int = 10
    least_workers: int = 1
    most_workers: int = 10
    in_flight_limit: int = 100
    in_flight_target: float = 0.5
    cpu_target: float = 60.0
    age_target: float = 30.0
    dead_band: float = 0.1
    window: float = 60.0
    stabilisation: float = 300.0
    cool_down: float = 60.0
    quiet: float = 300.0
    growth: float = 1.0
    shrink: float = 0.25
    connections: int = 400
    connections_a_web: int = 20
    connections_a_worker: int = 10
    brings_memory: bool = True


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One look at the fleet: what is ready and what was asked for, and what each process or all carry; None is not known.

    `in_flight`, `cpu_percent` and `memory_percent` are means of the ready web processes, `response_ms` a percentile of
    all answers, `error_percent` the failed among those that were answered, `shed_percent` the requests turned away for want
    of room among all that came, `ready_for` the calendar's factor.
    """

    at: float
    web: int
    workers: int
    web_asked: int
    workers_asked: int
    in_flight: float | None = None
    response_ms: float | None = None
    cpu_percent: float | None = None
    memory_percent: float | None = None
    error_percent: float | None = None
    shed_percent: float | None = None
    active_users: int | None = None
    waiting: int | None = None
    oldest_s: float | None = None
    ready_for: float = 1.0


class Wish(msgspec.Struct, frozen=True):
    """What one look alone would have wished for, kept to be steady by."""

    at: float
    web: int
    workers: int


class State(msgspec.Struct, frozen=True, kw_only=True):
    """What a decision remembers: the samples of the window, the wishes of the stabilisation, when something changed last.

    `failing` is when too many requests failed last: an incident is over once that is `quiet` seconds ago.
    """

    samples: tuple[Sample, ...] = ()
    wishes: tuple[Wish, ...] = ()
    web_changed: float = -math.inf
    workers_changed: float = -math.inf
    is_incident: bool = False
    failing: float = -math.inf


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """How many there shall be, the plan's names for what was passed, the reasons in sentences, and an incident that opens or is over."""

    web: int
    workers: int
    actions: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    incident: str = ""
    is_over: bool = False


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What a window says: loads of the whole fleet (`in_flight`, `cpu`), and the figures that have thresholds."""

    in_flight: float | None
    cpu: float | None
    response_ms: float | None
    cpu_percent: float | None
    memory_percent: float | None
    error_percent: float | None
    shed_percent: float | None
    active_users: float | None
    waiting: float | None
    oldest_s: float | None


def is_known(value: float | None) -> bool:
    """Whether a figure can be used: a broken meter's infinity, or less than nothing, is as good as none."""
    return value is not None and math.isfinite(value) and value >= 0


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile of at least one value, `share` of 1."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def steady(values: Sequence[float]) -> float | None:
    """The median of a window, or what two looks in a row agree on when that is more: a lone spike moves nothing."""
    return max(percentile(values, 0.5), min(values[-2:])) if values else None


def seen_in(samples: Sequence[Sample]) -> Seen:
    """What the samples of a window say together.

    Loads are summed over the processes that carried them, so a process that has just been added is not counted twice.
    """

    def of(name: str, *, fleet: bool = False) -> float | None:
        found = [(value, one.web) for one in samples if is_known(value := getattr(one, name))]
        return steady([value * web if fleet else value for value, web in found])

    return Seen(
        in_flight=steady([offered(one.in_flight, one) for one in samples if is_known(one.in_flight)]), cpu=of("cpu_percent", fleet=True), response_ms=of("response_ms"),
        cpu_percent=of("cpu_percent"), memory_percent=of("memory_percent"), error_percent=of("error_percent"),
        shed_percent=of("shed_percent"), active_users=of("active_users"), waiting=of("waiting"), oldest_s=of("oldest_s"),
    )  # fmt: skip


def offered(in_flight: float | None, one: Sample) -> float:
    """What would be in flight in the whole fleet if nobody were turned away: as many times more as came than were let in (Little)."""
    shed = one.shed_percent if one.shed_percent is not None and 0 < one.shed_percent <= 100 else 0.0
    return (in_flight or 0.0) * one.web / max(1.0 - shed / 100.0, LEAST_LET_IN)


def checks_of(seen: Seen, web: int, bounds: Thresholds) -> tuple[tuple[str, float | None, float], ...]:
    """The plan's checks: name, figure, threshold. Section 8's count of users holds for each process, not for the fleet."""
    return (
        (CPU, seen.cpu_percent, bounds.cpu_percent), (MEMORY, seen.memory_percent, bounds.memory_percent),
        (INSTANCES, seen.response_ms, bounds.response_ms), (WORKERS, seen.waiting, bounds.waiting),
        (INVESTIGATE, seen.error_percent, bounds.error_percent), (USERS, seen.active_users, bounds.users_each * max(web, 1)),
        (SLOW, seen.response_ms, bounds.very_slow_ms),
    )  # fmt: skip


def actions_of(seen: Seen, web: int, bounds: Thresholds) -> tuple[str, ...]:
    """The plan's checks whose threshold is passed, each by its name."""
    return tuple(name for name, value, bound in checks_of(seen, web, bounds) if value is not None and value > bound)


def proportional(count: int, load: float, each: float, dead_band: float) -> int:
    """The Horizontal Pod Autoscaler's formula over a fleet's load; the count itself within the dead band."""
    return count if count > 0 and abs(load / (count * each) - 1.0) <= dead_band else max(1, math.ceil(load / each))


def wished_web(policy: Policy, seen: Seen, count: int, actions: tuple[str, ...], *, may_step: bool) -> tuple[int, list[str]]:
    """How many web processes a window wishes for, and why; the greatest wish counts.

    Latency follows a change late, so it asks for a step only when the last change has had time to work.
    """
    wishes: list[tuple[int, str]] = []
    for load, each, what in (
        (seen.in_flight, policy.in_flight_limit * policy.in_flight_target, "{:.0f} requests are in flight, {:.0f} to a process"),
        (seen.cpu, policy.cpu_target, "processors are at {:.0f} % in all, {:.0f} % to a process"),
        (seen.active_users, float(policy.thresholds.users_each), "{:.0f} people are active, {:.0f} to a process"),
    ):
        if load is not None:
            wishes.append((proportional(count, load, each, policy.dead_band), what.format(load, each)))
    step = max(1, math.ceil(count * policy.shrink))
    if may_step and SLOW in actions:
        wishes.append((count + 2 * step, f"answers take {seen.response_ms:.0f} ms"))
    elif may_step and INSTANCES in actions:
        wishes.append((count + step, f"answers take {seen.response_ms:.0f} ms"))
    if may_step and MEMORY in actions and policy.brings_memory:
        wishes.append((count + 1, f"memory is at {seen.memory_percent:.0f} %"))
    if not wishes:
        return count, ["nothing is known of the web processes, so their number stays"]
    most = max(wish for wish, _ in wishes)
    whys = [why for wish, why in wishes if wish == most]
    if (seen.shed_percent or 0) >= 1:
        whys.append(f"{seen.shed_percent:.0f} % of the requests were turned away for want of room")
    if MEMORY in actions and not policy.brings_memory:
        whys.append(f"the machine's memory is at {seen.memory_percent:.0f} %, which another process on it does not mend")
    return most, whys


def wished_workers(policy: Policy, seen: Seen, sample: Sample, actions: tuple[str, ...], *, may_step: bool) -> tuple[int, list[str]]:
    """How many workers a window wishes for: by the oldest job's age, and one more when many wait."""
    count = sample.workers_asked
    if seen.oldest_s is None:
        return count, ["nothing is known of the queue, so the number of workers stays"]
    wish = proportional(count, seen.oldest_s * max(sample.workers, 1), policy.age_target, policy.dead_band)
    if may_step and WORKERS in actions and wish <= count:
        return count + 1, [f"{seen.waiting:.0f} jobs wait"]
    return wish, [f"the oldest job has waited {seen.oldest_s:.0f} s, aimed at {policy.age_target:.0f} s"]


def caps(policy: Policy) -> tuple[int, int]:
    """The most web processes and workers that the connection budget allows; the least number of workers is set aside first."""
    left = policy.connections - policy.least_workers * policy.connections_a_worker
    web = min(policy.most_web, max(1, left // max(policy.connections_a_web, 1)))
    return web, policy.most_workers


def within_budget(policy: Policy, web: int, workers: int) -> int:
    """How many workers the connections allow beside so many web processes."""
    left = policy.connections - web * policy.connections_a_web
    return max(min(1, workers), min(workers, left // max(policy.connections_a_worker, 1)))


def bounded(wish: int, *, now: int, least: int, most: int, policy: Policy) -> int:
    """A wish within the least and the most, no more than one step away from what was asked for."""
    highest = now + max(4, math.ceil(now * policy.growth))
    lowest = now - max(1, math.floor(now * policy.shrink))
    return max(least, min(most, max(lowest, min(highest, wish))))


def settled(wish: int, now: int, earlier: Iterable[int], *, may_change: bool) -> int:
    """Up at once; down only to the greatest wish of the stabilisation, and only when the cool-down is over."""
    if wish >= now:
        return wish
    return min(now, max(earlier, default=wish)) if may_change else now


def decide(policy: Policy, state: State, sample: Sample) -> tuple[Decision, State]:
    """The decision after a look, and what to remember for the next one; numbers nobody knows change nothing."""
    samples = (*(one for one in state.samples if one.at > sample.at - policy.window), sample)
    seen = seen_in(samples)
    actions = actions_of(seen, sample.web, policy.thresholds)
    is_failing, is_blind = INVESTIGATE in actions, seen.in_flight is None and seen.cpu is None
    web_is_cool = sample.at - state.web_changed >= policy.cool_down
    workers_are_cool = sample.at - state.workers_changed >= policy.cool_down
    web_wish, why_web = wished_web(policy, seen, sample.web_asked, actions, may_step=web_is_cool and not is_failing)
    worker_wish, why_workers = wished_workers(policy, seen, sample, actions, may_step=workers_are_cool)
    kept = tuple(one for one in state.wishes if one.at > sample.at - policy.stabilisation)
    if not state.wishes:  # a new leader knows of no earlier wishes, and takes what was asked for as one
        kept = (Wish(sample.at, sample.web_asked, sample.workers_asked),)
    wishes = (*kept, Wish(sample.at, web_wish, worker_wish))
    most_web, most_workers = caps(policy)
    least_web = min(most_web, max(math.ceil(policy.least_web * sample.ready_for), policy.least_web))
    web = bounded(
        settled(web_wish, sample.web_asked, [one.web for one in wishes], may_change=web_is_cool and not is_failing and not is_blind),
        now=sample.web_asked, least=least_web, most=most_web, policy=policy,
    )  # fmt: skip
    paced = bounded(
        settled(worker_wish, sample.workers_asked, [one.workers for one in wishes], may_change=workers_are_cool),
        now=sample.workers_asked, least=policy.least_workers, most=most_workers, policy=policy,
    )  # fmt: skip
    workers = within_budget(policy, web, paced)
    web_waits = waits_of(policy, "web processes", is_cool=web_is_cool, is_failing=is_failing, is_blind=is_blind)
    worker_waits = waits_of(policy, "workers", is_cool=workers_are_cool)
    of_web = of_pace("web processes", wish=web_wish, asked=sample.web_asked, became=web, bounds=(least_web, most_web), waits=web_waits)
    of_workers = of_pace("workers", wish=worker_wish, asked=sample.workers_asked, became=paced, bounds=(policy.least_workers, most_workers), waits=worker_waits)  # fmt: skip
    calendar = of_calendar(policy, sample, web)
    because = (*calendar, *why_web) if web_wish < web else (*why_web, *calendar)
    reasons = (
        *because, *(() if calendar and web == least_web else of_web), *of_caps(policy, web, web_wish), *why_workers, *of_workers, *of_budget(paced, workers)
    )  # fmt: skip
    failing = sample.at if is_failing else state.failing
    is_incident = is_failing or (state.is_incident and sample.at - failing < policy.quiet)
    incident = f"{seen.error_percent:.1f} % of the requests fail" if is_failing and not state.is_incident else ""
    after = State(
        samples=samples, wishes=wishes, is_incident=is_incident, failing=failing,
        web_changed=sample.at if web != sample.web_asked else state.web_changed,
        workers_changed=sample.at if workers != sample.workers_asked else state.workers_changed,
    )  # fmt: skip
    is_over = state.is_incident and not is_incident
    return Decision(web=web, workers=workers, actions=actions, reasons=reasons, incident=incident, is_over=is_over), after


def of_calendar(policy: Policy, sample: Sample, web: int) -> list[str]:
    """That the calendar holds the number up, when it does."""
    floor = math.ceil(policy.least_web * sample.ready_for)
    return [f"the calendar asks for at least {floor} (factor {sample.ready_for:g})"] if policy.least_web < floor and web <= floor else []


def waits_of(policy: Policy, what: str, *, is_cool: bool, is_failing: bool = False, is_blind: bool = False) -> str:
    """For what a smaller number waits."""
    if is_failing:
        return "no web process is taken away while requests fail"
    if is_blind:
        return "no web process is taken away while nobody knows what they carry"
    if not is_cool:
        return f"the last change of {what} was less than {policy.cool_down:g} s ago"
    return f"{what} are taken away once fewer have been enough for {policy.stabilisation:g} s"


def of_pace(what: str, *, wish: int, asked: int, became: int, bounds: tuple[int, int], waits: str) -> list[str]:
    """Why a number follows its wish later, or not all the way."""
    least, most = bounds
    if wish < became <= least:
        return [f"no fewer than {least} {what} are allowed"]
    if wish < became:
        return [waits if became == asked else f"{what} are taken away step by step"]
    return [f"no more than {became - asked} {what} are added at once"] if became < min(wish, most) else []


def of_budget(wish: int, workers: int) -> list[str]:
    """That connections are short, when they are."""
    return ["more workers would need more connections than there are"] if workers < wish else []


def of_caps(policy: Policy, web: int, wish: int) -> list[str]:
    """What keeps the number from being what was wished for."""
    most, _ = caps(policy)
    if wish <= most or web < most:
        return []
    return [
        f"no more than {most}: "
        + ("that is the most allowed" if most == policy.most_web else "more would need more connections than there are")
    ]
