"""Nollywood's calendar: right for every day, across New Year, on 29 February, wherever the server stands."""

import calendar
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

import pytest

from nollycrewhub.kit.time import LAGOS
from nollycrewhub.scaling.rules.calendar import BUILT_IN, TENFOLD, Span, Yearly, busy_at, coming

HOLIDAYS = Yearly(name="Detty December", first=(12, 15), last=(1, 10), factor=3.0)
NEW_YEAR = Yearly(name="New Year", first=(1, 1), last=(1, 2), factor=5.0)
LEAP = Yearly(name="Leap", first=(2, 29), last=(2, 29))


def at(text: str) -> datetime:
    """A moment."""
    return datetime.fromisoformat(text)


@pytest.fixture(params=["UTC", "America/New_York"])
def server_zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server that stands there."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


def of_plan(day: date) -> str | None:
    """The plan's months."""
    return {5: "AMVCA", 10: "AFRIFF", 12: "Award season"}.get(day.month)


def over_new_year(day: date) -> str | None:
    """From the middle of December into January."""
    return HOLIDAYS.name if (day.month, day.day) >= (12, 15) or (day.month, day.day) <= (1, 10) else None


def leap_day(day: date) -> str | None:
    """The last day of February."""
    return LEAP.name if (day.month, day.day) == (2, 29 if calendar.isleap(day.year) else 28) else None


def of_new_year(day: date) -> str | None:
    """What is got ready for in the year before."""
    return NEW_YEAR.name if day.month == 1 and day.day <= 2 else None


@pytest.mark.parametrize(
    ("table", "wanted"),
    [(BUILT_IN, of_plan), ([HOLIDAYS], over_new_year), ([LEAP], leap_day), ([NEW_YEAR], of_new_year)],
    ids=lambda one: "",
)
def test_every_day_of_twelve_years_is_right_wherever_the_server_stands(
    server_zone: str, table: Sequence[Yearly], wanted: Callable[[date], str | None]
) -> None:
    """At the first and last second of each day in Lagos, and around the moment at which the next day's event is got ready for."""
    assert time.tzname[0] in server_zone or time.tzname == ("EST", "EDT")
    factors, day = {None: 1.0} | {event.name: event.factor for event in table}, date(2024, 1, 1)
    while day < date(2036, 1, 1):
        on, tomorrow = wanted(day), wanted(day + timedelta(days=1))
        for hour, minute, second in ((0, 0, 0), (23, 29, 59), (23, 30, 0), (23, 59, 59)):
            local = datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=LAGOS)
            busy = busy_at(local.astimezone(), table)  # the same moment by the server's own clock
            is_near = (hour, minute) >= (23, 30) and tomorrow != on
            assert (busy.event.name if busy.event else None, busy.factor) == (on, factors[on]), local
            assert (busy.next.name if busy.next else None) == (tomorrow if is_near else None), local
        day += timedelta(days=1)


@pytest.mark.parametrize(
    ("moment", "event"),
    [
        ("2026-12-31T22:59:59Z", "Award season"),
        ("2026-12-31T23:00:00Z", None),
        ("2026-12-31T23:30:00Z", None),
        ("2026-11-30T22:59:59Z", None),
        ("2026-11-30T23:00:00Z", "Award season"),
        ("2028-02-29T12:00:00Z", None),
    ],
)
def test_days_begin_and_end_at_midnight_in_lagos(moment: str, event: str | None) -> None:
    busy = busy_at(at(moment))
    assert (busy.event.name if busy.event else None) == event


def test_a_century_has_no_29th_of_february() -> None:
    assert busy_at(datetime(2100, 2, 28, 12, tzinfo=LAGOS), [LEAP]).event is not None
    assert busy_at(datetime(2100, 2, 27, 12, tzinfo=LAGOS), [LEAP]).event is None


