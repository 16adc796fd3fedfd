"""What operators are told: each kind of trouble in words, bounded, and what an Alertmanager's report holds."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from nollycrewhub.contracts.users import CODE_QUARTERS
from nollycrewhub.domains.notifications.rules import alerts

SINCE = datetime(2026, 12, 31, 22, 30, tzinfo=UTC)
OVER = datetime(2026, 12, 31, 23, 45, tzinfo=UTC)


@pytest.mark.parametrize(
    ("action", "title", "runbook"),
    [("investigate_issues", "Too many requests fail, and more processes do not help", "docs/runbooks/error-burn.md"),
     ("something_new", "An incident is open: something_new", "")],
)  # fmt: skip
def test_an_incident_has_its_title_and_its_runbook(action: str, title: str, runbook: str) -> None:
    found = alerts.incident(7, action, "5 %\n of  answers")
    assert (found.ref, found.subject, found.title, found.what, found.runbook) == (
        "incident:7", f"incident:{action}", title, "5 % of answers", runbook,
    )  # fmt: skip


def test_a_pile_late_events_and_spent_money_say_how_much() -> None:
    pile, late, spent = alerts.backlog("mail", SINCE, waiting=1200, threshold=1000, oldest=90.0), alerts.lagging("x", SINCE), alerts.spent_up(
        "2026-12-31", 500_050, 500_000
    )  # fmt: skip
    assert pile.what == "1,200 jobs wait in mail, the oldest for 90 s; up to 1,000 are normal."
    old = alerts.backlog("mail", SINCE, waiting=1, threshold=1000, oldest=4200.0, longest=3600.0)
    assert old.title == "A job is not done in mail"
    assert old.what == "A job of mail has been due for 70 min, with all its tries; up to 60 min are normal."
    assert pile.ref == "queue:mail@2026-12-31T22:30:00+00:00" and pile.subject == "queue:mail"
    assert (late.subject, late.what) == ("consumer:x", "0 events wait for x, the oldest for 0 s.")
    assert (spent.ref, spent.what.split(" are ")[0]) == ("spend:2026-12-31", "₦5,000 of ₦5,000")
    for what in ("codes", *(f"codes-{part}" for part in CODE_QUARTERS)):
        codes = alerts.spent_up("2026-12-31", 1_000_000, 1_000_000, what=what)
        assert (codes.ref, codes.subject) == (
            f"spend-{what}:2026-12-31",
            f"spend-{what}",
        ) and "₦10,000 of ₦10,000 for codes by SMS" in codes.what


def test_a_trial_says_that_nothing_is_wrong_and_is_no_repeat_of_another() -> None:
    one, other = alerts.trial(UUID(int=1)), alerts.trial(UUID(int=2))
    assert one.is_trial and "Nothing is wrong" in one.what and one.subject != other.subject
    assert not alerts.lagging("x", SINCE).is_trial


@pytest.mark.parametrize(("seconds", "words"), [(119.4, "119 s"), (120.0, "2 min"), (7199.0, "120 min"), (7200.0, "2 h")])
def test_seconds_are_spoken_shortly(seconds: float, words: str) -> None:
    assert alerts.spoken_seconds(seconds) == words


@pytest.mark.parametrize("report", [{}, {"alerts": "many"}, {"alerts": ["one", {"status": "perhaps"}]}])
def test_what_cannot_be_read_of_a_report_is_left_out(report: dict[str, object]) -> None:
    assert list(alerts.cases(report)) == []


def test_a_report_of_an_alertmanager_is_read_in_full_or_by_its_name() -> None:
    whole = {
        "status": "firing", "labels": {"alertname": "ErrorBurn"}, "annotations": {"summary": "5 % fail", "runbook_url": "docs/x.md"},
        "fingerprint": "abc", "startsAt": "2026-12-31T22:30:00Z",
    }  # fmt: skip
    (is_over, first), (ended, second) = alerts.cases({"alerts": [whole, {"status": "resolved", "labels": None}]})
    assert (is_over, first.ref, first.title, first.what, first.runbook) == (
        False, "alertmanager:abc@2026-12-31T22:30:00Z", "ErrorBurn", "5 % fail", "docs/x.md",
    )  # fmt: skip
    assert (ended, second.ref, second.title, second.what, second.runbook) == (True, "alertmanager:unnamed@", "unnamed", "unnamed", "")


def test_a_mail_says_since_when_or_that_it_is_over() -> None:
    alert, site = alerts.backlog("mail", SINCE, waiting=1200, threshold=1000), "https://hub.example/"
    subject, text = alerts.as_alert_mail(alert, alerts.RAISED, raised_at=SINCE, cleared_at=None, site=site)
    assert subject == "[hub.example] Too many jobs wait in mail"
    assert "Since 2026-12-31 23:30 in Lagos." in text and "What to do: docs/runbooks/backlog.md" in text
    bare = alerts.incident(1, "something_new", "x")
    subject, text = alerts.as_alert_mail(bare, alerts.CLEARED, raised_at=SINCE, cleared_at=OVER, site="nowhere")
    assert subject == "[nowhere] Over: An incident is open: something_new"
    assert "From 2026-12-31 23:30 in Lagos to 2027-01-01 00:45 in Lagos. It is over." in text and "What to do" not in text


def test_a_text_is_one_part_and_a_webhook_has_every_field() -> None:
    alert = alerts.incident(1, "actuator_away", "word " * 400)
    for stage, begins in ((alerts.RAISED, "NollyCrewHub: Nobody"), (alerts.CLEARED, "NollyCrewHub: OVER: Nobody")):
        text = alerts.as_alert_text(alert, stage)
        assert text.startswith(begins) and len(text) <= 160
    assert len(alert.what) <= alerts.LONGEST_WHAT
    body = alerts.as_alert_hook(alert, alerts.RAISED, raised_at=SINCE, cleared_at=None, site="https://hub.example")
    assert (body["ref"], body["cleared_at"], body["raised_at"]) == ("incident:1", None, "2026-12-31T22:30:00+00:00")
    assert alerts.as_alert_hook(alert, alerts.CLEARED, raised_at=SINCE, cleared_at=OVER, site="x")["cleared_at"] == OVER.isoformat()
