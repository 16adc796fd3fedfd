"""What operators are told when something is wrong and when it is over: from an event's facts, in English as everything under /ops."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from nollycrewhub.kit.gsm import ALONE, cut, gsm_form
from nollycrewhub.kit.time import LAGOS

RAISED, CLEARED = "raised", "cleared"
OPERATORS, NOBODY_BY_MAIL = "operators", "none"
LONGEST_TITLE, LONGEST_WHAT, LONGEST_NAME = 120, 600, 200
MOST_CASES = 200
TRIAL = "trial:"
RUNBOOKS = "docs/runbooks"
INCIDENTS = {
    "investigate_issues": ("Too many requests fail, and more processes do not help", f"{RUNBOOKS}/error-burn.md"),
    "actuator_away": ("Nobody scales the fleet any more", f"{RUNBOOKS}/provider-down.md"),
}


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One case of trouble. `ref` names it for ever; `subject` is what it is about, so another case of that is a repeat."""

    ref: str
    subject: str
    title: str
    what: str
    runbook: str = ""

    @property
    def is_trial(self) -> bool:
        """Whether it is no trouble at all, and only tries the channels."""
        return self.ref.startswith(TRIAL)


def trial(trial_id: UUID) -> Alert:
    """A case that is none; each is of a subject of its own, so none waits for the end of a quiet period."""
    return Alert(
        ref=f"{TRIAL}{trial_id}", subject=f"{TRIAL}{trial_id}", title="A trial of the channels",
        what="Nothing is wrong. An operator wanted to see whether this arrives.", runbook="docs/mechanisms/alerting.md",
    )  # fmt: skip


def incident(incident_id: int, action: str, what: str) -> Alert:
    """Something that more processes do not mend."""
    title, runbook = INCIDENTS.get(action, (f"An incident is open: {action}", ""))
    return Alert(ref=f"incident:{incident_id}", subject=f"incident:{action}", title=title, what=whole(what), runbook=runbook)


def backlog(
    queue: str, since: datetime, *, waiting: int = 0, threshold: int = 0, oldest: float = 0.0, longest: float = 0.0
) -> Alert:  # fmt: skip
    """Jobs pile up, or one is not done, however often it is tried."""
    title = f"Too many jobs wait in {queue}"
    what = f"{waiting:,} jobs wait in {queue}, the oldest for {spoken_seconds(oldest)}; up to {threshold:,} are normal."
    if waiting <= threshold:
        title = f"A job is not done in {queue}"
        what = (
            f"A job of {queue} has been due for {spoken_seconds(oldest)}, with all its tries; up to {spoken_seconds(longest)} are normal."
        )
    return Alert(
        ref=f"queue:{queue}@{since.isoformat()}", subject=f"queue:{queue}", title=title, what=what, runbook=f"{RUNBOOKS}/backlog.md"
    )  # fmt: skip


def lagging(consumer: str, since: datetime, *, waiting: int = 0, oldest: float = 0.0) -> Alert:
    """Events do not arrive."""
    what = f"{waiting:,} events wait for {consumer}, the oldest for {spoken_seconds(oldest)}."
    return Alert(
        ref=f"consumer:{consumer}@{since.isoformat()}", subject=f"consumer:{consumer}", title=f"Events are late for {consumer}", what=what,
        runbook=f"{RUNBOOKS}/backlog.md",
    )  # fmt: skip


CODES_REST = {
    "codes": ("in all", "nobody joins or gets a new password by a number"),  # as a former program counts them
    "codes-joining": ("to join", "nobody joins by a number; who has joined signs in and gets a new password"),
    "codes-recovery": ("for new passwords", "nobody gets a new password by a number; the right password still signs in"),
    "codes-signing_in": ("to sign in", "nobody whose number was guessed at signs in by it on a new device"),
}


