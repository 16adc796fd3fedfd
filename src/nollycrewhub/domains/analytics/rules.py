"""What of an event is counted: its fact, its day in Lagos, and where it belongs. Pure, and blind to persons."""

from datetime import date, datetime, timedelta

import msgspec

from nollycrewhub.contracts import events
from nollycrewhub.kit.events import Event
from nollycrewhub.kit.time import LAGOS

SLOTS = 8
USUAL_DAYS = 30
MOST_DAYS = 92
MESSAGES = events.MessageReceived.name
SETTLED = timedelta(minutes=1)  # an event is stored a moment after it is made; what is younger is counted by the next minute
USUALLY_BEHIND = timedelta(minutes=3)  # messages are, where a worker counts them each minute
AT_ONCE = timedelta(hours=1)  # of events, where nobody counted for long
FACTS = {
    "job.created": "Jobs posted",
    "job.updated": "Jobs changed",
    "job.ended": "Jobs past their last day",
    "job.closed": "Jobs closed",
    "job.reopened": "Jobs reopened",
    "job.held": "Jobs held",
    "job.released": "Jobs released",
    "search.matched": "Search alerts, up to 100 people each",
    "application.received": "Applications",
    "application.hired": "Hired",
    "application.withdrawn": "Withdrawn",
    "conversation.opened": "Conversations begun",
    MESSAGES: "Messages that somebody was told of, to a minute ago",
    "project.started": "Projects begun",
    "project.invited": "Invitations into projects",
    "script.uploaded": "Scripts sent",
    "person.registered": "People registered",
    "profile.updated": "Profiles changed",
    "person.banned": "Accounts closed",
    "person.erased": "Accounts deleted",
}
STANDING = {"people": "People", "people_listed": "People in the directory", "jobs_open": "Open jobs", "projects": "Projects"}


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """One more of a fact."""

    day: date
    fact: str
    kind: str = ""
    state: str = ""
    region: str = ""
    slot: int = 0


def counted(event: Event) -> Counted:
    """The row an event adds one to. A move of an application is counted under where it led."""
    fact, kind, state = event.name, getattr(event, "kind", ""), getattr(event, "state", "")
    if isinstance(event, events.ApplicationMoved):
        fact = f"application.{event.after}"
    if isinstance(event, events.ApplicationReceived | events.ApplicationMoved | events.ApplicationWithdrawn):
        kind, state = event.job_kind, event.job_state
    return Counted(
        day=event.at.astimezone(LAGOS).date(), fact=fact, kind=kind, state=state, region=getattr(event, "region", ""),
        slot=event.event_id.int % SLOTS,
    )  # fmt: skip


def period(first: date | None, last: date | None, *, today: date) -> tuple[date, date] | None:
    """The days asked for, both included: the last thirty unless told; None when they make no sense."""
    until = last or today
    since = first or until - timedelta(days=USUAL_DAYS - 1)
    if since > until or (until - since).days >= MOST_DAYS:
        return None
    return since, until


def next_stretch(counted_until: datetime | None, *, now: datetime) -> tuple[datetime, datetime]:
    """After when, and up to when, messages are counted next; nothing from before somebody counts for the first time."""
    settled = now - SETTLED
    if counted_until is None or counted_until >= settled:
        return counted_until or settled, counted_until or settled
    return counted_until, min(settled, counted_until + AT_ONCE)


def told_up_to(felt_until: datetime, counted_until: datetime | None) -> datetime:
    """Up to when all is counted, for whoever reads it: not past the messages where nobody has counted those for long."""
    if counted_until is None or counted_until >= felt_until - USUALLY_BEHIND:
        return felt_until
    return counted_until
