"""What the page of a conversation is given: the newest messages, and while it stays open only those that are other than it has them."""

from collections.abc import Sequence
from typing import Annotated, NamedTuple
from uuid import UUID

import msgspec

from nollycrewhub.domains.messages.repository import reading
from nollycrewhub.domains.messages.repository.reading import Shown
from nollycrewhub.domains.messages.schemas import ConversationOut, MessageRow, Messages
from nollycrewhub.domains.messages.service.reading import PAGE
from nollycrewhub.kit import paging
from nollycrewhub.platform.db import ReadSession

Count = Annotated[int, msgspec.Meta(ge=0, le=2**62)]


class Given(NamedTuple):
    """Messages for a page, what it says the next time that it has, and up to which message something is unread."""

    found: Messages
    since: str
    unread_to: int
    is_part: bool


def is_new(row: MessageRow, talk: ConversationOut, person_id: UUID) -> bool:
    """Whether somebody else has said it since one's own mark."""
    return row.n > talk.read_n and row.author_id != person_id and not row.is_deleted


def read_by_all(talk: ConversationOut, person_id: UUID) -> int:
    """Up to which message all others have read."""
    return min((one.read_n for one in talk.people if one.id != person_id and one.state == "in"), default=0)


def given(
    rows: Sequence[MessageRow], talk: ConversationOut, person_id: UUID, shown: Shown, *, is_part: bool, before: int | None = None
) -> Given:  # fmt: skip
    """The messages with what the page has from now on."""
    unread_to = max([shown.unread_to, *(row.n for row in rows if is_new(row, talk, person_id))])
    has = shown._replace(read_by=read_by_all(talk, person_id), read_n=talk.read_n, unread_to=unread_to)
    return Given(Messages(messages=list(rows), before=before), paging.encode(*has), unread_to, is_part)


async def newest(read: ReadSession, person_id: UUID, talk: ConversationOut) -> Given:
    """The newest page of messages."""
    found = await reading.newest(read, talk.id, person_id, limit=PAGE + 1)
    rows = found.messages[:PAGE][::-1]
    first_n = rows[0].n if rows else 1
    shown = Shown(found.timeline, found.apart, found.changed, first_n, read_by=0, read_n=0, unread_to=0)
    return given(rows, talk, person_id, shown, is_part=False, before=first_n if len(found.messages) > PAGE else None)


async def renewed(read: ReadSession, person_id: UUID, talk: ConversationOut, since: str) -> Given | None:
    """What is other than the page has it; None where that is more than a page, cannot be told, or the page is of before a deploy."""
    try:
        shown = Shown(*paging.decode(since, *[Count] * len(Shown._fields)))
    except paging.BadCursor:
        return None
    read_by = read_by_all(talk, person_id)
    found = await reading.renewed(read, talk.id, person_id, shown, read_by=read_by, limit=PAGE + 1)
    if (found.timeline, found.apart) != (shown.timeline, shown.apart) or read_by < shown.read_by or len(found.messages) > PAGE:
        return None
    shown = shown._replace(changed=found.changed, unread_to=shown.unread_to if shown.unread_to > talk.read_n else 0)
    return given(found.messages, talk, person_id, shown, is_part=True)


async def for_page(read: ReadSession, person_id: UUID, talk: ConversationOut, *, since: str = "") -> Given:
    """All of the newest page, or what is other than an open page has it, `since` as it was given."""
    part = await renewed(read, person_id, talk, since) if since else None
    return part or await newest(read, person_id, talk)
