"""What a listing pays made comparable, and where a listing and an application can go."""

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nollycrewhub.domains.jobs.rules import states
from nollycrewhub.domains.jobs.rules.pay import UNITS, buckets_between, daily_kobo, pay_bucket, project_days

KOBO = st.integers(0, 10**13)


@pytest.mark.parametrize(
    ("unit", "kobo"), [("hour", 800), ("day", 100), ("week", 100 // 6), ("month", 100 // 26), ("project", 100 // 10), ("scene", 100)]
)
def test_a_day_of_each_unit(unit: str, kobo: int) -> None:
    assert daily_kobo(100, unit, terms="paid") == kobo


@pytest.mark.parametrize("terms", ["unpaid", "deferred"])
def test_what_is_not_paid_now_counts_as_nothing(terms: str) -> None:
    assert daily_kobo(15_000_000, "day", terms=terms) == 0


def test_a_listing_without_an_amount_counts_as_nothing() -> None:
    assert daily_kobo(None, "day", terms="paid") == 0


def test_a_fee_for_the_project_is_spread_over_its_days() -> None:
    first = date(2026, 11, 1)
    assert daily_kobo(600, "project", terms="paid", starts_on=first, ends_on=date(2026, 11, 6)) == 100
    assert project_days(first, first) == 1
    assert project_days(first, date(2026, 10, 1)) == 1
    assert project_days(None, first) == project_days(first, None) == 10


@given(KOBO, KOBO, st.sampled_from(UNITS))
def test_more_pay_is_never_less_a_day(one: int, other: int, unit: str) -> None:
    less, more = sorted((one, other))
    assert daily_kobo(less, unit, terms="paid") <= daily_kobo(more, unit, terms="paid")


@given(KOBO, KOBO, KOBO)
def test_the_steps_of_a_range_hold_every_pay_in_it(least: int, most: int, pay: int) -> None:
    if least <= pay <= most:
        assert pay_bucket(pay) in buckets_between(least, most)
    assert pay_bucket(pay) in buckets_between(None, None)


def test_an_open_range_reaches_to_the_ends() -> None:
    assert buckets_between(None, 0) == range(1)
    assert buckets_between(8, None) == range(4, 64)


def test_job_moves_are_these_and_no_others() -> None:
    verbs = ("post", "hold", "close", "release", "refuse", "reopen", "shelve")
    allowed = {pair for pair in itertools.product(states.JOB_STATES, verbs) if states.next_job_state(*pair) is not None}
    assert allowed == set(states.JOB_MOVES)
    assert set(states.JOB_MOVES.values()) <= set(states.JOB_STATES)
    assert states.next_job_state("closed", "post") is None
    assert states.next_job_state("draft", "close") is None
    assert states.next_job_state("held", "close") == states.next_job_state("held", "refuse") == "shelved"
    assert states.next_job_state("shelved", "reopen") is None


def test_only_open_and_closed_are_public() -> None:
    assert [state for state in states.JOB_STATES if states.is_public(state)] == ["open", "closed"]


def test_applications_are_taken_until_the_last_day_is_over() -> None:
    today = date(2026, 11, 24)
    assert states.takes_applications("open", None, today)
    assert states.takes_applications("open", today, today)
    assert not states.takes_applications("open", today - timedelta(days=1), today)
    assert not states.takes_applications("held", None, today)
    assert not states.takes_applications("closed", None, today)


@pytest.mark.parametrize(
    ("days", "waiting", "told", "step"),
    [
        (1, 0, False, "close"), (1, 3, False, "tell"), (1, 3, True, None), (1, 0, True, None), (29, 3, False, "tell"), (29, 3, True, None),
        (30, 3, True, "close"), (30, 3, False, "close"), (30, 0, True, "close"), (400, 3, True, "close"),
    ],
)  # fmt: skip
def test_after_the_deadline_the_poster_is_told_once_and_has_thirty_days(days: int, waiting: int, told: bool, step: str | None) -> None:
    deadline = date(2026, 11, 24)
    assert states.closes_on(deadline) == date(2026, 12, 24)
    assert states.after_deadline(deadline, deadline + timedelta(days=days), waiting=waiting, is_told=told) == step


def test_applications_have_ended_where_the_deadline_alone_has_closed_an_open_listing() -> None:
    today = date(2026, 11, 24)
    for status in states.JOB_STATES:
        assert states.has_ended(status, today - timedelta(days=1), today) == (status == "open")
        assert not states.has_ended(status, today, today) and not states.has_ended(status, None, today)
        assert states.status_on(status, today - timedelta(days=1), today) == ("closed" if status == "open" else status)


def test_the_poster_moves_nobody_who_has_withdrawn_and_nobody_to_where_they_are() -> None:
    for before, after in itertools.product(states.APPLICATION_STATES, states.APPLICATION_STATES):
        can_move = after in states.posters_moves(before, "open")
        assert can_move == (after in states.POSTER_MOVES[before])
        if before in (after, "withdrawn") or after in ("applied", "withdrawn"):
            assert not can_move
    assert states.posters_moves("unheard of", "open") == ()


def test_one_may_apply_again_after_a_withdrawal_or_when_the_listing_was_reopened_since() -> None:
    declined = datetime(2026, 11, 24, tzinfo=UTC)
    later = declined + timedelta(hours=1)
    assert states.can_apply_again("withdrawn", declined, None)
    assert states.can_apply_again("declined", declined, later)
    assert not states.can_apply_again("declined", later, declined)
    assert not states.can_apply_again("declined", declined, None)
    assert not states.can_apply_again("hired", declined, later)


def test_nobody_who_was_hired_is_moved_but_to_declined() -> None:
    assert states.POSTER_MOVES["hired"] == ("declined",)


@pytest.mark.parametrize("listing", states.JOB_STATES)
def test_a_decline_is_taken_back_only_while_the_listing_is_open(listing: str) -> None:
    assert states.posters_moves("declined", listing) == (("reviewed",) if listing == "open" else ())
    assert states.posters_moves("applied", listing) == states.POSTER_MOVES["applied"]


def test_every_move_has_a_button_but_the_one_out_of_a_closed_listing() -> None:
    for status, listing in itertools.product(states.APPLICATION_STATES, states.JOB_STATES):
        buttons = states.spoken_moves(status, listing)
        expected = () if (status, listing) == ("hired", "closed") else states.posters_moves(status, listing)
        assert tuple(to for to, _ in buttons) == expected
        assert all(words for _, words in buttons)
    assert states.spoken_moves("declined", "open") == [("reviewed", states.TAKE_BACK)]
    assert ("reviewed", "Mark as read") in states.spoken_moves("applied", "open")


def test_an_application_is_taken_back_until_there_is_an_answer() -> None:
    assert [state for state in states.APPLICATION_STATES if states.can_withdraw(state)] == list(states.WAITING)
    assert set(states.WAITING) | set(states.ANSWERED) == set(states.APPLICATION_STATES)
