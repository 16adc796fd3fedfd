"""First messages: who may be written to, and what must be answered before more can be sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from nollycrewhub.contracts.events import ConversationOpened
from nollycrewhub.contracts.jobs import Applications
from nollycrewhub.contracts.projects import Room, Rooms
from nollycrewhub.contracts.users import Found, People
from nollycrewhub.domains.messages import access
from nollycrewhub.domains.messages.errors import (
    BadMessage,
    NobodyToWriteTo,
    NotAGroup,
    OnlyTheOwner,
    SameIdElsewhere,
    TooManyRequests,
    WaitsForAnswer,
    YouBlockedThem,
)
from nollycrewhub.domains.messages.repository import reading, writing
from nollycrewhub.domains.messages.repository.writing import Place
from nollycrewhub.domains.messages.rules.groups import may_govern, places
from nollycrewhub.domains.messages.rules.limits import LONGEST_TITLE, MOST_PEOPLE, REFUSED_COUNTS_FOR, Level, may_ask
from nollycrewhub.domains.messages.rules.states import AGAIN, GROWING, LOOKS_ASKED, LOOKS_IN, SEEN
from nollycrewhub.domains.messages.schemas import About, MessageRow, Opening, Sending
from nollycrewhub.domains.messages.service.rooms import admit
from nollycrewhub.domains.messages.service.talking import send, store, tell
from nollycrewhub.domains.messages.service.trusting import Desk, check_rate, trust
from nollycrewhub.kit.ids import uuid7
from nollycrewhub.kit.text import clean, letters
from nollycrewhub.kit.told import told
from nollycrewhub.platform.db import ReadSession, WriteSession
from nollycrewhub.platform.events import emit

TOO_MANY = told(
    "A conversation has at most %(most)s people, and each of them is asked. Messages to thousands are not sent here.", most=MOST_PEOPLE
)


@dataclass(frozen=True)
class Plan:
    """A conversation to be: its kind and key, who is in at once, who is asked, and who only looks as if they were in."""

    kind: str
    key: str
    about_id: str
    title: str
    inside: Sequence[UUID]
    asked: Sequence[UUID]
    project_id: UUID | None = None
    absent: Sequence[UUID] = ()


def key_of_pair(one: UUID, other: UUID) -> str:
    """The same for both."""
    return "direct:" + ":".join(sorted((str(one), str(other))))


async def find_people(desk: Desk, person_id: UUID, handles: Sequence[str]) -> list[UUID]:
    """Whom these handles name: people of the directory, or people one already writes with. All others are not there."""
    wanted = list(dict.fromkeys(handle.strip().removeprefix("@") for handle in handles))
    if len(wanted) > MOST_PEOPLE - 1:
        raise BadMessage(TOO_MANY, field="to")
    people = desk.ports.find(People)
    found: dict[str, Found] = await people.by_handles(desk.read, wanted) if people is not None else {}
    unlisted = [one.person_id for one in found.values() if not one.listed]
    known = await reading.known_among(desk.read, person_id, unlisted) if unlisted else set()
    ids = [found[handle].person_id for handle in wanted if handle in found and (found[handle].listed or found[handle].person_id in known)]
    if len(ids) < len(wanted):
        raise NobodyToWriteTo(told("One of these is nobody you can write to. Look at the spelling of the handle."), field="to")
    if person_id in ids:
        raise BadMessage(told("You cannot write to yourself here."), field="to")
    return ids


async def plan_of(session: WriteSession, person_id: UUID, given: Opening, desk: Desk) -> Plan:
    """What is to be opened."""
    if given.application is not None:
        applications = desk.ports.find(Applications)
        parties = await applications.parties(desk.read, given.application) if applications is not None else None
        if parties is None or person_id not in (parties.poster_id, parties.applicant_id):
            raise NobodyToWriteTo(told("There is no such application of yours."), field="application")
        both = [parties.poster_id, parties.applicant_id]
        return Plan("application", f"application:{given.application}", str(given.application), parties.job_title, both, [])
    if given.about is not None:
        about_id, room = await room_of(desk, person_id, given.about)
        kind = given.about.kind
        return Plan(kind, f"{kind}:{about_id}", about_id, room.title, list(room.people), [], room.project_id)
    if not given.to:
        raise BadMessage(told("Say whom you want to write to."), field="to")
    ids = await find_people(desk, person_id, given.to)
    known = await writing.known_among(session, person_id, ids)
    if len(ids) > 1 or given.title:
        return await plan_of_group(session, person_id, given, ids, known)
    inside, asked = [one for one in ids if one in known], [one for one in ids if one not in known]
    return Plan("direct", key_of_pair(person_id, ids[0]), "", "", [person_id, *inside], asked)


async def plan_of_group(session: WriteSession, person_id: UUID, given: Opening, ids: Sequence[UUID], known: set[UUID]) -> Plan:
    """Whom one knows is in it at once, unless they have blocked somebody there; all others are asked."""
    blocks = await writing.blocks_within(session, [person_id, *ids])
    seats = places(person_id, ids, present=[], known=known, back=(), blocks=blocks)
    inside, absent = ([one for one in ids if seats[one] == place] for place in ("in", "absent"))
    asked = [one for one in ids if one not in inside and one not in absent]
    key = f"group:{given.client_id}:{person_id}"
    return Plan("group", key, "", title_of(given.title), [person_id, *inside], asked, absent=absent)


def canonical(about_id: str) -> str:
    """The one spelling of such an id, which may come in capitals and with zeros before its number; ValueError where it is none."""
    parts = about_id.lower().split(":")
    return ":".join([*(str(UUID(part)) for part in parts[:2]), *(str(int(part)) for part in parts[2:])])


async def room_of(desk: Desk, person_id: UUID, about: About) -> tuple[str, Room]:
    """What of a project is talked about, with its id, if one is in it."""
    nothing = NobodyToWriteTo(told("There is no such project of yours."), field="about")
    try:
        about_id = canonical(about.id)
    except ValueError:
        raise nothing from None
    rooms = desk.ports.find(Rooms)
    room = await rooms.room(desk.read, about.kind, about_id) if rooms is not None else None
    if room is None or person_id not in room.people:
        raise nothing
    return about_id, room


def title_of(title: str) -> str:
    """A group's name on one line."""
    try:
        found = clean(title)
    except ValueError as error:
        raise BadMessage(str(error), field="title") from error
    if not letters(found):
        raise BadMessage(told("Give the group a name, so that people know what they are asked into."), field="title")
    return found[:LONGEST_TITLE]


