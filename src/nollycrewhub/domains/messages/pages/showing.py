"""Rows as pages show them: names put to ids, texts cut at their links."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from nollycrewhub.contracts.users import PersonCard
from nollycrewhub.domains.messages import service
from nollycrewhub.domains.messages.rules.limits import may_edit
from nollycrewhub.domains.messages.rules.links import first_warning, pieces
from nollycrewhub.domains.messages.rules.states import PAIRED
from nollycrewhub.domains.messages.schemas import ConversationOut, Glance, MessageRow, PersonOut
from nollycrewhub.domains.messages.schemas.props import Bubble, Line
from nollycrewhub.kit.told import counted, told

EXCERPT = 120


def name_of(card: PersonCard | None, *, is_known: bool = True) -> str:
    """What to call somebody."""
    if card is None:
        return service.LEFT
    return card.name if is_known else card.label


def line_of(glance: Glance, person_id: UUID, cards: Mapping[UUID, PersonCard]) -> Line:
    """A conversation in the inbox."""
    first = cards.get(glance.others[0]) if glance.others else None
    is_pair = glance.kind in PAIRED
    other_wrote = glance.last_author_id is not None and glance.last_author_id != person_id
    name = name_of(first, is_known=other_wrote or glance.kind == "application" or glance.read_n > 0) if is_pair else glance.title
    text = " ".join((glance.last_text or "").split())
    excerpt = told("This message was deleted.") if glance.last_is_deleted else text[:EXCERPT] + ("…" if len(text) > EXCERPT else "")
    return Line(
        glance=glance, name=name, photo=first.photo if is_pair and first is not None else None,
        about=glance.title if glance.kind == "application" else "", excerpt=excerpt,
        warning="" if glance.last_is_deleted else first_warning(text), is_mine=glance.last_author_id == person_id,
    )  # fmt: skip


def other_of(talk: ConversationOut, person_id: UUID) -> PersonOut | None:
    """The other of two."""
    return next((one for one in talk.people if one.id != person_id), None) if talk.kind in PAIRED else None


def title_of(talk: ConversationOut, person_id: UUID) -> str:
    """What a conversation is called by this one of its people."""
    if talk.kind not in PAIRED:
        return talk.title
    other = other_of(talk, person_id)
    return other.name if other is not None else service.LEFT


def bubbles_of(
    rows: Sequence[MessageRow], talk: ConversationOut, person_id: UUID, *, now: datetime, has_blocked: bool = False
) -> list[Bubble]:  # fmt: skip
    """Messages with their authors' names; whether the others have read them goes by the marks. Who has blocked the other changes nothing."""
    names = {one.id: one.name for one in talk.people}
    read_by_all = service.read_by_all(talk, person_id)
    goes_on = talk.can_send and not has_blocked
    return [
        Bubble(
            n=row.n, name=names.get(row.author_id, service.LEFT) if row.author_id is not None else service.LEFT,
            is_mine=row.author_id == person_id, pieces=pieces(row.text), sent_at=row.sent_at, is_edited=row.edited_at is not None,
            is_deleted=row.is_deleted, is_read=row.author_id == person_id and row.n <= read_by_all,
            can_edit=row.author_id == person_id and goes_on and may_edit(row.sent_at, is_deleted=row.is_deleted, now=now),
            is_new=service.is_new(row, talk, person_id), raw=row.text, files=row.files,
        )
        for row in rows
    ]  # fmt: skip


def seen_words(seen_at: datetime | None, now: datetime) -> str:
    """When somebody was last here, as coarse as it is kept."""
    if seen_at is None:
        return ""
    minutes = int((now - seen_at).total_seconds() // 60)
    if minutes < 3:
        return told("Here a moment ago")
    if minutes < 60:
        return counted("Last here %(number)s minute ago", "Last here %(number)s minutes ago", minutes)
    if minutes < 24 * 60:
        hours = minutes // 60
        return counted("Last here %(number)s hour ago", "Last here %(number)s hours ago", hours)
    return told("Last here more than a day ago")
