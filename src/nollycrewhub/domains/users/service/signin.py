"""Coming in and going out: sign-in by password, the devices it leaves, the password typed again.

Guessing is counted in three places: per account and neighbourhood, per account from anywhere, per neighbourhood
over all accounts; a device that has been let in before has a count of its own. None of them shuts the owner out:
past any of them the password is confirmed by a code (doubt.py).
"""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from nollycrewhub.domains.users import repository
from nollycrewhub.domains.users.errors import Banned, NoSuchDevice, NotConfirmed, WrongCredentials
from nollycrewhub.domains.users.rules import device_label
from nollycrewhub.domains.users.schemas import AccountRow, DeviceOut, Login
from nollycrewhub.domains.users.service.accounts import Reach, reach_of
from nollycrewhub.domains.users.service.doubt import GUESS_WINDOW, answered, doubt
from nollycrewhub.kit.told import told
from nollycrewhub.platform.context import RequestContext
from nollycrewhub.platform.db import ReadSession, WriteSession
from nollycrewhub.platform.errors import SignInNeeded, TooMany
from nollycrewhub.platform.passwords import NOBODYS_HASH, PasswordPool
from nollycrewhub.platform.ratelimit import Limiter
from nollycrewhub.platform.security import sign, unsign
from nollycrewhub.platform.sessions import Device, Sessions, Viewer
from nollycrewhub.platform.settings import Settings

GUESSES = 10
GUESSES_FROM_ANYWHERE = 200
GUESSES_FROM_A_NEIGHBOURHOOD = 1500  # a carrier's NAT may hide some thousands of people behind one /24
KNOWN_COOKIE = "known"
KNOWN_SECONDS = 365 * 24 * 3600


@dataclass(frozen=True)
class Caller:
    """Where a sign-in comes from; `known` is a person who came in on this device before, and the device's own mark."""

    address: str
    region: str
    device: str
    language: str = "en"
    known: tuple[UUID, str] | None = None

    @property
    def neighbourhood(self) -> str:
        """The /24 of an IPv4 address or the /48 of an IPv6 one: a guesser moves about in it."""
        if ":" in self.address:
            return ":".join(self.address.split(":")[:3])
        return ".".join(self.address.split(".")[:3])


def caller_of(context: RequestContext) -> Caller:
    """Where a sign-in comes from."""
    agent = context.headers.get(b"user-agent", b"").decode("latin-1")
    cookie = context.cookies.get(f"__Host-{KNOWN_COOKIE}") or context.cookies.get(KNOWN_COOKIE, "")
    person, _, mark = (unsign(context.secret, "known", cookie) or "").partition(":")
    return Caller(context.address, context.region, device_label(agent), context.language, (UUID(person), mark) if mark else None)


def known_device(settings: Settings, person_id: UUID) -> str:
    """The text of the cookie by which a device is known again; it lets nobody in."""
    return sign(settings.secret, "known", f"{person_id}:{secrets.token_hex(8)}", expires_in=KNOWN_SECONDS)


def device_out(device: Device, current: str) -> DeviceOut:
    """A device as its owner sees it."""
    return DeviceOut(
        key=device.key, label=device.label, region=device.region, created=datetime.fromtimestamp(device.created, UTC),
        seen=datetime.fromtimestamp(device.seen, UTC), current=device.key == current,
    )  # fmt: skip


def is_known(caller: Caller, account: AccountRow | None) -> bool:
    """Whether the owner has come in on this device before."""
    return account is not None and caller.known is not None and caller.known[0] == account.id


def tallies(reach: Reach, caller: Caller, account: AccountRow | None) -> dict[str, int]:
    """Where this try is counted if it fails, and how many failures each count stands for."""
    if caller.known is not None and is_known(caller, account):
        return {f"signin:device:{caller.known[1]}": GUESSES}
    return {
        f"signin:{reach.key}:{caller.neighbourhood}": GUESSES,
        f"signin:{reach.key}": GUESSES_FROM_ANYWHERE,
        f"signin:from:{caller.neighbourhood}": GUESSES_FROM_A_NEIGHBOURHOOD,
    }


async def sign_in(
    read: ReadSession, write: WriteSession, given: Login, *, caller: Caller, passwords: PasswordPool, limiter: Limiter,
    sessions: Sessions, settings: Settings, wished: str = "",
) -> tuple[str, AccountRow]:  # fmt: skip
    """A session token for the right password, and its account; `wished` is the token of a repeated request."""
    password = given.password
    if given.challenge and wished and (held := await sessions.load(wished)) is not None:
        # The code is spent. This token is made from it and the password, and lives only if the two were right together.
        account_before = await repository.account_by_id(read, held[0].person_id)
        if account_before is not None:
            return wished, open_account(account_before)
    account = await opened(read, write, given, caller=caller, passwords=passwords, limiter=limiter, settings=settings)
    weak = passwords.needs_rehash(account.password_hash or "")
    token = await enter(read, account, caller=caller, sessions=sessions, same_hash=not weak, wished=wished)
    if weak:
        await repository.set_password_hash(write, account.id, await passwords.hash(password), before=account.password_hash or "")
    return token, account