def spent_up(day: str, spent_kobo: int, cap_kobo: int, *, what: str = "messages") -> Alert:
    """The day's money for messages, or a part of that for codes, is used up; it is over by itself at midnight."""
    if what in CODES_REST:
        part, rests = CODES_REST[what]
        said = (
            f"₦{spent_kobo // 100:,} of ₦{cap_kobo // 100:,} for codes by SMS {part} are spent on {day}: until tomorrow {rests}. "
            "Look whether somebody floods numbers; SPEND_CODES_NAIRA raises the cap."
        )
        return Alert(
            ref=f"spend-{what}:{day}", subject=f"spend-{what}", title=f"What codes by SMS {part} may cost today is spent", what=said
        )
    said = f"₦{spent_kobo // 100:,} of ₦{cap_kobo // 100:,} are spent on {day}: no SMS and no paid WhatsApp message leaves until tomorrow."
    return Alert(ref=f"spend:{day}", subject="spend", title="What messages may cost today is spent", what=said)


def spoken_seconds(seconds: float) -> str:
    """Short, for a text message."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"


def whole(text: str, *, longest: int = LONGEST_WHAT) -> str:
    """On one line, and no longer than anybody reads."""
    return " ".join(text.split())[:longest]


def cases(report: Mapping[str, Any]) -> Iterator[tuple[bool, Alert]]:
    """The cases of Alertmanager's report (its webhook's version 4), and of each whether it is over; what cannot be read is left out."""
    found = report.get("alerts")
    for one in found[:MOST_CASES] if isinstance(found, list) else []:
        if not isinstance(one, dict) or one.get("status") not in ("firing", "resolved"):
            continue
        labels, notes = (part if isinstance(part, dict) else {} for part in (one.get("labels"), one.get("annotations")))
        name = whole(str(labels.get("alertname") or "unnamed"), longest=LONGEST_TITLE)
        print_of = whole(str(one.get("fingerprint") or name), longest=LONGEST_NAME)
        began = whole(str(one.get("startsAt") or ""), longest=LONGEST_NAME)
        yield one["status"] == "resolved", Alert(
            ref=f"alertmanager:{print_of}@{began}", subject=f"alertmanager:{print_of}", title=name,
            what=whole(str(notes.get("summary") or notes.get("description") or name)),
            runbook=whole(str(notes.get("runbook_url") or notes.get("runbook") or ""), longest=LONGEST_WHAT),
        )  # fmt: skip


def as_alert_mail(alert: Alert, stage: str, *, raised_at: datetime, cleared_at: datetime | None, site: str) -> tuple[str, str]:
    """Subject and text of a mail."""
    host = urlsplit(site).hostname or site
    subject = f"[{host}] Over: {alert.title}" if stage == CLEARED else f"[{host}] {alert.title}"
    lines = [
        alert.what, "", f"Since {clock(raised_at)}." if cleared_at is None else f"From {clock(raised_at)} to {clock(cleared_at)}. It is over.",
        *([f"What to do: {alert.runbook}"] if alert.runbook else []), f"Queues and servers: {site.rstrip('/')}/ops/queues", "",
        "Who is told of this, and how, stands in the settings ALERT_MAIL, ALERT_SMS and ALERT_WEBHOOK_URL.",
    ]  # fmt: skip
    return subject, "\n".join(lines) + "\n"


def as_alert_text(alert: Alert, stage: str) -> str:
    """One part of a text message, in the SMS alphabet."""
    return cut(gsm_form(f"NollyCrewHub: {'OVER: ' if stage == CLEARED else ''}{alert.title}. {alert.what}"), ALONE)


def as_alert_hook(alert: Alert, stage: str, *, raised_at: datetime, cleared_at: datetime | None, site: str) -> dict[str, str | None]:
    """The fields of a webhook's body."""
    return {
        "stage": stage, "ref": alert.ref, "subject": alert.subject, "title": alert.title, "what": alert.what, "runbook": alert.runbook,
        "raised_at": raised_at.isoformat(), "cleared_at": cleared_at.isoformat() if cleared_at else None, "site": site,
    }  # fmt: skip


def clock(at: datetime) -> str:
    """A moment in Lagos."""
    return f"{at.astimezone(LAGOS):%Y-%m-%d %H:%M} in Lagos"
