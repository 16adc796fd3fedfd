"""Codes and links that come back, and the address they confirm.

Anybody may join with anybody's address, so an account that waits to be confirmed may have been asked for by a stranger, by
its owner, or by both in any order. Each of them has a code of their own, and confirming with it sets the password and name
of that registration. All the codes are in the owner's mailbox, though, where one is easily taken for another: once the
address was used more than once, confirming needs that registration's password too, which a stranger knows and has no code.
"""

import hmac
from uuid import UUID

from nollycrewhub.domains.users import repository
from nollycrewhub.domains.users.errors import CodeRefused, LinkRefused
from nollycrewhub.domains.users.models import Person, SentSecret
from nollycrewhub.domains.users.service.accounts import (
    CODE_MINUTES,
    CODE_TRIES,
    Reach,
    asked_at,
    code_hash,
    free_handle,
    is_confirmed,
    reach_of,
    secret_of,
)
from nollycrewhub.kit.time import spoken, utcnow
from nollycrewhub.kit.told import told, told_about
from nollycrewhub.platform.db import WriteSession
from nollycrewhub.platform.errors import Invalid
from nollycrewhub.platform.passwords import NOBODYS_HASH, PasswordPool
from nollycrewhub.platform.ratelimit import Limiter
from nollycrewhub.platform.settings import Settings


async def held_by_code(
    session: WriteSession, reach: Reach, code: str, *, purpose: str, limiter: Limiter, settings: Settings
) -> tuple[Person, SentSecret, list[SentSecret]]:  # fmt: skip
    """The account of a right code, the code, and all that wait for the same purpose; CodeRefused otherwise, after few tries."""
    key = f"code:{purpose}:{reach.key}"
    if await limiter.failures(key, per=CODE_MINUTES * 60) >= CODE_TRIES:
        raise CodeRefused(told("Too many wrong codes. Wait half an hour, then ask for a new one."))
    person_id = await repository.find_for_change(session, email=reach.email, phone=reach.phone)
    waiting = await repository.unused_secrets(session, person_id, purpose) if person_id else []
    person = await repository.person(session, person_id, lock=True) if person_id else None
    given = code_hash(settings, person_id or UUID(int=0), purpose, "".join(c for c in code if c.isdigit()))
    right = [one for one in waiting if hmac.compare_digest(one.code_hash, given) and one.is_live]
    if not right or person is None:
        await limiter.fail(key, per=CODE_MINUTES * 60)
        raise CodeRefused
    return person, right[0], waiting


async def held_by_link(
    session: WriteSession, link: str, *, purpose: str, settings: Settings
) -> tuple[Person, SentSecret, list[SentSecret]]:  # fmt: skip
    """The account of a link, the code sent with it, and all that wait for the same purpose; LinkRefused otherwise."""
    secret_id = secret_of(settings, link, purpose)
    person_id = await repository.owner_of_secret(session, secret_id, purpose)
    waiting = await repository.unused_secrets(session, person_id, purpose) if person_id else []
    person = await repository.person(session, person_id, lock=True) if person_id else None
    right = [one for one in waiting if one.id == secret_id and one.is_live]
    if not right or person is None:
        raise LinkRefused
    return person, right[0], waiting


async def spend_code(
    session: WriteSession, reach: Reach, code: str, *, purpose: str, limiter: Limiter, settings: Settings
) -> tuple[Person, str]:  # fmt: skip
    """The account and channel of a right code, which is used up by it."""
    person, sent, _ = await held_by_code(session, reach, code, purpose=purpose, limiter=limiter, settings=settings)
    await repository.use_secret(session, sent.id)
    return person, sent.channel


async def spend_link(session: WriteSession, link: str, *, purpose: str, settings: Settings) -> tuple[Person, str]:
    """The account and channel of a link, which is used up by it (and so is the code sent with it)."""
    person, sent, _ = await held_by_link(session, link, purpose=purpose, settings=settings)
    await repository.use_secret(session, sent.id)
    return person, sent.channel


async def confirm_by_link(
    session: WriteSession, link: str, password: str = "", *, passwords: PasswordPool, limiter: Limiter, settings: Settings
) -> Person:  # fmt: skip
    """Confirms the address that the link was sent to, for the registration it was sent for."""
    person, sent, waiting = await held_by_link(session, link, purpose="confirm", settings=settings)
    await settle(session, person, sent, waiting, password=password, passwords=passwords, limiter=limiter)
    return person


async def confirm(
    session: WriteSession, address: str, code: str, password: str = "", *, passwords: PasswordPool, limiter: Limiter,
    settings: Settings,
) -> Person:  # fmt: skip
    """Confirms the address that the code was sent to, for the registration it was sent for."""
    reach = reach_of(address, field="address")
    person, sent, waiting = await held_by_code(session, reach, code, purpose="confirm", limiter=limiter, settings=settings)
    await settle(session, person, sent, waiting, password=password, passwords=passwords, limiter=limiter)
    return person


async def settle(
    session: WriteSession, person: Person, sent: SentSecret, waiting: list[SentSecret], *, password: str, passwords: PasswordPool,
    limiter: Limiter,
) -> None:  # fmt: skip
    """The registration of this code is the account from now on; what others wanted of it is forgotten."""
    if not is_confirmed(person):
        wanted = sent.password_hash or person.password_hash
        if {one.password_hash or person.password_hash for one in waiting} | {person.password_hash} != {wanted}:
            when = spoken(asked_at(sent, waiting))
            await check_registrant(person.id, wanted, password, when=when, passwords=passwords, limiter=limiter)
        person.password_hash = wanted
        if sent.name is not None and sent.name != person.name:
            person.name, person.handle = sent.name, await free_handle(session, sent.name)
    mark_confirmed(person, sent.channel)
    await session.flush()
    await repository.use_secret(session, sent.id)
    await repository.drop_unused_secrets(session, person.id, "confirm")


async def check_registrant(
    person_id: UUID, wanted: str | None, password: str, *, when: str, passwords: PasswordPool, limiter: Limiter
) -> None:  # fmt: skip
    """Raises Invalid unless that is the password of the registration: whoever reads the mailbox may not have made it."""
    if not password:
        raise Invalid(
            told_about(
                "safety",
                "This address was used to join more than once, and this code is for who did on %(when)s. If that was you, type the "
                "password you chose then. If not, do not use this code.",
                when=when,
            ),
            field="password",
        )
    key = f"registrant:{person_id}"
    await limiter.refuse_after(key, limit=CODE_TRIES, per=CODE_MINUTES * 60)
    if not await passwords.verify(wanted or NOBODYS_HASH, password):
        await limiter.fail(key, per=CODE_MINUTES * 60)
        said = told("That is not the password chosen on %(when)s. Take the code of another message from us, or join once more.", when=when)
        raise Invalid(said, field="password")


def mark_confirmed(person: Person, channel: str) -> None:
    """A code that came back proves the address."""
    if channel == "email":
        person.email_confirmed_at = person.email_confirmed_at or utcnow()
    else:
        person.phone_confirmed_at = person.phone_confirmed_at or utcnow()
