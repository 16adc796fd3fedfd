"""What the pages of conversations show."""

from datetime import datetime
from uuid import UUID

import msgspec

from nollycrewhub.domains.messages.rules.links import Piece
from nollycrewhub.domains.messages.schemas import ConversationOut, FileOut, Glance, MessageRow, PersonOut, ReportedRow, ReportRow


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation in the inbox."""

    glance: Glance
    name: str
    photo: str | None
    about: str
    excerpt: str
    warning: str
    is_mine: bool


class InboxPage(msgspec.Struct, kw_only=True):
    """Props of /me/messages."""

    box: str
    lines: list[Line]
    unread: int
    requests: int
    next: str | None
    now: datetime
    person_id: UUID


class Bubble(msgspec.Struct, frozen=True, kw_only=True):
    """A message on the page."""

    n: int
    name: str
    is_mine: bool
    pieces: list[Piece]
    sent_at: datetime
    is_edited: bool
    is_deleted: bool
    can_edit: bool
    is_read: bool
    is_new: bool
    raw: str
    files: list[FileOut] = []


class TalkPage(msgspec.Struct, kw_only=True):
    """Props of one conversation."""

    talk: ConversationOut
    name: str
    other: PersonOut | None
    blocked: bool
    bubbles: list[Bubble]
    before: int | None
    after: int | None
    unread_to: int
    client_id: UUID
    raw: str = ""
    error: str = ""
    editing: int = 0
    now: datetime
    person_id: UUID
    presence: str
    seen: str
    reported: bool = False
    blocked_inside: bool = False
    since: str = ""
    is_part: bool = False
    attach_id: UUID
    attach_text: str = ""
    attach_error: str = ""


class NewPage(msgspec.Struct, kw_only=True):
    """Props of a first message."""

    to: str
    application: str
    project: str
    name: str
    about: str
    client_id: UUID
    title: str = ""
    raw: str = ""
    error: str = ""
    found: bool = True


class HitLine(msgspec.Struct, frozen=True, kw_only=True):
    """A message found."""

    row: MessageRow
    name: str
    warning: str


class SearchPage(msgspec.Struct, kw_only=True):
    """Props of the search."""

    q: str
    hits: list[HitLine]
    next: str | None


class SettingsPage(msgspec.Struct, kw_only=True):
    """Props of the choices page."""

    presence: str
    blocked: list[tuple[UUID, str, datetime]]
    saved: bool = False


class OpsLine(msgspec.Struct, frozen=True, kw_only=True):
    """A report with the people's names."""

    report: ReportRow
    messages: list[ReportedRow]
    reporter: str
    reported: str
    handle: str


class OpsPage(msgspec.Struct, kw_only=True):
    """Props of /ops/reports: what waits, and what has stopped a conversation."""

    lines: list[OpsLine]
    frozen: list[OpsLine]
    confirmed: bool
    error: str = ""
