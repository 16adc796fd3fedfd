"""The plan's five key metrics: each holds on a good run, and each can fail alone."""

import pytest

from nollycrewhub.loadtest import running
from nollycrewhub.loadtest.results import Criterion
from nollycrewhub.loadtest.tally import Kind
from nollycrewhub.loadtest.verdict import KEYS, backlog, error_rate, resources, response_times, throughput, worth
from nollycrewhub.loadtest.watching import Inside, Look


def kind(*, asked: int = 1000, right: int = 1000, p95: float = 40.0) -> Kind:
    """Figures."""
    return Kind(asked=asked, right=right, asked_to_wait=0, statuses={}, found={}, p50_ms=5.0, p95_ms=p95, p99_ms=p95, max_ms=p95)


def look(*, cpu: float | None = 50.0, own: float = 0.2, memory: float | None = 40.0, connections: int = 50, waiting: int = 5) -> Look:
    """One look at the machine."""
    inside = Inside(connections=connections, accepted=100, waiting=waiting, oldest_s=0.5)
    return Look(at=1.0, cpu=cpu, own=own, memory=memory, web_mb=(150.0,), inside=inside)


def verdict(whole: Kind, looks: list[Look], *, dropped: int = 0, left: int = 0) -> list[Criterion]:
    """All sentences of the five."""
    after = Inside(connections=40, accepted=100, waiting=left, oldest_s=0.0)
    return [
        response_times(whole), error_rate(whole), throughput(whole, seconds=10, dropped=dropped), *resources(looks), backlog(looks, after),
    ]  # fmt: skip


def test_a_good_run_holds_in_all_five_and_says_what_it_measured() -> None:
    found = verdict(kind(), [look()] * 3)
    assert all(one.holds for one in found)
    assert {one.key for one in found} == set(KEYS)
    assert [one.measured for one in found] == [
        "p50 5.0 ms, p95 40.0 ms, p99 40.0 ms", "0 of 1000 (0.00%)", "100.0 a second of 100.0 due, 0 dropped",
        "50 % (peak 50 %), of it 0.20 cores the generator's", "40 % at most", "50 of 100 at most",
        "5 at most, the oldest 0.5 s old; 0 wait at the end",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("whole", "looks", "more", "which"),
    [
        (kind(p95=500.0), [look()], {}, {0}),
        (kind(right=990), [look()], {}, {1}),
        (kind(), [look()], {"dropped": 1}, {2}),
        (kind(), [look(cpu=70.0)], {}, {3}),
        (kind(), [look(memory=80.0)], {}, {4}),
        (kind(), [look(), look(connections=80)], {}, {5}),
        (kind(), [look(), look(waiting=1000)], {}, {6}),
        (kind(), [look(waiting=30)], {"left": 30}, {6}),
    ],
)
def test_each_can_fail_alone(whole: Kind, looks: list[Look], more: dict[str, int], which: set[int]) -> None:
    assert {n for n, one in enumerate(verdict(whole, looks, **more)) if not one.holds} == which


def test_what_was_not_measured_does_not_hold() -> None:
    blind = Look(at=1.0, cpu=None, own=0.1, memory=None)
    found = [*resources([blind]), backlog([blind], None)]
    assert [(one.holds, one.measured) for one in found] == [(False, "not measured")] * 4
    assert not any(one.holds for one in verdict(kind(asked=0, right=0, p95=0.0), [look()])[:3])


def test_a_generator_that_could_not_keep_up_makes_the_run_void() -> None:
    assert worth([look()], late_p99_ms=3.0) == []
    assert "late" in worth([look()], late_p99_ms=51.0)[0]
    assert "whole core" in worth([look(own=0.95)], late_p99_ms=3.0)[0]


def test_both_sides_are_told_apart() -> None:
    whole = kind()
    whole.found = {"hit": 70, "stale": 5, "copied": 10, "filled": 15}
    cores = 0.5 * running.CORES - 0.2
    assert running.sides(whole, [look(), look(cpu=None)]) == {
        "from a process's memory, of what may come from there": "75%",
        "cores of all but the generator, in the mean": round(cores, 2),
    }
    assert running.sides(kind(), [look(cpu=None)]) == {}
