"""What operators do to accounts: make one an operator, close one, open it again. Each leaves a line in the audit trail."""

from functools import partial
from uuid import UUID

from nollycrewhub.contracts.events import ProfileUpdated
from nollycrewhub.domains.users import repository
from nollycrewhub.domains.users.models import Person
from nollycrewhub.domains.users.service.accounts import reach_of
from nollycrewhub.domains.users.service.profiles import renew
from nollycrewhub.kit.time import utcnow
from nollycrewhub.platform import audit
from nollycrewhub.platform.db import WriteSession
from nollycrewhub.platform.events import emit
from nollycrewhub.platform.sessions import Sessions


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


async def ban(session: WriteSession, address: str, *, sessions: Sessions, actor: UUID | None = None) -> bool:
    """Closes an account: out on every device within a second, out of the directory; False when there is none.

    Sessions end before the commit and once more after it, for the sign-in that read the account in between.
    """
    person = await person_of(session, address)
    if person is None:
        return False
    person.banned_at = person.banned_at or utcnow()
    await say_so(session, person, listed=False)
    await audit.record(session, actor, "person.banned", subject=str(person.id))
    await sessions.end_all(person.id)
    session.after_commit(partial(sessions.end_all, person.id))
    return True


async def unban(session: WriteSession, address: str, *, actor: UUID | None = None) -> bool:
    """Opens a closed account again; False when there is none."""
    person = await person_of(session, address)
    profile = await repository.profile(session, person.id) if person else None
    if person is None or profile is None:
        return False
    person.banned_at = None
    await say_so(session, person, listed=profile.listed)
    await audit.record(session, actor, "person.unbanned", subject=str(person.id))
    return True


async def say_so(session: WriteSession, person: Person, *, listed: bool) -> None:
    """Tells those who keep a copy of the profile that it came or went."""
    renew(session, person)
    person.version += 1
    person.updated_at = utcnow()
    await session.flush()
    renew(session, person)
    await emit(
        session,
        ProfileUpdated(aggregate_id=str(person.id), version=person.version, person_id=person.id, handle=person.handle, listed=listed),
    )
