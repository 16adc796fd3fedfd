"""Saying something: send, edit, delete, read."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID

import msgspec

from nollycrewhub.contracts.events import ConversationRead, MessageReceived
from nollycrewhub.domains.messages import access
from nollycrewhub.domains.messages.errors import BadFile, BadMessage, Frozen, SameIdElsewhere, TooLateToEdit, WaitsForAnswer, YouBlockedThem
from nollycrewhub.domains.messages.repository import files, reading, writing
from nollycrewhub.domains.messages.repository.writing import Floor, Held, Place
from nollycrewhub.domains.messages.rules.limits import LONGEST, REFUSED_COUNTS_FOR, may_edit
from nollycrewhub.domains.messages.rules.states import PAIRED, ROOMS, may_send, reaches, speaks_first
from nollycrewhub.domains.messages.schemas import ForgetFile, MessageRow, Sending
from nollycrewhub.domains.messages.service.trusting import Desk, check_rate
from nollycrewhub.kit.ids import uuid7
from nollycrewhub.kit.text import clean, fold
from nollycrewhub.kit.time import utcnow
from nollycrewhub.kit.told import told
from nollycrewhub.platform.db import ReadSession, WriteSession
from nollycrewhub.platform.events import emit
from nollycrewhub.platform.live import publish, set_apart
from nollycrewhub.platform.queue import enqueue_many

STAYS = told("Whoever was asked has not answered yet. Until then this message stays as it was sent, and you can delete it.")


def words_of(text: str, *, beside_files: bool = False) -> str:
    """The text as it is stored: composed, trimmed, without what cannot be seen. It is text, whatever it looks like.

    Only beside files it may be empty.
    """
    try:
        found = clean(text, lines=True)
    except ValueError as error:
        raise BadMessage(str(error), field="text") from error
    if not found and not beside_files:
        raise BadMessage(told("Write something first."), field="text")
    if len(found) > LONGEST:
        raise BadMessage(told("A message has at most %(most)s characters. Send it in parts.", most=f"{LONGEST:,}"), field="text")
    return found


def tell(session: WriteSession, people: Iterable[UUID], kind: str, payload: Mapping[str, object]) -> None:
    """Tells whoever has a page open, on all their devices: ids only, the rest is fetched with the position."""
    for person_id in sorted(set(people)):
        publish(session, f"person:{person_id}", kind, payload)


def present(seats: Mapping[UUID, Place]) -> set[UUID]:
    """Those who hear of what is new."""
    return {person_id for person_id, place in seats.items() if place.state in ("in", "asked")}


async def come_in_apart(session: WriteSession, fresh: Collection[UUID], seats: Iterable[UUID]) -> None:
    """Who speaks there was asked about before these came in: where a block stands between two of them, whoever has blocked is told."""
    blocks = await writing.blocks_within(session, [*seats, *fresh]) if fresh else set()
    for one in sorted({blocker for blocker, other in blocks if blocker in fresh or other in fresh}):
        set_apart(session, one)


async def store(session: WriteSession, floor: Floor, author_id: UUID, *, given: Sending) -> MessageRow:
    """The next message of a locked conversation, told to those who may see it."""
    held, seats = floor.held, floor.seats
    text = words_of(given.text, beside_files=bool(given.files))
    is_pair = held.kind in PAIRED
    if is_pair and floor.blocked:
        raise YouBlockedThem
    silent = is_pair and bool(floor.blocking)
    stored = await writing.add(session, held.id, author_id, client_id=given.client_id, text=text, folded=fold(text), silent=silent)
    if stored is None:
        raise SameIdElsewhere
    if given.files:
        stored = await hang(session, stored, given.files)
    reached = {one for one, seat in seats.items() if reaches(seat.state, n=stored.n, from_n=seat.from_n, until_n=seat.until_n)}
    hearers = {author_id} if silent else reached - floor.blocking
    tell(session, hearers, "message", {"conversation": held.id, "n": stored.n})
    to_tell = {one for one in hearers - {author_id} if not seats[one].muted}
    if to_tell:
        await emit(session, MessageReceived(
            aggregate_id=str(held.id), version=stored.n, conversation_id=held.id, n=stored.n, author_id=author_id,
            people=sorted(to_tell), first_for=sorted(one for one in to_tell - floor.unread if seats[one].state == "in"),
        ))  # fmt: skip
    return stored


async def hang(session: WriteSession, stored: MessageRow, ids: Sequence[UUID]) -> MessageRow:
    """The message with its files, which its author uploaded and has sent nowhere yet."""
    assert stored.author_id is not None
    hung = await files.hang(session, stored.conversation_id, stored.n, stored.author_id, ids)
    if len(hung) != len(ids):
        raise BadFile(told("One of these files is not here any more, or was sent already. Choose it again."), field="files")
    return msgspec.structs.replace(stored, files=hung)


async def stored_before(
    session: WriteSession, conversation_id: UUID, person_id: UUID, before: tuple[UUID, int] | None
) -> MessageRow | None:
    """The message a client sends once more, as it is now; `before` is where its id is."""
    if before is None:
        return None
    if before[0] != conversation_id:
        raise SameIdElsewhere
    return await writing.own_message(session, conversation_id, before[1], person_id)


async def send(session: WriteSession, person_id: UUID, conversation_id: UUID, *, given: Sending, desk: Desk) -> MessageRow:
    """One message for one client id, however often it is sent."""
    floor = await access.floor(session, conversation_id, person_id, given.client_id)
    again = await stored_before(session, conversation_id, person_id, floor.before)
    if again is not None:
        return again
    if floor.held.is_frozen:
        raise Frozen
    mine, others = floor.seats[person_id], [place.state for other, place in floor.seats.items() if other != person_id]
    may_first, may_more = (may_send(mine.state, others=others, kind=floor.held.kind, has_written=has) for has in (False, True))
    if not may_more and (not may_first or await writing.has_written(session, conversation_id, person_id)):
        raise WaitsForAnswer if mine.state != "left" else WaitsForAnswer(told("You have left this conversation."))
    await check_rate(person_id, desk, floor.record)
    return await store(session, floor, person_id, given=given)


async def edit(session: WriteSession, person_id: UUID, conversation_id: UUID, n: int, *, text: str, desk: Desk) -> MessageRow:
    """Other words within a quarter of an hour, as often as one may write. It says that it was edited, and the former words are kept.

    What whoever was asked reads until they answer stays as it is: one message speaks to them. A block between two holds for other
    words as it does for a message: who has blocked is refused, who is blocked reads them alone, and after an unblock saves them anew.
    """
    held, seats, found = await access.own_message(session, conversation_id, person_id, n)
    if not may_edit(found.sent_at, is_deleted=found.is_deleted, now=utcnow()):
        raise TooLateToEdit(told("A message can be changed for fifteen minutes. You can still delete it, or write another."))
    text = words_of(text, beside_files=bool(found.files))
    blocked, blocking = await between_two(session, person_id, held, seats)
    if blocked:
        raise YouBlockedThem
    waits = any(speaks_first(seat.state, n=n, from_n=seat.from_n, until_n=seat.until_n) for seat in seats.values())
    if waits and held.kind not in ROOMS:
        raise WaitsForAnswer(STAYS)
    if text == found.text and (blocking or not await writing.reads_alone(session, conversation_id, n)):
        return found
    await check_rate(person_id, desk, await writing.record(session, person_id, refused_for=REFUSED_COUNTS_FOR))
    if blocking:
        tell(session, [person_id], "message-changed", {"conversation": conversation_id, "n": n})
        return await writing.edit_silently(session, conversation_id, n, text=text, folded=fold(text))
    changed = await writing.edit(session, conversation_id, n, text=text, folded=fold(text), former_id=uuid7())
    await tell_changed(session, conversation_id, n, person_id)
    return changed


async def between_two(
    session: WriteSession, person_id: UUID, held: Held, seats: Mapping[UUID, Place]
) -> tuple[set[UUID], set[UUID]]:  # fmt: skip
    """Of two: whom somebody has blocked, and who has blocked them. In a group a block is asked where it is read who sees what."""
    return await writing.blocked_among(session, person_id, seats if held.kind in PAIRED else [])


async def delete(session: WriteSession, person_id: UUID, conversation_id: UUID, n: int) -> None:
    """The words are gone for everybody, through a block too; that something was said is not. Deleting twice is deleting once."""
    _, _, found = await access.own_message(session, conversation_id, person_id, n)
    if found.is_deleted:
        return
    await writing.delete(session, conversation_id, n, former_id=uuid7())
    await forget_files(session, await files.release(session, conversation_id))
    await tell_changed(session, conversation_id, n, person_id)


async def forget_files(session: WriteSession, keys: Sequence[str]) -> None:
    """Has the bytes removed once it is committed that nobody may see them."""
    if keys:
        await enqueue_many(session, "messages.forget-file", [ForgetFile(key) for key in keys])


async def tell_changed(session: WriteSession, conversation_id: UUID, n: int, author_id: UUID) -> None:
    """Whoever may see the message looks at it again; where it was all that was new, the notice of it is read with it."""
    tell(session, await writing.seers(session, conversation_id, n), "message-changed", {"conversation": conversation_id, "n": n})
    for one in await writing.left_nothing(session, conversation_id, n, author_id):
        await tell_read(session, conversation_id, one, n)


async def mark_read(session: WriteSession, person_id: UUID, conversation_id: UUID, *, n: int) -> None:
    """What was on the screen is read; marks only go forward. The others see it, unless one of two has blocked the other."""
    held, mine, seats = await access.seat_to_change(session, conversation_id, person_id)
    if mine.state == "asked" or min(n, held.last_n) <= mine.read_n:
        return
    blocked, blocking = await writing.blocked_among(session, person_id, seats)
    silently = held.kind in PAIRED and bool(blocked or blocking)
    moved = await writing.mark_read(session, conversation_id, person_id, n, silently=silently)
    if moved is None:
        return
    tell(session, (present(seats) | {person_id}) - blocked - blocking, "read", {"conversation": held.id, "n": moved, "by": person_id})
    await writing.note_seen(session, person_id)
    if not await writing.has_unread(session, conversation_id, person_id):
        await tell_read(session, conversation_id, person_id, moved)


async def tell_read(session: WriteSession, conversation_id: UUID, person_id: UUID, n: int) -> None:
    """Whoever has told the person of something new there can forget it."""
    await emit(session, ConversationRead(
        aggregate_id=f"{conversation_id}:{person_id}", version=n, conversation_id=conversation_id, person_id=person_id, n=n
    ))  # fmt: skip


async def choose(session: WriteSession, person_id: UUID, presence: str) -> None:
    """Whether the people one writes with see when one was last here, and that one is: from now on, whatever pages are open."""
    await writing.choose(session, person_id, presence)
    set_apart(session, person_id)


async def chosen(read: ReadSession, person_id: UUID) -> str:
    """What one chose."""
    return (await reading.choice(read, person_id)).presence
