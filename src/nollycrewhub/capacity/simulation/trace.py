"""What happened in a run, step by step, and how good that was: the measures of elasticity that Herbst and others use."""

from collections.abc import Sequence

import msgspec

from nollycrewhub.capacity.simulation.fleet import Fleet, reversals

MINUTE = 60.0
SLOW_SHARE, REFUSED_SHARE = 0.05, 0.01  # a minute with more of either is lost: the plan's p95 and its error rate
LATE = 60.0  # a job that waits longer is late


class Trace:
    """Numbers of each step: who asked, was refused or failed, was slow; instances and workers, and how many were needed."""

    def __init__(self, steps: int, step: float) -> None:
        self.step = step
        self.asked = [0.0] * steps
        self.refused = [0.0] * steps
        self.slow = [0.0] * steps
        self.p95 = [0.0] * steps
        self.web = [0] * steps
        self.workers = [0] * steps
        self.paid = [0] * steps
        self.age = [0.0] * steps
        self.in_flight = [0.0] * steps

    @property
    def steps(self) -> int:
        """How many."""
        return len(self.asked)

    def minutes(self) -> list[tuple[float, float, float]]:
        """Asked, refused and slow in each minute."""
        each = max(1, round(MINUTE / self.step))
        return [
            (sum(self.asked[at : at + each]), sum(self.refused[at : at + each]), sum(self.slow[at : at + each]))
            for at in range(0, self.steps, each)
        ]


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """One run's figures. Shares are of the time or of the need; `instance_minutes` are what was paid for,
    starting ones too, `ready_minutes` those of instances that answer.
    """

    lost_minutes: float
    refused_percent: float
    slow_percent: float
    instance_minutes: float
    ready_minutes: float
    worker_minutes: float
    under_share: float
    under_time: float
    over_share: float
    over_time: float
    reversals: float
    late_minutes: float
    p95_ms: float
    most_web: float


def is_lost(asked: float, refused: float, slow: float) -> bool:
    """Whether a minute is worse than the plan's targets."""
    return asked > 0 and (refused > REFUSED_SHARE * asked or refused + slow > SLOW_SHARE * asked)


def score(trace: Trace, needed: Sequence[int], fleet: Fleet) -> Score:
    """The figures of a finished run."""
    steps, asked = trace.steps, sum(trace.asked) or 1.0
    pairs = list(zip(trace.web, needed, strict=True))
    ordered = sorted(zip(trace.p95, trace.asked, strict=True))
    return Score(
        lost_minutes=float(sum(is_lost(*minute) for minute in trace.minutes())),
        refused_percent=100 * sum(trace.refused) / asked, slow_percent=100 * sum(trace.slow) / asked,
        instance_minutes=sum(trace.paid) * trace.step / MINUTE, ready_minutes=sum(trace.web) * trace.step / MINUTE, worker_minutes=sum(trace.workers) * trace.step / MINUTE,
        under_share=sum(max(0, need - web) / need for web, need in pairs) / steps,
        under_time=sum(web < need for web, need in pairs) / steps,
        over_share=sum(max(0, web - need) / need for web, need in pairs) / steps,
        over_time=sum(web > need for web, need in pairs) / steps,
        reversals=float(reversals(fleet.changes)), late_minutes=sum(age > LATE for age in trace.age) * trace.step / MINUTE,
        p95_ms=1000 * weighted(ordered, 0.95), most_web=float(max(trace.web)),
    )  # fmt: skip


def weighted(ordered: list[tuple[float, float]], share: float) -> float:
    """A quantile of sorted values with weights."""
    left = share * sum(weight for _, weight in ordered)
    for value, weight in ordered:
        left -= weight
        if left <= 0:
            return value
    return ordered[-1][0] if ordered else 0.0
