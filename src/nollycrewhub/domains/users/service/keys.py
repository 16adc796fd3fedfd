"""What opens one's own account: the password, and Google. Each change asks for the present password, and is told by mail."""

from functools import partial
from uuid import UUID

from nollycrewhub.domains.users import access, repository
from nollycrewhub.domains.users.errors import GoogleTaken, NoPassword, WrongCredentials
from nollycrewhub.domains.users.models import Person
from nollycrewhub.domains.users.service.accounts import Reach, message
from nollycrewhub.domains.users.service.recovery import check_password
from nollycrewhub.domains.users.service.signin import typed_again
from nollycrewhub.kit.told import told, told_about
from nollycrewhub.platform import audit
from nollycrewhub.platform.db import ReadSession, WriteSession
from nollycrewhub.platform.errors import Conflict, Invalid
from nollycrewhub.platform.openid import Identity
from nollycrewhub.platform.passwords import PasswordPool
from nollycrewhub.platform.ratelimit import Limiter
from nollycrewhub.platform.sessions import Sessions, Viewer

CONNECTED = told_about(
    "safety", "You connected a Google account to your account here. If that was not you, set a new password now and write to us."
)

CHANGED = told_about("safety", "Your password here was changed. If that was not you, set a new password now and write to us.")
DISCONNECTED = told_about("safety", "Google was disconnected. If that was not you, set a new password now and write to us.")


async def tell_person(session: WriteSession, person: Person, *, subject: str, text: str, short: str = "") -> None:
    """Writes to a confirmed address of the person; the e-mail if there is one. Under no cap: it is about their account, and their own or an operator's doing."""
    if person.email and person.email_confirmed_at:
        await message(session, Reach(person.email, None), subject=subject, text=text, language=person.locale)
    elif person.phone and person.phone_confirmed_at:
        await message(session, Reach(None, person.phone), subject=subject, text=text, short=short, language=person.locale)


async def change_password(
    session: WriteSession, read: ReadSession, viewer: Viewer, present: str, password: str, *, passwords: PasswordPool,
    limiter: Limiter, sessions: Sessions,
) -> None:  # fmt: skip
    """Sets a new password after the present one, and ends every other device; the session that asked goes on.

    The others end before the commit and once more after it, for a sign-in under way; a reset that was sent opens nothing.
    """
    if (await access.own_account(read, viewer.person_id)).password_hash is None:
        raise NoPassword
    account = await typed_again(read, viewer.person_id, present, passwords=passwords, limiter=limiter)
    check_password(password, name=account.name, address=account.email or account.phone or "")
    if password == present:
        raise Invalid(told("That is the password you have already."), field="password")
    hashed = await passwords.hash(password)
    person, _ = await access.own_for_change(session, viewer.person_id)
    if person.password_hash != account.password_hash:
        raise WrongCredentials(told("Your password was changed a moment ago. Sign in with the new one."))
    person.password_hash = hashed
    await session.flush()
    await repository.drop_secrets(session, person.id, "reset")
    await audit.record(session, person.id, "password.changed", subject=str(person.id))
    await tell_person(session, person, subject=told("Your password was changed"), text=CHANGED)
    await sessions.end_all(person.id, except_key=viewer.session_key)
    session.after_commit(partial(sessions.end_all, person.id, except_key=viewer.session_key))


async def disconnect_google(
    session: WriteSession, read: ReadSession, person_id: UUID, password: str, *, passwords: PasswordPool, limiter: Limiter
) -> None:  # fmt: skip
    """Google opens the account no longer. Only where a password does: nobody is to lock themselves out."""
    account = await access.own_account(read, person_id)
    if account.google_sub is None:
        raise Conflict(told("No Google account is connected."))
    if account.password_hash is None:
        raise NoPassword
    await typed_again(read, person_id, password, passwords=passwords, limiter=limiter)
    person, _ = await access.own_for_change(session, person_id)
    person.google_sub = None
    await session.flush()
    await audit.record(session, person_id, "google.disconnected", subject=str(person_id))
    await tell_person(session, person, subject=told("Google opens your account no longer"), text=DISCONNECTED)


async def connect_google(session: WriteSession, person_id: UUID, identity: Identity) -> None:
    """Google opens the account from now on; GoogleTaken when either is connected elsewhere already."""
    person, _ = await access.own_for_change(session, person_id)
    if not await repository.connect_google(session, person_id, identity.subject):
        raise GoogleTaken(told("That Google account opens another account here, or yours has one already. Nothing has changed."))
    await audit.record(session, person_id, "google.connected", subject=str(person_id))
    await tell_person(session, person, subject=told("Google can open your account now"), text=CONNECTED)
