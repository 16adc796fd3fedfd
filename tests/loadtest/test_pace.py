"""When what is due: known before anything is sent, the same for the same seed, and at the rate that was asked for."""

import itertools
from random import Random

import pytest

from nollycrewhub.loadtest.line import Ask
from nollycrewhub.loadtest.pace import AT_ONCE, Layer, Step, arrivals, trimmed, visits


def page(_: object = None) -> Ask:
    """Any page."""
    return Ask("page", "GET", "/")


def one_page(_: Random) -> list[Step]:
    """A visit of one request."""
    return [Step(0.0, page)]


def strolling(rng: Random) -> list[Step]:
    """A visit of four requests, two and a bit seconds apart, the last at once after the third."""
    return [Step(0.0, page), Step(2.0 + rng.random(), page), Step(5.0, page), Step(AT_ONCE, page)]


def moments(layer: Layer, seed: int = 1) -> list[float]:
    """All planned moments of a layer, in order."""
    return sorted(due.at + step.after for due in visits(layer, Random(seed)) for step in due.steps if step.after is not None)


def test_even_arrivals_are_evenly_spaced() -> None:
    layer = Layer(begins=10, seconds=2, rate=5, visit=one_page, is_even=True)
    assert list(arrivals(layer, Random(1))) == pytest.approx([10 + n / 5 for n in range(10)])


def test_arrivals_by_chance_come_at_the_rate_and_in_bursts() -> None:
    found = list(arrivals(Layer(begins=0, seconds=500, rate=20, visit=one_page), Random(3)))
    assert len(found) == pytest.approx(10_000, rel=0.05)
    gaps = [b - a for a, b in itertools.pairwise(found)]
    assert sum(1 for gap in gaps if gap < 0.05 / 20) > 0.03 * len(gaps)


def test_a_changing_rate_is_followed() -> None:
    layer = Layer(begins=5, seconds=100, rate=lambda second: second / 2, most=50, visit=one_page)
    found = list(arrivals(layer, Random(5)))
    early, late = sum(1 for at in found if at < 55), sum(1 for at in found if at >= 55)
    assert len(found) == pytest.approx(2500, rel=0.1)
    assert late / early == pytest.approx(3.0, rel=0.2)
    assert min(found) >= 5 and max(found) < 105


def test_the_same_seed_gives_the_same_moments_and_another_gives_others() -> None:
    layer = Layer(begins=0, seconds=20, rate=10, visit=strolling)
    assert moments(layer, 7) == moments(layer, 7)
    assert moments(layer, 7) != moments(layer, 8)


def test_a_steady_layer_is_at_its_whole_rate_from_its_first_second_to_its_last() -> None:
    steady = moments(Layer(begins=30, seconds=40, rate=50, visit=strolling, steady_for=10))
    rising = moments(Layer(begins=30, seconds=40, rate=50, visit=strolling))
    assert min(steady) >= 30 and max(steady) < 70
    for begins in (30, 31, 50, 67):
        within = sum(1 for at in steady if begins <= at < begins + 3)
        assert within == pytest.approx(3 * 50 * 3, rel=0.15)
    assert sum(1 for at in rising if at < 31) < 0.6 * 150


def test_what_follows_at_once_stays_with_what_it_follows() -> None:
    layer = Layer(begins=4, seconds=100, rate=1, visit=strolling, steady_for=10)
    steps = trimmed(strolling(Random(1)), 0.0, layer)
    assert [step.after for step in steps] == [5.0, None]
    assert trimmed(strolling(Random(1)), -2.0, layer) == []


def test_visits_are_of_so_many_people_or_each_of_somebody_else() -> None:
    among = [due.visitor.comes_from for due in visits(Layer(begins=0, seconds=20.0, rate=100.0, visit=one_page, people=10), Random(5))]
    assert len(among) > 1_500 and len(set(among)) == 10
    others = [due.visitor.comes_from for due in visits(Layer(begins=0, seconds=20.0, rate=100.0, visit=one_page), Random(5))]
    assert len(set(others)) == len(others)
