"""The mix's own promises: the shares add up, every kind can be asked for, and a miss is said."""

import random
from collections import Counter

import pytest

from loadtest.mix import SHARES, Kind, Tally, World, judge


def world() -> World:
    """A small one."""
    return World(random.Random(3), ["1", "2"], ["ada-obi"], ["sample10@example.com"], ["a-token"])


def test_the_mix_is_the_one_that_was_asked_for() -> None:
    assert sum(share for _, share in SHARES) == pytest.approx(1.0)
    there = world()
    assert len(set(there.lists)) == 200
    asked = Counter(there.next().kind for _ in range(20_000))
    for name, share in SHARES:
        assert asked[name] / 20_000 == pytest.approx(share, rel=0.25, abs=0.002)


def kind(p95: float = 10.0, **statuses: int) -> Kind:
    """Figures."""
    counted = {name.removeprefix("s"): count for name, count in statuses.items()}
    return Kind(asked=sum(counted.values()), statuses=counted, found={}, p50_ms=1.0, p95_ms=p95, p99_ms=p95)


def test_every_bar_can_be_missed() -> None:
    good = kind(s200=90, s409=10)
    assert all(one.holds for one in judge(good, good, rate=10, seconds=10, memory=[150, 199]))
    for step, whole in ((kind(600.0, s200=1), good), (good, kind(100.0, s200=100)), (good, kind(s200=99, s503=1)), (good, kind(s200=99))):
        assert [one.holds for one in judge(step, whole, rate=10, seconds=10, memory=[150])].count(False) == 1
    assert [one.holds for one in judge(good, good, rate=10, seconds=10, memory=[150, 200])].count(False) == 1


def test_times_are_told_from_the_moment_a_request_was_due() -> None:
    tally = Tally()
    tally.times["list"] = [n / 1000 for n in range(1, 101)]
    tally.statuses["list"]["200"] = 100
    found = tally.kind("list", "talent")
    assert (found.asked, found.p50_ms, found.p95_ms, found.p99_ms) == (100, 51.0, 96.0, 100.0)
