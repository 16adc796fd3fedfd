"""Whether a scaler was quick and steady: pure, over the changes it decided and what a run saw."""

import itertools
from collections.abc import Sequence

import msgspec

WINDOW = 600.0  # ten minutes
PART = 10.0


class Change(msgspec.Struct, kw_only=True, frozen=True):
    """A decision that changed the number of web processes: seconds into the run, from how many to how many, and why."""

    at: float
    before: int
    after: int
    why: str = ""

    @property
    def direction(self) -> int:
        """1 for more, -1 for fewer."""
        return 1 if self.after > self.before else -1


def turned(changes: Sequence[Change]) -> list[float]:
    """The moments of the changes that went the other way than the one before."""
    real = [one for one in changes if one.after != one.before]
    return [later.at for earlier, later in itertools.pairwise(real) if later.direction != earlier.direction]


def most_reversals(changes: Sequence[Change], *, begins: float, ends: float, window: float = WINDOW) -> int:
    """The most reversals within any ten minutes of a part of the run."""
    at = [moment for moment in turned(changes) if begins <= moment < ends]
    return max((sum(1 for other in at if moment <= other < moment + window) for moment in at), default=0)


def asked_at(changes: Sequence[Change], moment: float, *, first: int) -> int:
    """How many were asked for at a moment."""
    found = first
    for one in changes:
        if one.at <= moment:
            found = one.after
    return found


def busiest(points: Sequence[tuple[float, float]], *, part: float = PART) -> float:
    """The greatest mean over any stretch of so many seconds of (moment, percent); 0 of nothing."""
    found = 0.0
    for place, (begins, _) in enumerate(points):
        within = [value for at, value in points[place:] if at < begins + part]
        if len(within) >= part * 0.8:
            found = max(found, sum(within) / len(within))
    return found
