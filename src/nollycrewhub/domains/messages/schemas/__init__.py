"""Payloads and rows of conversations; what pages show is in `props`."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar.datastructures import UploadFile

from nollycrewhub.domains.messages.rules.files import Kind
from nollycrewhub.domains.messages.rules.limits import LONGEST, LONGEST_TITLE, MOST_FILES, MOST_REPORTED

Words = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST)]
Number = Annotated[int, msgspec.Meta(ge=1, le=2**53)]
Handle = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
Box = Literal["inbox", "archived", "requests"]
Reason = Literal["money", "harassment", "spam", "pretending", "other"]


class About(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Something of a project: the project by its id, a shooting day by its id, or a scene as project:script:number."""

    kind: Literal["project", "scene", "day"]
    id: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class Opening(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Who is written to for the first time: one handle, several (a group), the other side of an application,
    or the people of a project about it, a scene or a day of it."""

    to: list[Handle] = []
    application: UUID | None = None
    about: About | None = None
    title: Annotated[str, msgspec.Meta(max_length=LONGEST_TITLE)] = ""
    text: Words
    client_id: UUID


class Sending(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A message: words, files that were uploaded before, or both. The client's id makes it one message however often it is sent."""

    text: Annotated[str, msgspec.Meta(max_length=LONGEST)] = ""
    files: Annotated[list[UUID], msgspec.Meta(max_length=MOST_FILES)] = []
    client_id: UUID


class FileForm(msgspec.Struct, forbid_unknown_fields=True):
    """The form of POST /api/messages/files."""

    file: UploadFile


class Editing(msgspec.Struct, forbid_unknown_fields=True):
    """The message as it should be."""

    text: Words


class ReadTo(msgspec.Struct, forbid_unknown_fields=True):
    """The newest message that was on the screen."""

    n: Number


class Turning(msgspec.Struct, forbid_unknown_fields=True):
    """What one does with a conversation."""

    turn: Literal["accept", "decline", "leave", "mute", "unmute", "archive", "unarchive"]


class Adding(msgspec.Struct, forbid_unknown_fields=True):
    """Whom to ask into a group."""

    people: list[Handle]


class Renaming(msgspec.Struct, forbid_unknown_fields=True):
    """What a group is called from now on."""

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_TITLE)]


class HandingOver(msgspec.Struct, forbid_unknown_fields=True):
    """Whose the group is from now on: somebody in it."""

    person_id: UUID


class Blocking(msgspec.Struct, forbid_unknown_fields=True):
    """From whom nothing is to come any more."""

    person_id: UUID