def test_of_several_the_greatest_counts_and_being_ready_is_told_apart() -> None:
    night = Span(name="Premiere", first=date(2026, 12, 12), last=date(2026, 12, 12), factor=TENFOLD, prewarm=timedelta(hours=2))
    table = [night, Yearly(name="Award season", first=(12, 1), last=(12, 31))]
    before = busy_at(at("2026-12-11T21:30:00Z"), table)
    assert (before.factor, before.event.name if before.event else "", before.ready_for) == (2.0, "Award season", TENFOLD)
    assert before.next == night
    during = busy_at(at("2026-12-12T10:00:00Z"), table)
    assert (during.factor, during.event, during.next) == (TENFOLD, night, None)
    assert busy_at(at("2026-12-11T20:59:59Z"), table).next is None


def ask(*words: str, zone: str = "UTC") -> subprocess.CompletedProcess[str]:
    """The command, on a server that stands in a zone."""
    command = [sys.executable, "-m", "nollycrewhub.cli.main", "scale", "calendar", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": os.environ["PATH"], "TZ": zone})


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Pacific/Kiritimati"])
def test_the_command_says_the_same_wherever_the_server_stands_and_without_a_database(zone: str) -> None:
    answer = json.loads(ask("--at", "2026-12-31T23:30:00Z", "--json", zone=zone).stdout)
    assert answer == {
        "at": "2026-12-31T23:30:00Z", "lagos": "2027-01-01T00:30:00+01:00", "factor": 1.0, "event": None, "prewarm": None,
        "source": "built-in", "why": "No event is under way.",
    }  # fmt: skip
    said = ask("--at", "2026-12-31T22:59:00Z", zone=zone).stdout
    assert "2026-12-31 23:59 in Lagos: factor 2. Award season is under way, from 2026-12-01 to 2026-12-31." in said
    assert "built-in table" in said
    near = json.loads(ask("--at", "2026-11-30T22:45:00+00:00", "--json", zone=zone).stdout)
    assert (near["factor"], near["prewarm"]) == (1.0, {"event": "Award season", "factor": 2.0, "begins": "2026-11-30T23:00:00Z"})


@pytest.mark.parametrize("moment", ["tomorrow", "2026-12-31", "2026-12-31T23:30:00", "2026-13-01T00:00:00Z", "", "x" * 10_000])
def test_what_is_no_moment_is_refused_in_a_sentence(moment: str) -> None:
    answer = ask(f"--at={moment}")
    assert answer.returncode == 2
    assert "is not a moment with a zone" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert len(answer.stderr) < 300


@pytest.mark.parametrize(
    "moment", ["0002-01-01T00:00:00+02:00", "0001-01-01T00:00:00+01:00", "9998-12-31T23:30:00-05:00", "9999-12-31T23:30:00-05:00"]
)
def test_a_year_without_neighbours_is_refused_in_a_sentence(moment: str) -> None:
    answer = ask(f"--at={moment}")
    assert (answer.returncode, answer.stderr) == (2, f"--at {moment!r} is not in the years 1970 to 9000.\n")


def test_now_is_the_usual_question() -> None:
    assert datetime.now(UTC).astimezone(LAGOS).strftime("%Y-%m-%d") in ask().stdout


def test_the_next_event_is_the_first_to_begin_also_over_new_year() -> None:
    table = (
        HOLIDAYS,
        Yearly(name="AMVCA", first=(5, 1), last=(5, 31)),
        Span(name="Premiere", first=date(2026, 12, 20), last=date(2026, 12, 20)),
    )
    for moment, name, begins in (
        ("2026-12-14T22:59:59Z", "Detty December", "2026-12-14T23:00:00+00:00"),
        ("2026-12-14T23:00:00Z", "Premiere", "2026-12-19T23:00:00+00:00"),
        ("2026-12-31T23:30:00Z", "AMVCA", "2027-04-30T23:00:00+00:00"),
    ):
        found = coming(at(moment), table)
        assert found is not None
        assert (found.name, found.begins.astimezone(UTC).isoformat()) == (name, begins)
    assert coming(at("2026-12-20T00:00:00Z"), table[2:]) is None
