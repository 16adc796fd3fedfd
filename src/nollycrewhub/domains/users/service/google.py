"""Sign-in with Google. The account's key is Google's subject, never the e-mail.

An account that exists already is connected only when Google has checked the e-mail and the account's owner has typed
the account's own password: whoever registers somebody else's address first gains nothing, and neither does whoever
gets hold of an old mailbox.
"""

import secrets
from uuid import UUID

from nollycrewhub.contracts.events import PersonRegistered
from nollycrewhub.domains.users import repository
from nollycrewhub.domains.users.errors import Banned, GoogleTaken
from nollycrewhub.domains.users.models import Person
from nollycrewhub.domains.users.rules import normal_email
from nollycrewhub.domains.users.schemas import Login, PendingLink
from nollycrewhub.domains.users.service.accounts import clean_name, free_handle, message, open_account, reach_of
from nollycrewhub.domains.users.service.keys import CONNECTED
from nollycrewhub.domains.users.service.signin import Caller, enter, opened
from nollycrewhub.kit.ids import uuid7
from nollycrewhub.kit.time import utcnow
from nollycrewhub.kit.told import told
from nollycrewhub.platform import audit
from nollycrewhub.platform.db import ReadSession, WriteSession
from nollycrewhub.platform.errors import Gone, Invalid
from nollycrewhub.platform.events import emit
from nollycrewhub.platform.once import Once
from nollycrewhub.platform.openid import Identity
from nollycrewhub.platform.passwords import PasswordPool
from nollycrewhub.platform.ratelimit import Limiter
from nollycrewhub.platform.sessions import Sessions
from nollycrewhub.platform.settings import Settings

LINK_SECONDS = 600


async def arrive(
    read: ReadSession, session: WriteSession, identity: Identity, *, caller: Caller, sessions: Sessions, onward: str
) -> tuple[str, UUID] | PendingLink:  # fmt: skip
    """A session token and whose it is, or what must be connected first."""
    found = await repository.account_by_google(read, identity.subject)
    if found is not None:
        if found.banned_at is not None:
            raise Banned
        return await enter(read, found, caller=caller, sessions=sessions, confirmed=not found.operator), found.id
    email = normal_email(identity.email) if identity.email else None
    owner = await repository.account(read, email=email) if email else None
    if owner is not None:
        if owner.google_sub is not None:
            raise GoogleTaken
        return PendingLink(subject=identity.subject, email=email or "", mark=secrets.token_urlsafe(12), next=onward)
    person = await new_account(session, identity, email=email, region=caller.region, language=caller.language)
    return await sessions.create(person.id, name=person.name, device=caller.device, region=caller.region), person.id


async def new_account(session: WriteSession, identity: Identity, *, email: str | None, region: str, language: str) -> Person:
    """An account opened by Google alone; its e-mail is one that Google has checked, or none."""
    try:
        name = clean_name(identity.name)[:80]
    except Invalid:
        name = "New member"
    person = Person(
        id=uuid7(), handle=await free_handle(session, name), name=name, email=email, google_sub=identity.subject,
        email_confirmed_at=utcnow() if email else None, locale=language, version=1,
    )  # fmt: skip
    if not await open_account(session, person):
        raise GoogleTaken(told("That account was being made twice. Please sign in again."))
    await emit(session, PersonRegistered(aggregate_id=str(person.id), version=1, person_id=person.id, region=region))
    return person


async def link(
    read: ReadSession, session: WriteSession, pending: PendingLink, given: Login, *, caller: Caller,
    passwords: PasswordPool, limiter: Limiter, sessions: Sessions, once: Once, settings: Settings,
) -> tuple[str, UUID]:  # fmt: skip
    """Connects the Google account after its owner typed the password of the account, and a code where signing in needs one; works once."""
    account = await opened(read, session, given, caller=caller, passwords=passwords, limiter=limiter, settings=settings)
    if not await once.claim("google-link", pending.mark, seconds=LINK_SECONDS):
        raise Gone(told("That was used already. Please start again from the sign-in page."))
    if not await repository.connect_google(session, account.id, pending.subject):
        raise GoogleTaken
    await audit.record(session, account.id, "google.connected", subject=str(account.id))
    await message(
        session, reach_of(pending.email), subject=told("Google can open your account now"), text=CONNECTED, language=account.locale
    )
    return await enter(read, account, caller=caller, sessions=sessions, confirmed=not account.operator), account.id