def check_asking(level: Level, waiting: int, more: int) -> None:
    """First messages that nobody has answered are bounded, by trust."""
    if may_ask(level, waiting=waiting, more=more):
        return
    if level.requests == 0:
        raise TooManyRequests(told("Confirm your e-mail address or phone number first. Then you can write to people you do not know."))
    raise TooManyRequests(
        told(
            "%(waiting)s of your first messages wait for an answer, and your account may have %(requests)s. It grows with each that is accepted.",
            waiting=waiting,
            requests=level.requests,
        )
    )


async def asked_already(session: WriteSession, person_id: UUID, asked: Sequence[UUID]) -> set[UUID]:
    """Who of these has been told that somebody asks them something and has not answered: they are not told again."""
    return await writing.asked_already(session, person_id, asked, refused_for=REFUSED_COUNTS_FOR) if asked else set()


async def open_conversation(session: WriteSession, person_id: UUID, *, given: Opening, desk: Desk) -> MessageRow:
    """A first message. Where the conversation is there already, this is one more message in it."""
    sending = Sending(text=given.text, client_id=given.client_id)
    if (before := await writing.already(session, person_id, given.client_id)) is not None:
        found = await writing.own_message(session, before[0], before[1], person_id)
        if found is None:
            raise SameIdElsewhere
        return found
    plan = await plan_of(session, person_id, given, desk)
    mine, theirs = await writing.blocked_among(session, person_id, [*plan.inside, *plan.asked])
    if mine and plan.kind in GROWING:
        raise YouBlockedThem(told("You have blocked somebody of these. Unblock them first, or leave them out."))
    existing, is_new = await writing.create(
        session, (uuid7(), plan.kind, plan.key, plan.about_id, plan.title, person_id), project_id=plan.project_id
    )
    if not is_new and plan.project_id is not None:  # who came into the project a moment ago may be here before the event
        await admit(session, existing, plan.inside, seats=plan.inside)
    if not is_new:
        return await write_on(session, person_id, existing, sending, desk)
    if plan.asked:
        level, waiting = await trust(session, person_id, desk)
        check_asking(level, waiting, len(plan.asked))
    knowing = await asked_already(session, person_id, plan.asked)
    for one in plan.inside:
        await writing.sit(session, existing, one, "in", asked_by=None, from_n=0)
    for one in plan.absent:
        await writing.sit(session, existing, one, "absent", asked_by=None, from_n=0)
    for one in plan.asked:
        state = "declined" if one in theirs else "asked"  # who has blocked is asked nothing, and the other is not told
        await writing.sit(session, existing, one, state, asked_by=person_id, from_n=0)
    floor = await access.floor(session, existing, person_id, given.client_id)
    await check_rate(person_id, desk, floor.record)
    heard = [one for one in plan.asked if one not in theirs | mine | knowing]
    stored = await store(session, floor, person_id, given=sending)
    await emit(session, ConversationOpened(
        aggregate_id=str(existing), version=1, conversation_id=existing, kind=plan.kind, opener_id=person_id,
        people=sorted(set(plan.inside) - {person_id} - theirs - mine), asked=sorted(heard),
    ))  # fmt: skip
    return stored


