"""A new password for whoever can read the address's messages: by the link sent there, or by the code beside it."""

from functools import partial
from uuid import UUID

from nollycrewhub.domains.users import repository
from nollycrewhub.domains.users.models import Person
from nollycrewhub.domains.users.rules import password_fault
from nollycrewhub.domains.users.schemas import AskedCode
from nollycrewhub.domains.users.service.accounts import MESSAGES_AN_HOUR, Reach, reach_of
from nollycrewhub.domains.users.service.confirming import mark_confirmed, spend_code, spend_link
from nollycrewhub.domains.users.service.doubt import GUESS_WINDOW
from nollycrewhub.domains.users.service.signin import Caller
from nollycrewhub.domains.users.service.spending import DAY, admit, refuse_when_spent
from nollycrewhub.kit.time import utcnow
from nollycrewhub.platform import audit
from nollycrewhub.platform.db import WriteSession
from nollycrewhub.platform.errors import Invalid
from nollycrewhub.platform.passwords import PasswordPool
from nollycrewhub.platform.queue import enqueue
from nollycrewhub.platform.ratelimit import Limiter
from nollycrewhub.platform.sessions import Sessions
from nollycrewhub.platform.settings import Settings

RESETS_A_DAY = 8  # of one number: at once, then one each three hours; whoever else asks, the codes go to its owner
FROM_ONE_NETWORK = 4  # of these, so that no single network takes them all from an owner who is elsewhere


async def send_reset(
    session: WriteSession, address: str, *, limiter: Limiter, settings: Settings, caller: Caller, onward: str = ""
) -> None:  # fmt: skip
    """A link and a code to set a new password with, if the address has an account.

    By a number the neighbourhood's limits come first, so that what they refuse takes nothing of the number's own. A device that
    its owner came in on before is spared them, and has limits of its own: nobody else keeps it waiting.
    """
    reach = reach_of(address, field="address")
    whose = reach.key
    if reach.phone is not None:
        await refuse_when_spent(session, settings, "recovery")
        owner = await repository.find_for_change(session, email=None, phone=reach.phone)
        if caller.known is not None and caller.known[0] == owner:
            whose = f"{reach.key}:own"
        else:
            await admit(limiter, caller.neighbourhood)
            await limiter.check(f"reset:{reach.key}:from:{caller.neighbourhood}", limit=FROM_ONE_NETWORK, per=DAY)
    await limiter.check(f"reset:{whose}", limit=MESSAGES_AN_HOUR, per=3600)
    if reach.phone is not None:
        await limiter.check(f"reset:{whose}", limit=RESETS_A_DAY, per=DAY)
    await enqueue(session, "users.code", AskedCode(reach.email, reach.phone, "reset", onward, utcnow()))


async def reset(
    session: WriteSession, address: str, code: str, password: str, *, passwords: PasswordPool, limiter: Limiter,
    settings: Settings, sessions: Sessions, caller: Caller,
) -> UUID:  # fmt: skip
    """Sets a new password by the code and signs every device out."""
    reach = reach_of(address, field="address")
    check_password(password, address=reach.email or reach.phone or "")
    person, channel = await spend_code(session, reach, code, purpose="reset", limiter=limiter, settings=settings)
    await renew(session, person, channel, password, passwords=passwords, limiter=limiter, sessions=sessions, caller=caller)
    return person.id


async def reset_by_link(
    session: WriteSession, link: str, password: str, *, passwords: PasswordPool, limiter: Limiter, settings: Settings,
    sessions: Sessions, caller: Caller,
) -> Person:  # fmt: skip
    """The same by the link, which no number of wrong codes can close: nobody guesses it."""
    check_password(password)
    person, channel = await spend_link(session, link, purpose="reset", settings=settings)
    check_password(password, name=person.name, address=person.email or person.phone or "")
    await renew(session, person, channel, password, passwords=passwords, limiter=limiter, sessions=sessions, caller=caller)
    return person


def check_password(password: str, *, name: str = "", address: str = "") -> None:
    """Invalid when the new password is too easy to guess."""
    fault = password_fault(password, name=name, address=address)
    if fault:
        raise Invalid(fault, field="password")


async def renew(
    session: WriteSession, person: Person, channel: str, password: str, *, passwords: PasswordPool, limiter: Limiter,
    sessions: Sessions, caller: Caller,
) -> None:  # fmt: skip
    """Stores the password, ends every session (again after the commit, for a sign-in under way), opens the door."""
    person.password_hash = await passwords.hash(password)
    mark_confirmed(person, channel)
    await session.flush()
    await repository.drop_unused_secrets(session, person.id, "confirm")
    await audit.record(session, person.id, "password.reset", subject=str(person.id))
    await sessions.end_all(person.id)
    session.after_commit(partial(sessions.end_all, person.id))
    for key in filter(None, (person.email, person.phone)):
        reach = Reach(key, None)
        for name in (f"signin:{reach.key}", f"signin:{reach.key}:{caller.neighbourhood}"):
            await limiter.clear(name, per=GUESS_WINDOW)
