"""What one does with a conversation, and with people: accept, decline, leave, mute, archive, block, report."""

from collections.abc import Mapping
from uuid import UUID

from nollycrewhub.contracts.users import Accounts, People
from nollycrewhub.domains.messages import access
from nollycrewhub.domains.messages.errors import BadMessage, CannotTurn, NobodyToBlock, NoSuchMessage
from nollycrewhub.domains.messages.repository import files, reading, reporting, writing
from nollycrewhub.domains.messages.repository.writing import Held, Place
from nollycrewhub.domains.messages.rules.groups import next_owner
from nollycrewhub.domains.messages.rules.limits import REPORTS_AN_HOUR
from nollycrewhub.domains.messages.rules.states import FLAGS, GROWING, after_turn
from nollycrewhub.domains.messages.schemas import BlockRow, Deciding, MessageReporting, ReportedRow, ReportOut
from nollycrewhub.domains.messages.service.talking import come_in_apart, forget_files, present, tell, tell_read
from nollycrewhub.domains.messages.service.trusting import Desk
from nollycrewhub.kit.ids import uuid7
from nollycrewhub.kit.text import clean
from nollycrewhub.kit.told import told
from nollycrewhub.platform import audit
from nollycrewhub.platform.db import ReadSession, WriteSession
from nollycrewhub.platform.live import revoke, set_apart
from nollycrewhub.platform.ports import Ports

MOST_REPORTS = 50


async def turn(session: WriteSession, person_id: UUID, conversation_id: UUID, *, to: str) -> None:
    """Accepts, declines, leaves, mutes or archives. Who asked is not told of a no."""
    held, mine, seats = await access.seat_to_change(session, conversation_id, person_id)
    state = after_turn(mine.state, to, kind=held.kind)
    if state is None:
        raise CannotTurn
    if to in FLAGS:
        name, on = FLAGS[to]
        await writing.flag(session, conversation_id, person_id, name, on=on)
        tell(session, [person_id], "conversation", {"conversation": conversation_id})
        return
    if state == "in":
        await writing.accept(session, conversation_id, person_id)
        await come_in_apart(session, [person_id], seats)
    elif state == "left":
        await writing.move(session, conversation_id, person_id, state, until_n=held.last_n)
        revoke(session, f"conversation:{conversation_id}", person_id)
    else:  # who had been in it before keeps what they saw then
        await writing.move(session, conversation_id, person_id, "left" if mine.until_n is not None else state, until_n=mine.until_n)
    await find_owner(session, held, seats, person_id, state)
    if mine.state == "asked":
        await tell_read(session, conversation_id, person_id, mine.read_n)
    hearers = [person_id] if state == "declined" else [*present(seats), person_id]
    tell(session, hearers, "conversation", {"conversation": conversation_id})


async def find_owner(session: WriteSession, held: Held, seats: Mapping[UUID, Place], person_id: UUID, state: str) -> None:
    """A group that its owner leaves goes to the longest-standing; one that nobody owns, to whoever comes into it."""
    if held.kind not in GROWING:
        return
    if state == "left" and held.owner_id == person_id:
        inside = {one: None for one, place in seats.items() if place.state == "in"}
        await writing.hand_over(session, held.id, next_owner(inside, person_id))
    elif state == "in" and held.owner_id is None:
        await writing.hand_over(session, held.id, person_id)


async def block(session: WriteSession, read: ReadSession, person_id: UUID, other_id: UUID, *, ports: Ports) -> None:
    """Nothing comes through between the two from now on, and the other is not told."""
    if person_id == other_id:
        raise BadMessage(told("You cannot block yourself."), field="person_id")
    people = ports.find(People)
    if people is None or other_id not in await people.cards(read, [other_id]):
        raise NobodyToBlock
    await writing.block(session, person_id, other_id)
    set_apart(session, person_id)


async def unblock(session: WriteSession, person_id: UUID, other_id: UUID) -> None:
    """What was said meanwhile stays unsaid; what comes now comes through."""
    await writing.unblock(session, person_id, other_id)
    set_apart(session, person_id)


async def blocks(read: ReadSession, person_id: UUID) -> list[BlockRow]:
    """Whom one has blocked."""
    return await reading.blocks(read, person_id)


async def report(session: WriteSession, desk: Desk, person_id: UUID, conversation_id: UUID, *, given: MessageReporting) -> UUID:
    """Shows an operator these messages of one other person, and nothing else of the conversation. Once, while that waits."""
    await access.seat_to_change(session, conversation_id, person_id)
    numbers = sorted(set(given.messages))
    rows = [await access.message_seen(desk.read, conversation_id, person_id, n) for n in numbers]
    authors = {row.author_id for row in rows}
    if len(authors) != 1 or person_id in authors:
        raise BadMessage(told("Report messages of one other person at a time."), field="messages")
    (author_id,) = authors
    if author_id is None:
        raise NoSuchMessage(told("Who wrote this has left, and the words with them."))
    note = note_of(given.note)
    if (waiting := await reporting.waits(session, person_id, conversation_id, numbers)) is not None:
        return waiting
    await desk.limiter.check(f"message-report:{person_id}", limit=REPORTS_AN_HOUR, per=3600, needed=False)
    report_id = uuid7()
    await reporting.add(session, (report_id, conversation_id, person_id, author_id, given.reason, note), numbers)
    await audit.record(session, person_id, "messages.reported", subject=str(report_id))
    return report_id


def note_of(text: str) -> str:
    """What somebody writes beside a report, or a decision, as it is stored."""
    try:
        return clean(text, lines=True)
    except ValueError as error:
        raise BadMessage(str(error), field="note") from error


async def reports(read: ReadSession, *, frozen: bool = False) -> list[ReportOut]:
    """What waits for an operator, oldest first; or what has stopped a conversation that is stopped still, newest first."""
    rows = await (reporting.frozen if frozen else reporting.waiting)(read, limit=MOST_REPORTS)
    shown: dict[UUID, list[ReportedRow]] = {row.id: [] for row in rows}
    for message in await reporting.shown(read, list(shown)):
        shown[message.report_id].append(message)
    return [ReportOut(report=row, messages=shown[row.id]) for row in rows]


async def decide(session: WriteSession, operator_id: UUID, report_id: UUID, *, given: Deciding, ports: Ports) -> None:
    """Nothing, a stop of the conversation, the end of the account; or that a stopped conversation goes on."""
    note = note_of(given.note)
    decided = "freeze" if given.decision == "unfreeze" else None
    conversation_id, reported_id = await access.report_to_decide(session, report_id, decided=decided)
    if given.decision in ("freeze", "unfreeze"):
        await freeze(session, conversation_id, on=given.decision == "freeze")
    elif given.decision == "close-account":
        accounts = ports.find(Accounts)
        if reported_id is None or accounts is None:
            raise CannotTurn(told("That account is not there any more."))
        await accounts.close(session, reported_id, reason=note, actor=operator_id)
    await reporting.decide(session, report_id, given.decision, by=operator_id)
    await forget_files(session, await files.release(session, conversation_id))
    await audit.record(
        session, operator_id, f"messages.report.{given.decision}", subject=str(report_id), detail={"conversation": str(conversation_id)}
    )


async def freeze(session: WriteSession, conversation_id: UUID, *, on: bool) -> None:
    """It can be read, and nothing more can be sent; or it goes on."""
    found = await writing.hold(session, conversation_id)
    if found is None:
        return
    await (writing.freeze if on else writing.unfreeze)(session, conversation_id)
    revoke(session, f"conversation:{conversation_id}")
    tell(session, present(found[1]), "conversation", {"conversation": conversation_id})
