"""The only door to conversations: who does not sit in one learns only that there is nothing there."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from nollycrewhub.domains.messages.errors import Frozen, NoSuchConversation, NoSuchFile, NoSuchMessage, NoSuchReport, ReportDecided
from nollycrewhub.domains.messages.repository import files, reading, reporting, writing
from nollycrewhub.domains.messages.repository.writing import Floor, Held, Place
from nollycrewhub.domains.messages.rules.limits import REFUSED_COUNTS_FOR
from nollycrewhub.domains.messages.rules.states import SEEN
from nollycrewhub.domains.messages.schemas import FileRow, MessageRow, Seat
from nollycrewhub.platform.db import ReadSession, WriteSession
from nollycrewhub.platform.live import Ask, Speaker
from nollycrewhub.platform.sessions import Viewer

HERE = "here"


async def own_seat(read: ReadSession, conversation_id: UUID, person_id: UUID) -> Seat:
    """A conversation one may read."""
    found = await reading.seat(read, conversation_id, person_id)
    if found is None or found.state not in SEEN:
        raise NoSuchConversation
    return found


def is_seated(seats: Mapping[UUID, Place], person_id: UUID) -> bool:
    """Whether somebody may see the conversation of these seats."""
    return person_id in seats and seats[person_id].state in SEEN


async def seat_to_change(session: WriteSession, conversation_id: UUID, person_id: UUID) -> tuple[Held, Place, dict[UUID, Place]]:
    """One's own seat and all others, the conversation locked."""
    found = await writing.hold(session, conversation_id)
    if found is None or not is_seated(found[1], person_id):
        raise NoSuchConversation
    return found[0], found[1][person_id], found[1]


async def floor(session: WriteSession, conversation_id: UUID, person_id: UUID, client_id: UUID) -> Floor:
    """The same with all that decides about one more message."""
    found = await writing.take_floor(session, conversation_id, person_id, client_id, refused_for=REFUSED_COUNTS_FOR)
    if found is None or not is_seated(found.seats, person_id):
        raise NoSuchConversation
    return found


async def seat_to_speak(session: WriteSession, conversation_id: UUID, person_id: UUID) -> tuple[Held, Place, dict[UUID, Place]]:
    """The same, where no operator has stopped the conversation."""
    held, mine, seats = await seat_to_change(session, conversation_id, person_id)
    if held.is_frozen:
        raise Frozen
    return held, mine, seats


async def own_message(session: WriteSession, conversation_id: UUID, person_id: UUID, n: int) -> tuple[Held, dict[UUID, Place], MessageRow]:
    """One's own message in a conversation that goes on, locked with it."""
    try:
        held, mine, seats = await seat_to_speak(session, conversation_id, person_id)
    except NoSuchConversation:
        raise NoSuchMessage from None
    found = await writing.own_message(session, conversation_id, n, person_id) if mine.state == "in" else None
    if found is None:
        raise NoSuchMessage
    return held, seats, found


async def message_seen(read: ReadSession, conversation_id: UUID, person_id: UUID, n: int) -> MessageRow:
    """A message one may see."""
    found = await reading.message(read, conversation_id, person_id, n)
    if found is None:
        raise NoSuchMessage
    return found


async def file_seen(read: ReadSession, file_id: UUID, viewer: Viewer) -> FileRow:
    """A file of a message one may see in a conversation one has accepted, or one's own that is in no message yet.

    Operators see those of reported messages, while the report waits.
    """
    found = await reading.file(read, file_id, viewer.person_id) or await files.own(read, file_id, viewer.person_id)
    if found is None and viewer.operator:
        found = await files.reported(read, file_id)
    if found is None:
        raise NoSuchFile
    return found


async def report_to_decide(session: WriteSession, report_id: UUID, *, decided: str | None = None) -> tuple[UUID, UUID | None]:
    """An open report, or one that was decided so, for an operator (the route's own access), locked: its conversation, and whom it is about."""
    found = await reporting.report(session, report_id)
    if found is None:
        raise NoSuchReport
    if found[3] != decided:
        raise ReportDecided
    return found[1], found[2]


def wanted_by(ask: Ask) -> tuple[UUID, UUID] | None:
    """The conversation that is asked for, and who asks. It has one name: who has to go is told so under no other."""
    try:
        conversation_id = UUID(ask.key)
    except ValueError:
        return None
    return (conversation_id, ask.viewer.person_id) if ask.viewer is not None and str(conversation_id) == ask.key else None


async def listeners(asked: Sequence[Ask], read: ReadSession) -> list[bool]:
    """Who may hear a conversation's live channel: those who are in it."""
    wanted = [wanted_by(ask) for ask in asked]
    inside = await reading.members_among(read, [one for one in wanted if one is not None])
    return [one in inside for one in wanted]


async def apart(speakers: Sequence[Speaker], read: ReadSession) -> list[set[UUID]]:
    """Who must not hear what each of these, who are in it, says in a conversation: whom they have blocked, or who has blocked them.

    That they are here is heard by nobody, where they chose so: also a page says it that was made, or kept on a phone, before they chose.
    """
    wanted = [(UUID(key), viewer.person_id, kind == HERE) for viewer, key, kind in speakers]
    found: dict[tuple[UUID, UUID, bool], set[UUID]] = {one: set() for one in wanted}
    for conversation_id, person_id, is_presence, other_id in await reading.apart_among(read, wanted):
        found[conversation_id, person_id, is_presence].add(other_id)
    return [found[one] for one in wanted]
