"""Nollywood's arrivals: hours in Lagos and elsewhere, the calendar, crowds, and chance that is the same for a seed."""

import random
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from nollycrewhub.capacity.simulation.arrivals import (
    DAY,
    WEEK,
    ZONES,
    Crowd,
    Load,
    audition_crowds,
    counts,
    dispersion,
    evening_peak,
    expected,
    mean_share,
    moments,
    of_hour,
    peak_to_mean,
    poisson,
)
from nollycrewhub.scaling.rules.calendar import Span

TUESDAY = datetime(2026, 3, 3, 18, tzinfo=UTC)
EVENING = Load(begins=TUESDAY, seconds=3600.0, evening=100.0)


def test_the_curves_are_whole() -> None:
    assert (len(DAY), len(WEEK)) == (24, 7)
    assert sum(share for _, share in ZONES) == pytest.approx(1.0)
    assert max(DAY) == 1.0
    assert 0.4 < mean_share() < 0.6


def test_lagos_sleeps_while_new_york_is_up() -> None:
    night = datetime(2026, 3, 3, 2, tzinfo=UTC)  # 3 in the morning in Lagos, 9 in the evening in New York
    assert 0.8 * DAY[3] < of_hour(night) < 0.2
    assert of_hour(TUESDAY) > 4 * of_hour(night)


def test_the_evening_of_an_ordinary_tuesday_comes_near_the_rate_it_is_named_by() -> None:
    rates = expected(EVENING, 1)
    assert max(rates) <= 100.0 + 1e-9
    assert max(expected(Load(begins=TUESDAY, seconds=7200.0, evening=100.0), 1)) > 99.0
    assert evening_peak() < 1.0


def test_the_calendar_doubles_december_and_ends_with_it_at_midnight_in_lagos() -> None:
    load = Load(begins=datetime(2026, 12, 31, 22, 0, tzinfo=UTC), seconds=7200.0, evening=100.0)
    rates = expected(load, 1)
    before, after = rates[3500], rates[3700]
    assert 1.7 < before / after < 2.5
    plain = expected(msgspec.structs.replace(load, events=()), 1)
    assert before == pytest.approx(2 * plain[3500], rel=0.02)
    assert after == pytest.approx(plain[3700], rel=0.02)


def test_a_dated_event_of_ten_is_ten() -> None:
    night = Span(name="AMVCA night", first=date(2026, 3, 3), last=date(2026, 3, 3), factor=10.0)
    assert expected(msgspec.structs.replace(EVENING, events=(night,)), 1)[1800] == pytest.approx(10 * expected(EVENING, 1)[1800])


def test_a_flash_crowd_is_tenfold_within_a_minute_and_fades() -> None:
    rates = expected(msgspec.structs.replace(EVENING, flash=600.0), 1)
    plain = expected(EVENING, 1)
    assert rates[599] == plain[599]
    assert rates[660] - plain[660] == pytest.approx(900.0, rel=0.02)
    assert rates[660 + 900] - plain[660 + 900] == pytest.approx(900.0 / 2.718, rel=0.02)


def test_a_crowd_rises_and_fades() -> None:
    crowd = Crowd(at=100.0, times=2.0, rise=50.0, fade=200.0)
    assert [round(crowd.rate(at), 3) for at in (99.0, 125.0, 150.0, 350.0)] == [0.0, 1.0, 2.0, 0.736]


def test_auditions_come_by_day_and_the_same_seed_has_the_same() -> None:
    day = Load(begins=datetime(2026, 3, 3, 23, tzinfo=UTC), seconds=86_400.0, evening=100.0, auditions=6.0)
    crowds = audition_crowds(day, random.Random(1))
    by_night = sum(crowd.at < 5 * 3600 for crowd in crowds)
    assert by_night < len(crowds) / 8
    assert expected(day, 7) == expected(day, 7)
    assert expected(day, 7) != expected(day, 8)
    assert audition_crowds(EVENING, random.Random(1)) == []


def test_thinning_keeps_to_the_rate_and_is_poisson() -> None:
    rates = [20.0] * 300 + [60.0] * 300
    times = list(moments(rates, random.Random(1)))
    assert times == sorted(times)
    first, second = sum(at < 300 for at in times), sum(at >= 300 for at in times)
    assert first == pytest.approx(6000, abs=4 * 6000**0.5)
    assert second == pytest.approx(18_000, abs=4 * 18_000**0.5)
    each = [0] * 300
    for at in times:
        if at < 300:
            each[int(at)] += 1
    assert 0.8 < dispersion(each) < 1.2
    assert list(moments([0.0] * 10, random.Random(1))) == []


@pytest.mark.parametrize("mean", [0.0, 0.3, 7.0, 80.0, 3000.0])
def test_counts_have_the_mean_and_the_spread_of_poisson(mean: float) -> None:
    numbers = counts([mean] * 4000, random.Random(1))
    assert sum(numbers) / 4000 == pytest.approx(mean, abs=4 * (mean / 4000) ** 0.5 + 1e-9)
    assert mean == 0 or 0.9 < dispersion(numbers) < 1.1
    assert poisson(0.0, random.Random(1)) == 0


def test_bursts_show_in_the_index_of_dispersion_and_in_the_peak() -> None:
    flash = msgspec.structs.replace(EVENING, flash=600.0)
    assert dispersion(counts(expected(flash, 1), random.Random(1))) > 10
    assert peak_to_mean(expected(flash, 1), 60) > 2 > peak_to_mean(expected(EVENING, 1), 60)
    assert peak_to_mean([2.0] * 10, 60) == pytest.approx(1.0)


def test_the_clock_is_lagos_whatever_the_zone_of_the_beginning() -> None:
    other = TUESDAY.astimezone(tz=None) + timedelta()
    assert expected(msgspec.structs.replace(EVENING, begins=other), 1) == expected(EVENING, 1)
