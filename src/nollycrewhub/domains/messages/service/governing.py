"""What the owner of a group does: name it, put somebody out, hand it over."""

from uuid import UUID

from nollycrewhub.domains.messages import access
from nollycrewhub.domains.messages.errors import BadMessage, NobodyInIt, NotAGroup, OnlyTheOwner
from nollycrewhub.domains.messages.repository import writing
from nollycrewhub.domains.messages.repository.writing import Held, Place
from nollycrewhub.domains.messages.rules.groups import may_govern
from nollycrewhub.domains.messages.rules.limits import REFUSED_COUNTS_FOR
from nollycrewhub.domains.messages.rules.states import GROWING, LOOKS_ASKED, LOOKS_IN
from nollycrewhub.domains.messages.service.opening import title_of
from nollycrewhub.domains.messages.service.talking import present, tell, tell_read
from nollycrewhub.domains.messages.service.trusting import Desk, check_rate
from nollycrewhub.kit.told import told
from nollycrewhub.platform.db import WriteSession
from nollycrewhub.platform.live import revoke


async def governed(session: WriteSession, person_id: UUID, conversation_id: UUID) -> tuple[Held, dict[UUID, Place]]:
    """A group of one's own that goes on, locked."""
    held, mine, seats = await access.seat_to_speak(session, conversation_id, person_id)
    if held.kind not in GROWING:
        raise NotAGroup(told("Only a group has an owner and a name."))
    if mine.state != "in" or not may_govern(held.owner_id, person_id):
        raise OnlyTheOwner
    return held, seats


async def rename(session: WriteSession, person_id: UUID, conversation_id: UUID, *, title: str, desk: Desk) -> None:
    """Another name, for everybody in it to whom the owner's words come through.

    Who has blocked them keeps the one they know, and so does who is not in it, until they accept. It counts as a
    message among those of a minute.
    """
    held, seats = await governed(session, person_id, conversation_id)
    called = title_of(title)
    if called != held.title:
        await check_rate(person_id, desk, await writing.record(session, person_id, refused_for=REFUSED_COUNTS_FOR))
        _, blocking = await writing.blocked_among(session, person_id, seats)
        unheard = blocking | {one for one, place in seats.items() if place.state != "in"}
        await writing.rename(session, conversation_id, called, not_for=unheard)
        tell(session, present(seats) - unheard, "conversation", {"conversation": conversation_id})


async def put_out(session: WriteSession, person_id: UUID, conversation_id: UUID, *, other: UUID) -> None:
    """They keep what was said until now, hear nothing more, and come back only if the owner asks them."""
    _, _, seats = await access.seat_to_speak(session, conversation_id, person_id)
    if other not in seats or seats[other].state not in {*LOOKS_IN, *LOOKS_ASKED}:
        raise NobodyInIt
    held, seats = await governed(session, person_id, conversation_id)
    if other == person_id:
        raise BadMessage(told("You can leave the group. Nobody puts themselves out."), field="person_id")
    place = seats[other]
    if place.state == "in":
        await writing.move(session, conversation_id, other, "out", until_n=held.last_n)
    elif place.state == "absent":
        await writing.move(session, conversation_id, other, "absent-out")
    elif place.state == "declined":  # a no stays a no, whoever asks again
        await writing.move(session, conversation_id, other, "refused")
    else:
        await writing.move(session, conversation_id, other, "out" if place.until_n is not None else "lost", until_n=place.until_n)
    if place.state == "asked":
        await tell_read(session, conversation_id, other, place.read_n)
    revoke(session, f"conversation:{conversation_id}", other)
    tell(session, present(seats), "conversation", {"conversation": conversation_id})


async def hand_over(session: WriteSession, person_id: UUID, conversation_id: UUID, *, other: UUID) -> None:
    """The group is somebody else's who is in it; the one it was stays."""
    _, _, seats = await access.seat_to_speak(session, conversation_id, person_id)
    if other not in seats or seats[other].state not in LOOKS_IN:
        raise NobodyInIt
    await governed(session, person_id, conversation_id)
    if other != person_id:
        await writing.hand_over(session, conversation_id, other)
        tell(session, present(seats), "conversation", {"conversation": conversation_id})
