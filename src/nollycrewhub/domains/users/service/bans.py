"""What operators do to accounts: look one up, make one an operator or none, close one, open it again. Each change is in the audit trail."""

from functools import partial
from uuid import UUID

from nollycrewhub.contracts.events import PersonBanned, ProfileUpdated
from nollycrewhub.domains.users import repository
from nollycrewhub.domains.users.errors import NoSuchPerson, OperatorsAccount
from nollycrewhub.domains.users.models import Person
from nollycrewhub.domains.users.schemas import LookedUp
from nollycrewhub.domains.users.service.accounts import Reach, reach_of
from nollycrewhub.domains.users.service.keys import tell_person
from nollycrewhub.domains.users.service.profiles import renew
from nollycrewhub.kit.gsm import cut, gsm_form, size_of
from nollycrewhub.kit.text import clean, letters
from nollycrewhub.kit.time import utcnow
from nollycrewhub.kit.told import told, what
from nollycrewhub.platform import audit
from nollycrewhub.platform.db import ReadSession, WriteSession
from nollycrewhub.platform.errors import Invalid
from nollycrewhub.platform.events import emit
from nollycrewhub.platform.sessions import Sessions

REASON_LEAST, REASON_MOST = 3, 500


async def look_up(read: ReadSession, asked: str) -> LookedUp | None:
    """The account of a whole e-mail, phone number or handle; parts of one find nobody."""
    try:
        reach = reach_of(asked)
    except Invalid:
        reach = Reach(None, None)
    return await repository.looked_up(read, email=reach.email, phone=reach.phone, handle=asked.strip().lower())


async def person_of(session: WriteSession, address: str) -> Person | None:
    """The account of an e-mail or phone, locked; None when there is none."""
    reach = reach_of(address)
    person_id = await repository.find_for_change(session, email=reach.email, phone=reach.phone)
    return await repository.person(session, person_id, lock=True) if person_id else None


async def make_operator(session: WriteSession, address: str) -> bool:
    """Makes an account an operator (the command line only); False when there is none with that address."""
    person = await person_of(session, address)
    if person is None:
        return False
    person.operator = True
    await session.flush()
    await audit.record(session, None, "operator.added", subject=str(person.id))
    return True


async def unmake_operator(session: WriteSession, address: str, *, sessions: Sessions) -> bool:
    """Takes the operator's right away (the command line only); False when there is no account with that address.

    A session says whose it is and what they may, so all of them end, as when an account is closed.
    """
    person = await person_of(session, address)
    if person is None:
        return False
    if not person.operator:
        raise Invalid(f"{address} is no operator, so nothing was done.")
    person.operator = False
    await session.flush()
    await audit.record(session, None, "operator.removed", subject=str(person.id))
    await sessions.end_all(person.id)
    session.after_commit(partial(sessions.end_all, person.id))
    return True


def reason_of(text: str) -> str:
    """A reason to tell the person; Invalid when it is none."""
    try:
        reason = clean(text)
    except ValueError as error:
        raise Invalid(what(error), field="reason") from error
    if letters(reason) < REASON_LEAST or len(reason) > REASON_MOST:
        raise Invalid(f"Write the reason, in {REASON_LEAST} letters or more and at most {REASON_MOST} characters.", field="reason")
    return reason


async def ban(session: WriteSession, address: str, *, reason: str, sessions: Sessions) -> bool:
    """Closes the account of an address, from a shell; False when there is none."""
    reason = reason_of(reason)
    person = await person_of(session, address)
    if person is None:
        return False
    await close(session, person, reason=reason, sessions=sessions, actor=None)
    return True


async def ban_person(session: WriteSession, person_id: UUID, *, reason: str, sessions: Sessions, actor: UUID) -> str:
    """Closes an account, from /ops; an operator's stays open. The handle."""
    reason = reason_of(reason)
    person = await repository.person(session, person_id, lock=True)
    if person is None:
        raise NoSuchPerson
    if person.operator:
        raise OperatorsAccount
    await close(session, person, reason=reason, sessions=sessions, actor=actor)
    return person.handle


OPEN_AGAIN = told("Your account on NollyCrewHub is open again. You can sign in as before.")
SHORT_REASON = 70
"""Units of the SMS alphabet, so that no language's sentence makes it two parts."""


async def close(session: WriteSession, person: Person, *, reason: str, sessions: Sessions, actor: UUID | None) -> None:
    """Out on every device within a second, out of the directory, and told why by mail.

    Sessions end before the commit and once more after it, for the sign-in that read the account in between.
    """
    is_new = person.banned_at is None
    person.banned_at = person.banned_at or utcnow()
    person.banned_reason = reason
    await say_so(session, person, listed=False)
    await audit.record(session, actor, "person.banned", subject=str(person.id))
    if is_new:
        await emit(session, PersonBanned(aggregate_id=str(person.id), version=person.version, person_id=person.id))
        text = told(
            "An operator has closed your account on NollyCrewHub.\n\nThe reason: %(reason)s\n\nWrite to us if you think that is a mistake.",
            reason=reason,
        )
        await tell_person(session, person, subject=told("Your account is closed"), text=text, short=closed_in_short(reason))
    await sessions.end_all(person.id)
    session.after_commit(partial(sessions.end_all, person.id))


def closed_in_short(reason: str) -> str:
    """What a text message says of it in one part: of a long reason the beginning. Whoever asks is told the rest."""
    plain = " ".join(gsm_form(reason).split())
    shown = plain if size_of(plain).units <= SHORT_REASON else cut(plain, SHORT_REASON - 3).rstrip() + "..."
    return told("Your account is closed. The reason: %(reason)s A mistake? Write to us.", reason=shown)


async def unban(session: WriteSession, address: str) -> bool:
    """Opens a closed account again, from a shell; False when there is none."""
    person = await person_of(session, address)
    if person is None:
        return False
    await reopen(session, person, actor=None)
    return True


async def unban_person(session: WriteSession, person_id: UUID, *, actor: UUID) -> str:
    """Opens a closed account again, from /ops. The handle."""
    person = await repository.person(session, person_id, lock=True)
    if person is None:
        raise NoSuchPerson
    await reopen(session, person, actor=actor)
    return person.handle


async def reopen(session: WriteSession, person: Person, *, actor: UUID | None) -> None:
    """The person may sign in again, and is told so; the profile is back where it was."""
    profile = await repository.profile(session, person.id)
    was_closed, person.banned_at, person.banned_reason = person.banned_at is not None, None, ""
    await say_so(session, person, listed=profile is not None and profile.listed)
    await audit.record(session, actor, "person.unbanned", subject=str(person.id))
    if was_closed:
        await tell_person(session, person, subject=told("Your account is open again"), text=OPEN_AGAIN)


async def say_so(session: WriteSession, person: Person, *, listed: bool) -> None:
    """Tells those who keep a copy of the profile, or of the photo, that it came or went."""
    person.version += 1
    person.updated_at = utcnow()
    await session.flush()
    profile = await repository.profile(session, person.id)
    renew(session, person, photo=profile.photo_key if profile else None, at_once=True)
    await emit(
        session,
        ProfileUpdated(
            aggregate_id=str(person.id), version=person.version, person_id=person.id, handle=person.handle, listed=listed,
            state=profile.state if profile else "",
        ),
    )  # fmt: skip
