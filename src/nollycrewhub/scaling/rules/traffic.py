"""Where requests come from and what became of them: by region, device, cache level, status and failing route, answers a second."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from nollycrewhub.kit.report import BOUNDS, Report, quantile

MADE = frozenset({"filled", "bypassed"})  # for this asking; what is `refused` was nobody else's and is not counted
FAILED = 5
FEWEST = 20  # answers, below which a percentile or a share of failures is chance
Pair = tuple[Report, Report]


class Part(msgspec.Struct, frozen=True):
    """A part of the traffic: answers a second, and how many of those failed."""

    name: str
    per_second: float
    failed: float = 0.0

    @property
    def error_percent(self) -> float | None:
        """The failed in percent; None of nothing."""
        return 100.0 * self.failed / self.per_second if self.per_second > 0 else None


class Traffic(msgspec.Struct, frozen=True, kw_only=True):
    """All answers, also those from memory, divided in five ways; the first three come to the same sum.

    `took` counts the answers that were not from memory, of each region and device, by the bucket of `kit.report` their time fell in.
    """

    regions: tuple[Part, ...] = ()
    devices: tuple[Part, ...] = ()
    statuses: tuple[Part, ...] = ()
    caches: tuple[Part, ...] = ()
    routes: tuple[Part, ...] = ()
    took: dict[str, dict[int, int]] = {}

    @property
    def per_second(self) -> float:
        """All of it."""
        return sum(one.per_second for one in self.regions)

    @property
    def found_percent(self) -> float | None:
        """How many of the answers that are everyone's did not have to be made; None where there was none."""
        shared = [one for one in self.caches if one.name != "refused"]
        every = sum(one.per_second for one in shared)
        return 100.0 * sum(one.per_second for one in shared if one.name not in MADE) / every if every > 0 else None

    def p95_ms(self, name: str) -> float | None:
        """The time within which 95 of 100 answers to a region or device began; None of too few."""
        counts = self.took.get(name, {})
        if sum(counts.values()) < FEWEST:
            return None
        seconds = quantile([counts.get(place, 0) for place in range(len(BOUNDS) + 1)], 0.95)
        return None if seconds is None else round(seconds * 1000, 1)


def traffic(pairs: Sequence[Pair]) -> Traffic:
    """What was answered between two reports of each process, all processes together."""
    served = rates(pairs, lambda report: {(region, device, hundreds): count for region, device, hundreds, count in report.served})
    return Traffic(
        regions=parts((key[0], key[2], rate) for key, rate in served.items()),
        devices=parts((key[1], key[2], rate) for key, rate in served.items()),
        statuses=parts((f"{key[2]}xx", key[2], rate) for key, rate in served.items()),
        caches=parts((name, 0, rate) for name, rate in rates(pairs, lambda report: report.found).items()),
        routes=parts((name, FAILED, rate) for name, rate in rates(pairs, lambda report: report.broken).items()),
        took=took_between(pairs),
    )  # fmt: skip


def rates(pairs: Iterable[Pair], counts: Callable[[Report], Mapping[Any, int]]) -> dict[Any, float]:
    """By how much each counter grew in a second; one that did not is left out."""
    found: dict[Any, float] = defaultdict(float)
    for first, last in pairs:
        before = counts(first)
        for name, count in counts(last).items():
            if count > before.get(name, 0):
                found[name] += (count - before.get(name, 0)) / (last.at - first.at)
    return found


def took_between(pairs: Iterable[Pair]) -> dict[str, dict[int, int]]:
    """The answers between the reports by region or device and bucket; empty buckets are left out."""
    found: dict[str, dict[int, int]] = {}
    for first, last in pairs:
        for name, counts in last.took_by.items():
            before = first.took_by.get(name) or (0,) * len(counts)
            for place, (earlier, later) in enumerate(zip(before, counts, strict=True)):
                if later > earlier:
                    own = found.setdefault(name, {})
                    own[place] = own.get(place, 0) + later - earlier
    return found


def parts(counted: Iterable[tuple[str, int, float]]) -> tuple[Part, ...]:
    """Name, hundreds of the status and rate, summed by name; the most first."""
    all_, failed = defaultdict[str, float](float), defaultdict[str, float](float)
    for name, hundreds, rate in counted:
        all_[name] += rate
        failed[name] += rate if hundreds >= FAILED else 0.0
    return tuple(
        Part(name, round(rate, 3), round(failed[name], 3)) for name, rate in sorted(all_.items(), key=lambda one: (-one[1], one[0]))
    )


def averaged(looks: Sequence[Traffic]) -> Traffic:
    """The mean of several looks, and all their times; what one of them had not seen counts as nothing there."""
    means = {name: mean([getattr(one, name) for one in looks]) for name in Traffic.__struct_fields__ if name != "took"}
    return Traffic(**means, took=summed([one.took for one in looks]))


def summed(looks: Iterable[Mapping[str, Mapping[int, int]]]) -> dict[str, dict[int, int]]:
    """The times of all looks together, so that a percentile is of all and no mean of percentiles."""
    found: dict[str, dict[int, int]] = {}
    for name, counts in (pair for look in looks for pair in look.items()):
        own = found.setdefault(name, {})
        for place, count in counts.items():
            own[place] = own.get(place, 0) + count
    return found


def mean(looks: Sequence[tuple[Part, ...]]) -> tuple[Part, ...]:
    """The mean of one division of the traffic."""
    all_, failed = defaultdict[str, float](float), defaultdict[str, float](float)
    for part in (part for look in looks for part in look):
        all_[part.name] += part.per_second / len(looks)
        failed[part.name] += part.failed / len(looks)
    return tuple(Part(name, rate, failed[name]) for name, rate in sorted(all_.items(), key=lambda one: (-one[1], one[0])))
