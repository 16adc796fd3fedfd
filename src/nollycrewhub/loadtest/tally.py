"""What came back, by phase and kind and by the second it was due in; times in seconds from the moment a request was due."""

from array import array
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import msgspec


class Phase(msgspec.Struct, kw_only=True, frozen=True):
    """A part of a run that is judged or shown apart."""

    name: str
    begins: float
    seconds: float


class Kind(msgspec.Struct, kw_only=True):
    """The requests of one kind; times in milliseconds. `asked_to_wait` were told 503 or 429 with Retry-After at the last."""

    asked: int
    right: int
    asked_to_wait: int
    statuses: dict[str, int]
    found: dict[str, int]
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float

    @property
    def wrong(self) -> int:
        """All that were not answered as they should be."""
        return self.asked - self.right


@dataclass
class Row:
    """What is counted of one kind in one phase."""

    asked: int = 0
    right: int = 0
    waits: int = 0
    times: "array[float]" = field(default_factory=lambda: array("d"))
    statuses: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)


@dataclass
class Second:
    """What was due in one second: how much, what became of it, how late; `told_to_wait` counts every such answer."""

    due: int = 0
    right: int = 0
    wrong: int = 0
    told_to_wait: int = 0
    times: "array[float]" = field(default_factory=lambda: array("f"))


@dataclass(frozen=True, slots=True)
class Outcome:
    """One request's end: when it was due (s into the run), how long it took from then, and what it was."""

    due: float
    seconds: float
    kind: str
    status: str
    is_right: bool
    asked_to_wait: bool
    told_to_wait: int
    cache: str


@dataclass
class Tally:
    """All counts of a run. `dropped` were due and never sent; `impossible` had lost what they needed (a sign-in that failed)."""

    phases: Sequence[Phase]
    rows: dict[tuple[int, str], Row] = field(default_factory=lambda: defaultdict(Row))
    seconds: dict[int, Second] = field(default_factory=lambda: defaultdict(Second))
    lags: "array[float]" = field(default_factory=lambda: array("f"))
    dropped: int = 0
    impossible: int = 0
    under_way: int = 0

    def phase_at(self, moment: float) -> int:
        """The number of the phase a moment belongs to; what is due later belongs to the last."""
        return max(0, bisect_right([one.begins for one in self.phases], moment) - 1)

    def note(self, one: Outcome) -> None:
        """Counts a request that has ended."""
        row, second = self.rows[self.phase_at(one.due), one.kind], self.seconds[int(one.due)]
        row.asked += 1
        row.right += one.is_right
        row.waits += one.asked_to_wait
        row.times.append(one.seconds)
        row.statuses[one.status] += 1
        if one.cache:
            row.found[one.cache] += 1
        second.due += 1
        second.right += one.is_right
        second.wrong += not one.is_right
        second.told_to_wait += one.told_to_wait
        second.times.append(one.seconds)

    def drop(self, due: float, many: int) -> None:
        """Counts what was due and could not be sent."""
        self.dropped += many
        self.seconds[int(due)].due += many

    def kinds(self) -> list[str]:
        """The kinds that were seen."""
        return sorted({kind for _, kind in self.rows})

    def kind(
        self, *, phases: Iterable[int] | None = None, kinds: Iterable[str] | None = None, apart: Iterable[tuple[int, str]] = ()
    ) -> Kind:
        """The figures of some phases and kinds together, without those that are apart."""
        wanted, named, without = (None if x is None else set(x) for x in (phases, kinds, apart))
        rows = [
            row for (number, kind), row in self.rows.items()
            if (wanted is None or number in wanted) and (named is None or kind in named) and (number, kind) not in (without or ())
        ]  # fmt: skip
        return figures(rows)

    def between(self, begins: float, ends: float) -> Second:
        """All seconds of a part of the run together."""
        whole = Second()
        for number, one in self.seconds.items():
            if begins <= number < ends:
                whole.due += one.due
                whole.right += one.right
                whole.wrong += one.wrong
                whole.told_to_wait += one.told_to_wait
                whole.times.extend(one.times)
        return whole


def figures(rows: Sequence[Row]) -> Kind:
    """Rows as one."""
    times = sorted(time for row in rows for time in row.times)
    statuses: Counter[str] = sum((row.statuses for row in rows), Counter())
    found: Counter[str] = sum((row.found for row in rows), Counter())
    return Kind(
        asked=sum(row.asked for row in rows), right=sum(row.right for row in rows), asked_to_wait=sum(row.waits for row in rows),
        statuses=dict(statuses.most_common()), found=dict(found.most_common()),
        p50_ms=part(times, 0.5), p95_ms=part(times, 0.95), p99_ms=part(times, 0.99), max_ms=part(times, 1.0),
    )  # fmt: skip


def part(times: Sequence[float], share: float) -> float:
    """The percentile of sorted times in seconds, in milliseconds; nothing measured is 0."""
    return round(times[min(len(times) - 1, int(len(times) * share))] * 1000, 1) if times else 0.0
