"""What of an event is counted, and which days may be asked for."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from nollycrewhub.contracts import events
from nollycrewhub.domains.analytics.rules import AT_ONCE, SETTLED, SLOTS, USUALLY_BEHIND, Counted, counted, next_stretch, period, told_up_to

AT = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
SOMEBODY = UUID("019f3fba-2e50-7d8f-b0e1-aef1cd613e30")
TODAY = date(2026, 11, 25)


def test_each_kind_of_event_goes_where_it_belongs() -> None:
    job = {"aggregate_id": "job:7", "version": 1, "event_id": SOMEBODY, "at": AT, "job_id": 7, "region": "europe"}
    application = {
        **job,
        "application_id": SOMEBODY,
        "job_title": "Gaffer",
        "applicant_id": SOMEBODY,
        "job_kind": "crew",
        "job_state": "EN",
    }
    person = {"aggregate_id": str(SOMEBODY), "version": 1, "event_id": SOMEBODY, "at": AT, "person_id": SOMEBODY}
    slot = SOMEBODY.int % SLOTS
    closed = events.JobClosed(**job, title="Gaffer", poster_id=SOMEBODY, kind="crew", state="EN")
    moved = events.ApplicationMoved(**application, before="offered", after="hired")
    received = events.ApplicationReceived(**application, poster_id=SOMEBODY, applicant_name="Ada")
    withdrawn = events.ApplicationWithdrawn(**application, poster_id=SOMEBODY)
    registered = events.PersonRegistered(**person, region="europe")
    changed = events.ProfileUpdated(**person, handle="ada", listed=True, state="LA", region="africa")
    place = {"day": TODAY, "kind": "crew", "state": "EN", "region": "europe", "slot": slot}
    assert counted(closed) == Counted(fact="job.closed", **place)
    assert counted(moved) == Counted(fact="application.hired", **place)
    assert counted(received) == Counted(fact="application.received", **place)
    assert counted(withdrawn) == Counted(fact="application.withdrawn", **place)
    assert counted(registered) == Counted(day=TODAY, fact="person.registered", region="europe", slot=slot)
    assert counted(changed) == Counted(day=TODAY, fact="profile.updated", state="LA", region="africa", slot=slot)


def test_an_event_stored_before_it_had_a_place_is_counted_without_one() -> None:
    old = events.JobUpdated(aggregate_id="job:7", version=1, at=AT, job_id=7, title="Gaffer", poster_id=SOMEBODY)
    assert (counted(old).kind, counted(old).state, counted(old).region) == ("", "", "")


def test_a_period_is_thirty_days_unless_told_and_ninety_two_at_most() -> None:
    assert period(None, None, today=TODAY) == (date(2026, 10, 27), TODAY)
    assert period(date(2026, 8, 26), None, today=TODAY) == (date(2026, 8, 26), TODAY)
    assert period(date(2026, 8, 25), None, today=TODAY) is None
    assert period(None, date(2026, 1, 30), today=TODAY) == (date(2026, 1, 1), date(2026, 1, 30))
    assert period(TODAY, date(2026, 11, 24), today=TODAY) is None


def test_messages_are_counted_a_stretch_at_a_time_and_never_twice() -> None:
    settled = AT - SETTLED
    assert next_stretch(None, now=AT) == (settled, settled), "nothing from before anybody counts"
    ahead = AT + timedelta(seconds=5)
    assert next_stretch(ahead, now=AT) == (ahead, ahead), "a clock that ran ahead counts nothing"
    minute = timedelta(minutes=1)
    assert next_stretch(settled - minute, now=AT) == (settled - minute, settled)
    long_ago = AT - timedelta(days=3)
    assert next_stretch(long_ago, now=AT) == (long_ago, long_ago + AT_ONCE)


def test_counts_are_not_told_as_truer_than_the_messages_in_them() -> None:
    assert told_up_to(AT, None) == told_up_to(AT, AT - USUALLY_BEHIND) == told_up_to(AT, AT + USUALLY_BEHIND) == AT
    behind = AT - USUALLY_BEHIND - timedelta(seconds=1)
    assert told_up_to(AT, behind) == behind
