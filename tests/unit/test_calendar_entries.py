"""What an operator may write into the calendar, and what it means: New Year, 29 February, ten times, and a change in words."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nollycrewhub.kit.time import LAGOS
from nollycrewhub.scaling.rules.calendar import TENFOLD, Span, Yearly, busy_at
from nollycrewhub.scaling.rules.entries import MOST_PREWARM, Entry, differences, faults, in_order, next_time

DETTY = Entry(name="Detty December", first=date(2026, 12, 15), last=date(2027, 1, 10), yearly=True, factor=3.0)
LEAP = Entry(name="Leap", first=date(2028, 2, 29), last=date(2028, 2, 29), yearly=True)
NIGHT = Entry(name="Premiere", first=date(2026, 12, 31), last=date(2027, 1, 1), factor=4.0, tenfold=True, prewarm_minutes=120)


def test_an_entry_is_an_event_of_certain_days_or_of_every_year() -> None:
    assert DETTY.event() == Yearly(name="Detty December", first=(12, 15), last=(1, 10), factor=3.0, prewarm=timedelta(minutes=30))
    assert NIGHT.event() == Span(
        name="Premiere", first=date(2026, 12, 31), last=date(2027, 1, 1), factor=TENFOLD, prewarm=timedelta(hours=2)
    )  # fmt: skip


@given(day=st.dates(date(2024, 1, 1), date(2035, 12, 31)))
def test_a_yearly_entry_over_new_year_is_on_at_both_ends_and_nowhere_else(day: date) -> None:
    is_on = (day.month, day.day) >= (12, 15) or (day.month, day.day) <= (1, 10)
    for hour in (0, 23):
        assert busy_at(datetime(day.year, day.month, day.day, hour, 59, 59, tzinfo=LAGOS), [DETTY.event()]).factor == (
            3.0 if is_on else 1.0
        )


@pytest.mark.parametrize(("year", "day"), [(2027, 28), (2028, 29), (2032, 29), (2035, 28)])
def test_a_yearly_29_february_is_the_last_of_february(year: int, day: int) -> None:
    assert busy_at(datetime(year, 2, day, 12, tzinfo=LAGOS), [LEAP.event()]).event is not None
    assert busy_at(datetime(year, 2, day - 1, 12, tzinfo=LAGOS), [LEAP.event()]).event is None
    assert busy_at(datetime(year, 3, 1, 0, tzinfo=LAGOS), [LEAP.event()]).event is None


@pytest.mark.parametrize(
    ("moment", "factor", "ready_for"),
    [
        ("2026-12-30T20:59:59Z", 1.0, 1.0), ("2026-12-30T21:00:00Z", 1.0, 10.0), ("2026-12-30T22:59:59Z", 1.0, 10.0),
        ("2026-12-30T23:00:00Z", 10.0, 10.0), ("2026-12-31T23:30:00Z", 10.0, 10.0), ("2027-01-01T22:59:59Z", 10.0, 10.0),
        ("2027-01-01T23:00:00Z", 1.0, 1.0),
    ],
)  # fmt: skip
def test_a_marked_event_is_ten_times_and_there_is_room_before_it(moment: str, factor: float, ready_for: float) -> None:
    busy = busy_at(datetime.fromisoformat(moment), [NIGHT.event()])
    assert (busy.factor, busy.ready_for) == (factor, ready_for)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "  "}, "name"), ({"name": "x" * 81}, "name"), ({"last": date(2026, 12, 14)}, "last"),
        ({"last": date(2027, 12, 15)}, "last"), ({"first": date(2019, 12, 31), "last": date(2020, 1, 1)}, "first"),
        ({"first": date(2099, 12, 31), "last": date(2100, 1, 1)}, "last"), ({"factor": 0.5}, "factor"), ({"factor": 101.0}, "factor"),
        ({"factor": float("nan")}, "factor"), ({"factor": float("inf")}, "factor"), ({"prewarm_minutes": -1}, "prewarm_minutes"),
        ({"prewarm_minutes": MOST_PREWARM + 1}, "prewarm_minutes"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_beside_its_field(changes: dict[str, object], field: str) -> None:
    given_entry = {"name": "Detty December", "first": date(2026, 12, 15), "last": date(2027, 1, 10), **changes}
    found = faults(Entry(**given_entry))  # type: ignore[arg-type]
    assert list(found) == [field]
    assert found[field].endswith(".")


def test_a_whole_year_is_the_longest_and_every_day_of_it_is_in_it() -> None:
    year = Entry(name="Always", first=date(2026, 3, 1), last=date(2027, 2, 28), yearly=True)
    assert faults(year) == {}
    day = datetime(2024, 1, 1, 12, tzinfo=LAGOS)
    missing = [day + timedelta(days=n) for n in range(365 * 12) if busy_at(day + timedelta(days=n), [year.event()]).event is None]
    assert [(one.month, one.day) for one in missing] == [(2, 29)] * 3, "a year from 1 March to 28 February leaves the leap day out"


def test_when_it_is_next() -> None:
    at = datetime(2027, 1, 5, tzinfo=UTC)
    assert [(one.first, one.last) for one in [next_time(DETTY, at)] if one] == [(date(2026, 12, 15), date(2027, 1, 10))]
    assert [one.first for one in [next_time(DETTY, datetime(2027, 1, 11, tzinfo=UTC))] if one] == [date(2027, 12, 15)]
    assert next_time(NIGHT, at) is None
    assert in_order({1: NIGHT, 2: LEAP, 3: DETTY}, at) == [3, 2, 1]


def test_a_change_is_told_in_words() -> None:
    changed = Entry(name="Detty December", first=DETTY.first, last=date(2027, 1, 12), yearly=True, factor=3.0, tenfold=True)
    assert differences(DETTY, changed) == [
        "days: 15 Dec to 10 Jan of every year → 15 Dec to 12 Jan of every year",
        "factor: 3 → 10 (marked tenfold)",
    ]
    assert differences(None, NIGHT) == differences(NIGHT, None) == [
        "name: Premiere", "days: 31 Dec 2026 to 01 Jan 2027", "factor: 10 (marked tenfold)", "ready before: 120 min",
    ]  # fmt: skip
    assert differences(NIGHT, NIGHT) == []
