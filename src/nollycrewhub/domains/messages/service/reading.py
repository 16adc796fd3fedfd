"""What one reads: inbox, conversation, search, and everything since a cursor."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from nollycrewhub.contracts.jobs import Applications
from nollycrewhub.contracts.projects import Rooms
from nollycrewhub.contracts.users import People, PersonCard
from nollycrewhub.domains.messages import access
from nollycrewhub.domains.messages.errors import BadPage
from nollycrewhub.domains.messages.repository import files, reading, reporting
from nollycrewhub.domains.messages.repository.reading import Since
from nollycrewhub.domains.messages.rules.states import LOOKS, PAIRED, ROOMS, SEEN, may_send, shows_name, shows_presence
from nollycrewhub.domains.messages.schemas import Changes, ConversationOut, Hits, Inbox, MemberRow, MessageRow, Messages, PersonOut, Seat
from nollycrewhub.domains.messages.service.talking import forget_files
from nollycrewhub.kit import paging
from nollycrewhub.kit.text import fold
from nollycrewhub.kit.told import told
from nollycrewhub.platform.db import ReadSession, WriteSession
from nollycrewhub.platform.ports import Ports

PAGE = 30
SYNC_PAGE = 200
LEFT = told("Somebody who has left")
NO_ID = UUID(int=0)
LAST_ID = UUID(int=2**128 - 1)
LAST_N = 2**62


def cursor_of(text: str, *types: Any) -> tuple[Any, ...]:
    """The values of a cursor we made."""
    try:
        return paging.decode(text, *types)
    except paging.BadCursor as error:
        raise BadPage(str(error), field="cursor") from error


async def inbox(read: ReadSession, person_id: UUID, *, box: str = "inbox", cursor: str = "", limit: int = PAGE) -> Inbox:
    """A page of conversations, the newest first, and the badge's figure from the same statement."""
    before = cursor_of(cursor, datetime, UUID) if cursor else None
    found = await reading.inbox(read, person_id, box, before=before, limit=limit + 1)
    if len(found.conversations) > limit:
        found.conversations = found.conversations[:limit]
        found.next = paging.encode(found.conversations[-1].at, found.conversations[-1].id)
    return found


async def unread(read: ReadSession, person_id: UUID) -> int:
    """The badge's figure alone."""
    return await reading.unread(read, person_id)


async def cards_of(read: ReadSession, ids: Sequence[UUID | None], ports: Ports) -> dict[UUID, PersonCard]:
    """Cards of those who are still here."""
    people = ports.find(People)
    wanted = list(dict.fromkeys(one for one in ids if one is not None))
    return await people.cards(read, wanted) if people is not None and wanted else {}


async def conversation(read: ReadSession, person_id: UUID, conversation_id: UUID, *, ports: Ports) -> ConversationOut:
    """A conversation with its people, as this one of them may see them."""
    seat = await access.own_seat(read, conversation_id, person_id)
    rows = await reading.people(read, conversation_id, person_id)
    cards = await cards_of(read, [row.person_id for row in rows], ports)
    shown = [row for row in rows if row.state in SEEN or row.state in LOOKS or row.person_id == person_id or seat.kind in PAIRED]
    others = [row.state for row in rows if row.person_id != person_id]
    newest = await reading.before(read, conversation_id, person_id, None, limit=1)
    written = bool(newest) and newest[0].author_id == person_id
    can_send = not seat.is_frozen and may_send(
        seat.state, others=others, kind=seat.kind, has_written=written or seat.created_by == person_id
    )
    return ConversationOut(
        id=seat.id, kind=seat.kind, title=seat.title, link=await link_of(read, seat, person_id, ports), state=seat.state,
        is_frozen=seat.is_frozen, can_send=can_send, muted=seat.muted, archived=seat.archived, read_n=seat.read_n, last_n=seat.last_n,
        people=[person_out(row, cards.get(row.person_id), seat, person_id) for row in shown], owner_id=seat.owner_id,
    )  # fmt: skip


def person_out(row: MemberRow, card: PersonCard | None, seat: Seat, person_id: UUID) -> PersonOut:
    """Somebody in the conversation: by name once they have said yes, with when they were here where they allow it."""
    state = LOOKS.get(row.state, row.state)
    is_shown = shows_name(row.state) or row.person_id == person_id
    name = LEFT if card is None else card.name if is_shown else card.label
    is_here = shows_presence(row.presence, kind=seat.kind, theirs=row.state, mine=seat.state)
    seen = row.seen_at if is_here else None
    return PersonOut(
        id=row.person_id, name=name, handle=card.handle if card is not None else "", photo=card.photo if card is not None else None,
        state=state, read_n=row.read_n if state == "in" else 0, seen_at=seen,
    )  # fmt: skip