async def opened(
    read: ReadSession, write: WriteSession, given: Login, *, caller: Caller, passwords: PasswordPool, limiter: Limiter,
    settings: Settings,
) -> AccountRow:  # fmt: skip
    """The account for the right password. Only failures are counted; past them CodeNeeded, for right and wrong alike."""
    reach = reach_of(given.email)
    if given.challenge:
        return await confirmed_by_code(read, reach, given, caller=caller, passwords=passwords, limiter=limiter, settings=settings)
    try:
        return await proven(read, reach, given.password, caller=caller, passwords=passwords, limiter=limiter)
    except TooMany:
        found = await repository.account(read, email=reach.email, phone=reach.phone)
        raise await doubt(
            write, reach, found, password=given.password, neighbourhood=caller.neighbourhood, passwords=passwords, limiter=limiter,
            settings=settings,
        ) from None  # fmt: skip


async def proven(
    read: ReadSession, reach: Reach, password: str, *, caller: Caller, passwords: PasswordPool, limiter: Limiter
) -> AccountRow:  # fmt: skip
    """The account this password opens, whole and open; the same hash is computed where there is no account."""
    passwords.refuse_if_full()
    found = await repository.account(read, email=reach.email, phone=reach.phone)
    counted = tallies(reach, caller, found)
    await limiter.refuse_after_any(counted, per=GUESS_WINDOW)
    right = await passwords.verify((found.password_hash if found else None) or NOBODYS_HASH, password)
    if found is None or not right:
        for key in counted:
            await limiter.fail(key, per=GUESS_WINDOW)
        raise WrongCredentials
    return open_account(found)


async def confirmed_by_code(
    read: ReadSession, reach: Reach, given: Login, *, caller: Caller, passwords: PasswordPool, limiter: Limiter, settings: Settings
) -> AccountRow:  # fmt: skip
    """The account that the code and the password open together, whole and open."""
    passwords.refuse_if_full()
    found = await repository.account(read, email=reach.email, phone=reach.phone)
    return open_account(await answered(
        reach, found, given, neighbourhood=caller.neighbourhood, passwords=passwords, limiter=limiter, settings=settings
    ))  # fmt: skip


def open_account(found: AccountRow) -> AccountRow:
    """The same, unless it is closed or waits to be confirmed; said only to whoever has proven to be its owner."""
    if found.banned_at is not None:
        raise Banned
    if not (found.email_confirmed_at or found.phone_confirmed_at):
        raise NotConfirmed
    return found


async def enter(
    read: ReadSession, account: AccountRow, *, caller: Caller, sessions: Sessions, confirmed: bool = True, same_hash: bool = True,
    wished: str = "",
) -> str:  # fmt: skip
    """A new session for an account that has proven itself; never one that the browser brought along.

    The account is read once more afterwards: a ban or a new password may have come in between, too early to see this session.
    """
    token = await sessions.create(
        account.id,
        name=account.name,
        operator=account.operator,
        device=caller.device,
        region=caller.region,
        confirmed=confirmed,
        wished=wished,
    )
    again = await repository.account_by_id(read, account.id)
    if again is None or again.banned_at is not None or (same_hash and again.password_hash != account.password_hash):
        await sessions.end(token)
        raise WrongCredentials
    return token


async def end_everywhere(sessions: Sessions, person_id: UUID) -> int:
    """Signs a person out on every device."""
    return await sessions.end_all(person_id)


async def end_device(sessions: Sessions, person_id: UUID, key: str) -> None:
    """Signs one of a person's own devices out."""
    if not await sessions.end_device(person_id, key):
        raise NoSuchDevice


async def confirm_password(
    read: ReadSession, viewer: Viewer, password: str, *, passwords: PasswordPool, sessions: Sessions, limiter: Limiter,
    wished: str = "",
) -> str:  # fmt: skip
    """The session's new token, which knows for ten minutes that the password was typed again; WrongCredentials otherwise."""
    await typed_again(read, viewer.person_id, password, passwords=passwords, limiter=limiter)
    token = await sessions.confirm(viewer, wished=wished)
    if token is None:
        raise SignInNeeded
    return token


async def typed_again(
    read: ReadSession, person_id: UUID, password: str, *, passwords: PasswordPool, limiter: Limiter
) -> AccountRow:  # fmt: skip
    """The signed-in person's account, if that is its password; WrongCredentials otherwise, and wrong ones are counted."""
    key = f"again:{person_id}"
    await limiter.refuse_after(key, limit=GUESSES, per=GUESS_WINDOW)
    account = await repository.account_by_id(read, person_id)
    right = await passwords.verify((account.password_hash if account else None) or NOBODYS_HASH, password)
    if account is None or not right:
        await limiter.fail(key, per=GUESS_WINDOW)
        raise WrongCredentials(told("That is not your password."))
    return account