async def write_on(session: WriteSession, person_id: UUID, conversation_id: UUID, sending: Sending, desk: Desk) -> MessageRow:
    """One more message where there is a conversation already; whoever was asked, or had said no, accepts by writing."""
    found = await writing.hold(session, conversation_id)
    if found is None or person_id not in found[1]:
        raise NobodyToWriteTo
    if found[1][person_id].state in ("asked", "declined"):
        await writing.move(session, conversation_id, person_id, "in")
    elif found[1][person_id].state != "in":
        raise WaitsForAnswer
    return await send(session, person_id, conversation_id, given=sending, desk=desk)


def silenced(unasked: Sequence[UUID], seats: Mapping[UUID, Place]) -> dict[UUID, str]:
    """Where those sit who are asked nothing, by a block or a no, and stand there like who has not answered.

    Who stands there so already is left as they are, and so is who has been in it: they keep what was said until they went.
    """
    fresh = {one: seats[one].state if one in seats else "lost" for one in unasked}
    found = {"lost": "unheard", "absent-out": "unheard", "refused": "declined"}
    return {one: found[state] for one, state in fresh.items() if state in found}


def seated(found: Mapping[UUID, str], seats: Mapping[UUID, Place]) -> tuple[dict[UUID, str], dict[UUID, str]]:
    """Who is taken in or asked, and who is absent. A no stays a no, and who is absent looks like in until they are in."""
    now = {one: place.state for one, place in seats.items()}
    stays = {one for one in found if now.get(one) == "refused" or (now.get(one) == "absent" and found[one] != "in")}
    taken = {one: state for one, state in found.items() if state in ("in", "asked") and one not in stays}
    return taken, {one: state for one, state in found.items() if state == "absent" and one not in stays}