async def link_of(read: ReadSession, seat: Seat, person_id: UUID, ports: Ports) -> str:
    """Where the thing lies that the conversation hangs on: the pipeline for who posted, the application for who applied."""
    rooms = ports.find(Rooms)
    if seat.kind in ROOMS and rooms is not None:
        room = await rooms.room(read, seat.kind, seat.about_id)
        return room.link if room is not None else ""
    applications = ports.find(Applications)
    if seat.kind != "application" or applications is None:
        return ""
    parties = await applications.parties(read, UUID(seat.about_id))
    if parties is None:
        return ""
    return f"/me/jobs/{parties.job_id}" if parties.poster_id == person_id else f"/jobs/{parties.job_id}/apply"


async def messages(
    read: ReadSession, person_id: UUID, conversation_id: UUID, *, before: int | None = None, after: int | None = None, limit: int = PAGE
) -> Messages:  # fmt: skip
    """A page in the order of the numbers: the newest, what lies before a number, or what lies after one."""
    await access.own_seat(read, conversation_id, person_id)
    if after is not None:
        rows = await reading.after(read, conversation_id, person_id, after, limit=limit + 1)
        more, rows = len(rows) > limit, rows[:limit]
        return Messages(messages=rows, before=rows[0].n if rows and after > 0 else None, after=rows[-1].n if more else None)
    rows = await reading.before(read, conversation_id, person_id, before, limit=limit + 1)
    more, rows = len(rows) > limit, rows[:limit][::-1]
    return Messages(messages=rows, before=rows[0].n if more else None, after=rows[-1].n if rows and before is not None else None)


async def one_message(read: ReadSession, person_id: UUID, conversation_id: UUID, n: int) -> MessageRow:
    """One message one may see."""
    return await access.message_seen(read, conversation_id, person_id, n)


async def known_among(read: ReadSession, person_id: UUID, others: Sequence[UUID]) -> set[UUID]:
    """With whom of these one is in a conversation that both have agreed to."""
    return await reading.known_among(read, person_id, others)


async def blocking_among(read: ReadSession, person_id: UUID, others: Sequence[UUID]) -> set[UUID]:
    """Who of these has blocked one."""
    return await reading.blocking_among(read, person_id, others)


def question_of(q: str) -> tuple[str, str]:
    """The folded words, and the question PostgreSQL is asked: all of them, the last one begun."""
    folded = fold(q)
    words = ["".join(c for c in word if c.isalnum()) for word in folded.split()][:10]
    words = [word for word in words if word]
    return " ".join(words), " & ".join([*words[:-1], f"{words[-1]}:*"]) if words else ""


async def search(read: ReadSession, person_id: UUID, q: str, *, cursor: str = "", limit: int = PAGE) -> Hits:
    """One's own messages with these words in any spelling of the letters; nearly spelt ones when there are none."""
    words, question = question_of(q)
    if not question:
        return Hits(messages=[])
    below = cursor_of(cursor, datetime, UUID, int) if cursor else None
    rows = await reading.found(read, person_id, question, below=below, limit=limit + 1)
    if not rows and below is None:
        return Hits(messages=await reading.nearly(read, person_id, words, limit=limit))
    shown = rows[:limit]
    last = shown[-1] if len(rows) > limit else None
    return Hits(messages=shown, next=paging.encode(last.sent_at, last.conversation_id, last.n) if last else None)


async def sync(read: ReadSession, person_id: UUID, since: str, *, limit: int = SYNC_PAGE) -> Changes:
    """Everything that changed since a cursor, deletions too. The cursor is stable: what was under way when it was made comes later.

    Rows may come again; whoever puts each over the one with its number has exactly what is there. `fresh` after a failover.
    """
    asked = cursor_of(since, int, int | None, int, UUID, int) if since else (0, None, 0, NO_ID, 0)
    timeline, horizon, place = asked[0], asked[1], Since(*asked[2:])
    found = await reading.changes(read, person_id, place, limit=limit + 1, with_seats=horizon is None)
    if timeline not in (0, found.timeline):
        return await sync_afresh(read, person_id, limit)
    more, shown = len(found.messages) > limit, found.messages[:limit]
    until = found.horizon if horizon is None else horizon
    if more:
        mark = (found.timeline, until, found.changes[limit - 1], shown[-1].conversation_id, shown[-1].n)
    else:
        mark = (found.timeline, None, until - 1, LAST_ID, LAST_N)
    return Changes(messages=shown, conversations=found.conversations, gone=found.gone, since=paging.encode(*mark), more=more)


async def sync_afresh(read: ReadSession, person_id: UUID, limit: int) -> Changes:
    """From the beginning, as the history that the cursor knew is another one."""
    found = await sync(read, person_id, "", limit=limit)
    found.fresh = True
    return found


async def export_person(read: ReadSession, person_id: UUID) -> dict[str, Any]:
    """What this domain holds about one person."""
    return await reporting.export(read, person_id)


async def erase_person(session: WriteSession, person_id: UUID) -> None:
    """Forgets them, their words and files in others' conversations too."""
    await forget_files(session, await files.remove_all(session, person_id))
    await reporting.erase(session, person_id)