class MessageReporting(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Messages of one other person that an operator should read, and why."""

    messages: Annotated[list[Number], msgspec.Meta(min_length=1, max_length=MOST_REPORTED)]
    reason: Reason
    note: Annotated[str, msgspec.Meta(max_length=1000)] = ""


class Deciding(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What an operator does about a report; only what one has frozen can be let go on."""

    decision: Literal["dismiss", "freeze", "close-account", "unfreeze"]
    note: Annotated[str, msgspec.Meta(min_length=3, max_length=500)]


class Choosing(msgspec.Struct, forbid_unknown_fields=True):
    """Who sees when one was last here: those one writes with, or nobody."""

    presence: Literal["talks", "nobody"]


class FileOut(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a message: what it is, what it weighs, and where it is. A photo has a small form, of `width` by `height`."""

    id: UUID
    kind: Kind
    name: str
    type: str
    size: int
    url: str
    small: str | None = None
    small_size: int = 0
    width: int = 0
    height: int = 0


class UploadedFile(msgspec.Struct, kw_only=True):
    """A stored file, to be named in a message within a day."""

    file: FileOut


class FileRow(msgspec.Struct, frozen=True, kw_only=True):
    """A file as it is stored."""

    id: UUID
    kind: Kind
    media: str
    name: str
    storage_key: str
    size: int
    small_size: int


class Spent(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody has uploaded in the last 24 hours."""

    files: int
    size: int


class ForgetFile(msgspec.Struct, frozen=True):
    """The payload of `messages.forget-file`: what nobody may see any more."""

    storage_key: str


class MessageRow(msgspec.Struct, frozen=True, kw_only=True):
    """A message as somebody who may see it gets it. A deleted one has no text."""

    conversation_id: UUID
    n: int
    author_id: UUID | None
    client_id: UUID
    text: str
    sent_at: datetime
    edited_at: datetime | None
    is_deleted: bool
    files: list[FileOut] = []


class MemberRow(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody in a conversation."""

    person_id: UUID
    state: str
    read_n: int
    presence: str
    seen_at: datetime | None


class Seat(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation from where one person sits in it."""

    id: UUID
    kind: str
    about_id: str
    title: str
    created_by: UUID | None
    owner_id: UUID | None
    last_n: int
    is_frozen: bool
    state: str
    from_n: int
    until_n: int | None
    read_n: int
    muted: bool
    archived: bool


class Glance(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation in a list. `others` are up to four of its people; `last_*` is the newest message one may see,
    `last_file` the kind of its first file."""

    id: UUID
    kind: str
    title: str
    state: str
    is_frozen: bool
    muted: bool
    archived: bool
    read_n: int
    unread: int
    people: int
    others: list[UUID]
    at: datetime
    last_n: int | None
    last_text: str | None
    last_author_id: UUID | None
    last_is_deleted: bool | None
    last_file: Kind | None = None


class Inbox(msgspec.Struct, kw_only=True):
    """A page of conversations, with the badge's figure counted in the same statement."""

    unread: int
    requests: int
    conversations: list[Glance]
    next: str | None = None


class Messages(msgspec.Struct, kw_only=True):
    """A page of messages in their order. `before` and `after` ask for what lies beyond, where there is more."""

    messages: list[MessageRow]
    before: int | None = None
    after: int | None = None


class PersonOut(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody in a conversation, as this reader may see them."""

    id: UUID
    name: str
    handle: str
    photo: str | None
    state: str
    read_n: int
    seen_at: datetime | None


class ConversationOut(msgspec.Struct, kw_only=True):
    """A conversation with its people."""

    id: UUID
    kind: str
    title: str
    link: str
    state: str
    is_frozen: bool
    can_send: bool
    muted: bool
    archived: bool
    read_n: int
    last_n: int
    people: list[PersonOut]
    owner_id: UUID | None = None


class SentMessage(msgspec.Struct, kw_only=True):
    """A stored message."""

    message: MessageRow


class Changes(msgspec.Struct, kw_only=True):
    """Everything that changed since a cursor: whole rows, to be put over what is there. `fresh` says to forget the rest first."""

    messages: list[MessageRow]
    conversations: list[Glance]
    gone: list[UUID]
    since: str
    more: bool = False
    fresh: bool = False


class Delta(msgspec.Struct, kw_only=True):
    """What the statement of delta sync answers."""

    horizon: int
    timeline: int
    messages: list[MessageRow]
    changes: list[int]
    conversations: list[Glance]
    gone: list[UUID]


class Marked(msgspec.Struct, kw_only=True):
    """Messages, and from where to ask for what changes later: no transaction before `changed` was under way when they were read."""

    timeline: int
    apart: int
    changed: int
    messages: list[MessageRow]


class Hits(msgspec.Struct, kw_only=True):
    """Messages found, newest first."""

    messages: list[MessageRow]
    next: str | None = None


class BlockRow(msgspec.Struct, frozen=True, kw_only=True):
    """Whom one has blocked."""

    person_id: UUID
    since: datetime


class Blocks(msgspec.Struct):
    """All one's blocks."""

    blocks: list[BlockRow]


class ChoiceOut(msgspec.Struct, frozen=True, kw_only=True):
    """What was chosen."""

    presence: str


class ReportRow(msgspec.Struct, frozen=True, kw_only=True):
    """A report that waits."""

    id: UUID
    conversation_id: UUID
    kind: str
    is_frozen: bool
    reporter_id: UUID | None
    reported_id: UUID | None
    reason: str
    note: str
    created_at: datetime


class ReportedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A reported message with what it said before."""

    report_id: UUID
    n: int
    text: str
    sent_at: datetime
    is_deleted: bool
    former: list[str]
    files: list[FileOut] = []


class ReportOut(msgspec.Struct, frozen=True, kw_only=True):
    """A report with its messages and no others."""

    report: ReportRow
    messages: list[ReportedRow]


class Reports(msgspec.Struct):
    """The operators' queue, oldest first."""

    reports: list[ReportOut]


class MessageReported(msgspec.Struct, frozen=True):
    """A report was stored."""

    id: UUID