async def add_people(session: WriteSession, person_id: UUID, conversation_id: UUID, *, handles: Sequence[str], desk: Desk) -> None:
    """Asks more people into a group: those one knows are in at once, all others must accept. They see what is said from now on."""
    held, mine, seats = await access.seat_to_speak(session, conversation_id, person_id)
    if held.kind not in GROWING:
        raise NotAGroup
    if mine.state != "in":
        raise WaitsForAnswer
    if len(handles) > MOST_PEOPLE:
        raise BadMessage(TOO_MANY, field="people")
    found = await find_people(desk, person_id, handles)
    fresh = [one for one in found if one not in seats or seats[one].state in AGAIN]
    if any(one in seats and seats[one].state in ("out", "absent-out") for one in fresh) and not may_govern(held.owner_id, person_id):
        raise OnlyTheOwner(told("The owner has put somebody of these out. Only the owner can ask them in again."))
    inside_now = sum(place.state in {*LOOKS_IN, *LOOKS_ASKED} for one, place in seats.items() if one not in fresh)
    if inside_now + len(fresh) > MOST_PEOPLE:
        raise BadMessage(TOO_MANY, field="people")
    inside = [one for one, place in seats.items() if place.state in ("in", "asked")]
    blocks = await writing.blocks_within(session, [*inside, *fresh])
    if any((person_id, one) in blocks for one in fresh):
        raise YouBlockedThem(told("You have blocked somebody of these. Unblock them first, or leave them out."))
    known = await writing.known_among(session, person_id, fresh)
    back = [one for one, place in seats.items() if place.state not in ("unheard", "absent")]
    found_places = places(person_id, fresh, present=inside, known=known, back=back, blocks=blocks)
    taken, absent = seated(found_places, seats)
    asked = sorted(one for one, state in taken.items() if state == "asked")
    silent = silenced([one for one in fresh if one not in taken and one not in absent], seats)
    unheard = {one for one in asked if one in seats and seats[one].state == "unheard"}  # who counted when they were asked nothing
    if more := len(asked) + len(silent) - len(unheard):
        level, waiting = await trust(session, person_id, desk)
        check_asking(level, waiting, more)
    knowing = await asked_already(session, person_id, asked)
    for one, state in [*taken.items(), *silent.items(), *absent.items()]:
        asked_by = None if state in LOOKS_IN else person_id
        await writing.sit(session, conversation_id, one, state, asked_by=asked_by, from_n=held.last_n)
    seeing = {one for one, place in seats.items() if place.state in SEEN}
    tell(session, {*taken, *seeing}, "conversation", {"conversation": conversation_id})
    if taken:
        await emit(session, ConversationOpened(
            aggregate_id=str(conversation_id), version=held.last_n + 1, conversation_id=conversation_id, kind=held.kind, opener_id=person_id,
            people=sorted(set(taken) - set(asked)), asked=sorted(set(asked) - knowing),
        ))  # fmt: skip


async def find(
    read: ReadSession, person_id: UUID, *, desk: Desk, to: str, application: UUID | None, about: About | None = None
) -> tuple[UUID | None, str, str]:  # fmt: skip
    """Where a first message would go: the conversation if it is there already, the name, and what it hangs on."""
    people = desk.ports.find(People)
    if about is not None:
        about_id, room = await room_of(desk, person_id, about)
        return await reading.by_key(read, f"{about.kind}:{about_id}", person_id), room.title, room.title
    if application is not None:
        applications = desk.ports.find(Applications)
        parties = await applications.parties(read, application) if applications is not None else None
        if parties is None or person_id not in (parties.poster_id, parties.applicant_id):
            raise NobodyToWriteTo
        other = parties.applicant_id if person_id == parties.poster_id else parties.poster_id
        cards = await people.cards(read, [other]) if people is not None else {}
        name = cards[other].name if other in cards else told("Somebody who has left")
        return await reading.by_key(read, f"application:{application}", person_id), name, parties.job_title
    (other,) = await find_people(desk, person_id, [to])
    cards = await people.cards(read, [other]) if people is not None else {}
    return await reading.by_key(read, key_of_pair(person_id, other), person_id), cards[other].label if other in cards else to, ""
