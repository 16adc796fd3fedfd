"""Where a listing and an application can go from where they are. Pure tables and questions about them."""

from datetime import date, datetime, timedelta
from typing import Literal

from nollycrewhub.kit.told import told

JOB_STATES = ("draft", "open", "held", "shelved", "closed")
JOB_MOVES: dict[tuple[str, str], str] = {
    ("draft", "post"): "open",
    ("draft", "hold"): "held",
    ("open", "hold"): "held",
    ("open", "close"): "closed",
    ("held", "hold"): "held",
    ("held", "post"): "open",
    ("held", "release"): "open",
    ("held", "refuse"): "shelved",
    ("held", "close"): "shelved",
    ("shelved", "post"): "open",
    ("shelved", "hold"): "held",
    ("closed", "reopen"): "open",
    ("closed", "hold"): "held",
    ("open", "shelve"): "shelved",
    ("held", "shelve"): "shelved",
    ("closed", "shelve"): "shelved",
}
APPLICATION_STATES = ("applied", "reviewed", "shortlisted", "offered", "hired", "declined", "withdrawn")
WAITING = ("applied", "reviewed", "shortlisted", "offered")
ANSWERED = ("hired", "declined", "withdrawn")
POSTER_MOVES: dict[str, tuple[str, ...]] = {
    "applied": ("reviewed", "shortlisted", "offered", "hired", "declined"),
    "reviewed": ("shortlisted", "offered", "hired", "declined"),
    "shortlisted": ("reviewed", "offered", "hired", "declined"),
    "offered": ("shortlisted", "hired", "declined"),
    "hired": ("declined",),
    "declined": ("reviewed",),
    "withdrawn": (),
}
MOVE_WORDS = {
    "reviewed": told("Mark as read"),
    "shortlisted": told("Shortlist"),
    "offered": told("Offer"),
    "hired": told("Hire"),
    "declined": told("Decline"),
}
TAKE_BACK = told("Take the answer back")
STATE_WORDS = {
    "draft": told("draft"), "open": told("open"), "held": told("held"), "shelved": told("shelved"), "closed": told("closed"),
    "applied": told("applied"), "reviewed": told("reviewed"), "shortlisted": told("shortlisted"), "offered": told("offered"),
    "hired": told("hired"), "declined": told("declined"), "withdrawn": told("withdrawn"),
}  # fmt: skip
CLOSES_AFTER = timedelta(days=30)
"""How long after its deadline a listing is its poster's to decide, in days of Lagos; then it closes, so that everybody gets an answer."""


def next_job_state(status: str, verb: str) -> str | None:
    """The state the verb leads to, or None where the listing cannot do that now."""
    return JOB_MOVES.get((status, verb))


def is_public(status: str) -> bool:
    """Whether everybody may read a listing in this state."""
    return status in ("open", "closed")


def status_on(status: str, deadline: date | None, today: date) -> str:
    """The state everybody sees on a day: past its deadline (the last day, in Lagos) an open listing is closed to applications at once."""
    return "closed" if has_ended(status, deadline, today) else status


def has_ended(status: str, deadline: date | None, today: date) -> bool:
    """Whether applications have ended by the deadline alone: stored as open, and its poster still decides about who applied."""
    return status == "open" and has_passed(deadline, today)


def closes_on(deadline: date) -> date:
    """The day on which the worker closes what its poster has not."""
    return deadline + CLOSES_AFTER


def after_deadline(deadline: date, today: date, *, waiting: int, is_told: bool) -> Literal["close", "tell"] | None:
    """What the worker does about a listing whose applications have ended: close it where nobody waits or the time is over, tell its poster once."""
    if today >= closes_on(deadline) or (waiting == 0 and not is_told):
        return "close"
    return None if is_told else "tell"


def has_passed(deadline: date | None, today: date) -> bool:
    """Whether the last day to apply is over."""
    return deadline is not None and deadline < today


def takes_applications(status: str, deadline: date | None, today: date) -> bool:
    """Open, and its deadline (the last day, in Lagos) not past."""
    return status_on(status, deadline, today) == "open"


def posters_moves(status: str, job_status: str) -> tuple[str, ...]:
    """Where the poster may move an application now. A decline is taken back only while the listing is open."""
    if status == "declined" and job_status != "open":
        return ()
    return POSTER_MOVES.get(status, ())


def spoken_moves(status: str, job_status: str) -> list[tuple[str, str]]:
    """The same for buttons: where to, and in words. Who was hired is not declined by the only button of a closed listing."""
    if status == "hired" and job_status == "closed":
        return []
    return [(after, TAKE_BACK if status == "declined" else MOVE_WORDS[after]) for after in posters_moves(status, job_status)]


def can_apply_again(status: str, moved_at: datetime, reopened_at: datetime | None) -> bool:
    """Whether one's earlier application leaves room for another: withdrawn, or declined before the listing was reopened."""
    return status == "withdrawn" or (status == "declined" and reopened_at is not None and moved_at < reopened_at)


def can_withdraw(status: str) -> bool:
    """Whether the applicant may still take it back: until there is an answer."""
    return status in WAITING
