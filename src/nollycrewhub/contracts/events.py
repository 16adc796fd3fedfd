"""Every event of the system as a struct. Field names are part of the stored history: add, never rename.

`region` is filled in by `emit`: where the request came from that caused it, the same as its answer's X-Region; empty where
none did, and in events stored before they had one.
"""

from datetime import date
from typing import ClassVar
from uuid import UUID

import msgspec

from nollycrewhub.kit.events import FIRST, Event


class JobEvent(Event, frozen=True, kw_only=True):
    """What all events about one listing carry."""

    job_id: int
    title: str
    poster_id: UUID
    reason: str = ""
    kind: str = ""
    category: str = ""
    state: str = ""
    region: str = ""


class JobCreated(JobEvent, frozen=True, kw_only=True):
    """A listing went public."""

    name: ClassVar[str] = "job.created"
    company: str


class JobUpdated(JobEvent, frozen=True, kw_only=True):
    """A public listing was edited."""

    name: ClassVar[str] = "job.updated"


class JobEnded(JobEvent, frozen=True, kw_only=True):
    """The last day to apply is over, and people wait for the poster's answer; on `closes_on` the listing closes by itself."""

    name: ClassVar[str] = "job.ended"
    waiting: int
    closes_on: date


class JobClosed(JobEvent, frozen=True, kw_only=True):
    """A listing takes no more applications."""

    name: ClassVar[str] = "job.closed"


class JobReopened(JobEvent, frozen=True, kw_only=True):
    """A closed listing takes applications again."""

    name: ClassVar[str] = "job.reopened"


class JobHeld(JobEvent, frozen=True, kw_only=True):
    """A listing waits for an operator, and `reason` says why."""

    name: ClassVar[str] = "job.held"


class JobReleased(JobEvent, frozen=True, kw_only=True):
    """An operator let a held listing go public."""

    name: ClassVar[str] = "job.released"


class SearchFit(msgspec.Struct, frozen=True, kw_only=True):
    """One person whose saved search a listing fits, and the key of the link that ends that search's mails."""

    person_id: UUID
    search_id: UUID
    by_mail: bool
    stop: str


class SearchMatched(Event, frozen=True, kw_only=True):
    """A listing that has become open fits these people's saved searches: a batch of them, each told once."""

    name: ClassVar[str] = "search.matched"
    job_id: int
    title: str
    poster_id: UUID
    location: str
    people: list[SearchFit]
    kind: str = ""
    state: str = ""
    region: str = ""


class ApplicationReceived(Event, frozen=True, kw_only=True):
    """Somebody applied; the poster wants to know."""

    name: ClassVar[str] = "application.received"
    application_id: UUID
    job_id: int
    job_title: str
    poster_id: UUID
    applicant_id: UUID
    applicant_name: str
    job_kind: str = ""
    job_state: str = ""
    region: str = ""


class ApplicationMoved(Event, frozen=True, kw_only=True):
    """An application changed state; the applicant wants to know."""

    name: ClassVar[str] = "application.moved"
    application_id: UUID
    job_id: int
    job_title: str
    applicant_id: UUID
    before: str
    after: str
    poster_id: UUID | None = None
    job_kind: str = ""
    job_state: str = ""
    region: str = ""


class ApplicationWithdrawn(Event, frozen=True, kw_only=True):
    """An applicant took the application back."""

    name: ClassVar[str] = "application.withdrawn"
    application_id: UUID
    job_id: int
    job_title: str
    poster_id: UUID
    applicant_id: UUID
    job_kind: str = ""
    job_state: str = ""
    region: str = ""


class ConversationOpened(Event, frozen=True, kw_only=True):
    """Somebody wrote to people for the first time; `people` are in at once.

    `asked` must accept before more can be sent. Whom the opener has asked before, and who has not answered, is not named again.
    """

    name: ClassVar[str] = "conversation.opened"
    conversation_id: UUID
    kind: str
    opener_id: UUID
    people: list[UUID]
    asked: list[UUID]
    region: str = ""


class MessageReceived(Event, frozen=True, kw_only=True):
    """A message is there for these people; for those in `first_for` it is the first unread one of its conversation.

    It holds no word of the message: readers ask for it. Who has muted the conversation is not named.
    """

    name: ClassVar[str] = "message.received"
    conversation_id: UUID
    n: int
    author_id: UUID
    people: list[UUID]
    first_for: list[UUID]


class ConversationRead(Event, frozen=True, kw_only=True):
    """Somebody has read all of a conversation, up to message `n`, or has answered a request."""

    name: ClassVar[str] = "conversation.read"
    conversation_id: UUID
    person_id: UUID
    n: int


class ProjectStarted(Event, frozen=True, kw_only=True):
    """There is a new project."""

    name: ClassVar[str] = "project.started"
    project_id: UUID
    owner_id: UUID
    region: str = ""


class ProjectInvited(Event, frozen=True, kw_only=True):
    """Somebody is asked into a project."""

    name: ClassVar[str] = "project.invited"
    project_id: UUID
    inviter_id: UUID
    person_id: UUID
    region: str = ""


class ProjectUninvited(Event, frozen=True, kw_only=True):
    """An invitation that waited is taken back, or its project is gone."""

    name: ClassVar[str] = "project.uninvited"
    project_id: UUID
    person_id: UUID


class ProjectChanged(Event, frozen=True, kw_only=True):
    """People came or went, it has another title, script or days, or it is gone: whoever keeps something of it asks anew."""

    name: ClassVar[str] = "project.changed"
    project_id: UUID


class ScriptUploaded(Event, frozen=True, kw_only=True):
    """Somebody sent a script, which waits to be read."""

    name: ClassVar[str] = "script.uploaded"
    script_id: UUID
    owner_id: UUID
    region: str = ""


class PersonRegistered(Event, frozen=True, kw_only=True):
    """An account was made."""

    name: ClassVar[str] = "person.registered"
    person_id: UUID
    region: str = ""


class ProfileUpdated(Event, frozen=True, kw_only=True):
    """A profile changed. Readers ask the users domain for what it shows; its state is for the counts of analytics alone."""

    name: ClassVar[str] = "profile.updated"
    person_id: UUID
    handle: str
    listed: bool
    state: str = ""
    region: str = ""


class PersonBanned(Event, frozen=True, kw_only=True):
    """An operator closed an account; what the person has out in the open is taken in."""

    name: ClassVar[str] = "person.banned"
    person_id: UUID
    region: str = ""


class PersonErased(Event, frozen=True, kw_only=True):
    """An account is gone; every domain forgets the person."""

    name: ClassVar[str] = "person.erased"
    person_id: UUID
    region: str = ""


class SpendCapped(Event, frozen=True, kw_only=True):
    """What messages may cost in a day is spent: they rest until tomorrow, and somebody should know.

    Codes have a cap of their own, in parts: `codes-joining`, `codes-recovery`, `codes-signing_in`.
    """

    name: ClassVar[str] = "spend.capped"
    day: str
    spent_kobo: int
    cap_kobo: int
    what: str = "messages"


class AlertRaised(Event, frozen=True, kw_only=True):
    """An operator has to look, says somebody outside (Alertmanager): `ref` names this one case, `subject` what it is about."""

    name: ClassVar[str] = "alert.raised"
    priority: ClassVar[int] = FIRST
    ref: str
    subject: str
    title: str
    what: str
    runbook: str = ""


class AlertCleared(Event, frozen=True, kw_only=True):
    """The case is over."""

    name: ClassVar[str] = "alert.cleared"
    priority: ClassVar[int] = FIRST
    ref: str
    subject: str
    title: str
    what: str
    runbook: str = ""
