"""Accounts: register, confirm, sign in, reset. No answer tells whether an address has an account."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from nollycrewhub.contracts.events import PersonRegistered
from nollycrewhub.domains.users import repository
from nollycrewhub.domains.users.errors import Banned, CodeRefused, NoSuchDevice, NotConfirmed, WrongCredentials
from nollycrewhub.domains.users.models import Person, Profile
from nollycrewhub.domains.users.rules import device_label, normal_email, password_fault
from nollycrewhub.domains.users.schemas import AccountRow, DeviceOut, Register
from nollycrewhub.kit.ids import uuid7
from nollycrewhub.kit.phone import NotAPhone, e164
from nollycrewhub.kit.text import clean, handle
from nollycrewhub.kit.time import utcnow
from nollycrewhub.platform import audit
from nollycrewhub.platform.context import RequestContext
from nollycrewhub.platform.db import ReadSession, WriteSession
from nollycrewhub.platform.errors import Invalid
from nollycrewhub.platform.events import emit
from nollycrewhub.platform.mail import Mail, Sms, send_mail, send_sms
from nollycrewhub.platform.ratelimit import Limiter
from nollycrewhub.platform.security import PasswordPool
from nollycrewhub.platform.sessions import Device, Sessions, Viewer
from nollycrewhub.platform.settings import Settings

SENT = "If that address can be used, a message is on its way to it."
CODE_SENT = "If that address has an account, a code is on its way to it."
LARGEST_PHOTO = 5_000_000
CODE_MINUTES = 30
CODE_TRIES = 6
GUESSES = 10
GUESSES_FROM_ANYWHERE = 200
GUESS_WINDOW = 900
MESSAGES_AN_HOUR = 6
NOBODYS_HASH = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3Mgc2FsdA$k0Dd0XhRLtmdB0SDo7m4kEgoEzd2TxXnqVqO2LGRyC8"


@dataclass(frozen=True)
class Caller:
    """Where a sign-in comes from."""

    address: str
    region: str
    device: str

    @property
    def neighbourhood(self) -> str:
        """The /24 of an IPv4 address or the /48 of an IPv6 one: a guesser moves about in it."""
        if ":" in self.address:
            return ":".join(self.address.split(":")[:3])
        return ".".join(self.address.split(".")[:3])


@dataclass(frozen=True)
class Reach:
    """A normalised address: exactly one of the two is set."""

    email: str | None
    phone: str | None

    @property
    def key(self) -> str:
        """The address as a throttle's key."""
        return hashlib.sha256((self.email or self.phone or "").encode()).hexdigest()[:32]


def caller_of(context: RequestContext) -> Caller:
    """Where a sign-in comes from."""
    agent = context.headers.get(b"user-agent", b"").decode("latin-1")
    return Caller(context.address, context.region, device_label(agent))


def device_out(device: Device, current: str) -> DeviceOut:
    """A device as its owner sees it."""
    return DeviceOut(
        key=device.key, label=device.label, region=device.region, created=datetime.fromtimestamp(device.created, UTC),
        seen=datetime.fromtimestamp(device.seen, UTC), current=device.key == current,
    )  # fmt: skip


def reach_of(address: str, *, field: str = "email") -> Reach:
    """An e-mail or a Nigerian phone number in any usual spelling; Invalid otherwise."""
    if "@" in address:
        email = normal_email(address)
        if email is None:
            raise Invalid("That does not look like an e-mail address.", field=field)
        return Reach(email, None)
    try:
        return Reach(None, e164(address))
    except NotAPhone as error:
        raise Invalid("Write an e-mail address, or a Nigerian mobile number such as 0803 123 4567.", field=field) from error


def clean_name(name: str) -> str:
    """A name without control characters; Invalid when nothing is left."""
    try:
        cleaned = clean(name)
    except ValueError as error:
        raise Invalid(str(error), field="name") from error
    if not cleaned:
        raise Invalid("Write your name.", field="name")
    return cleaned


async def register(
    session: WriteSession, given: Register, *, passwords: PasswordPool, limiter: Limiter, settings: Settings, region: str
) -> UUID | None:  # fmt: skip
    """Makes an account and sends the code; for an address that has one, tells its owner so instead. Its id if new."""
    reach = reach_of(given.email or given.phone or "", field="email" if given.email else "phone")
    name = clean_name(given.name)
    fault = password_fault(given.password, name=name, address=reach.email or reach.phone or "")
    if fault:
        raise Invalid(fault, field="password")
    await limiter.check(f"register:{reach.key}", limit=MESSAGES_AN_HOUR, per=3600)
    hashed = await passwords.hash(given.password)
    existing = await repository.find_for_change(session, email=reach.email, phone=reach.phone)
    if existing is not None:
        await tell_owner(session, reach, settings)
        return None
    person = Person(
        id=uuid7(), handle=await free_handle(session, name), name=name, email=reach.email, phone=reach.phone,
        password_hash=hashed, version=1,
    )  # fmt: skip
    if not await repository.add(session, person, Profile(person_id=person.id)):
        await tell_owner(session, reach, settings)
        return None
    await send_code(session, person.id, reach, settings, purpose="confirm")
    await emit(session, PersonRegistered(aggregate_id=str(person.id), version=1, person_id=person.id, region=region))
    return person.id


async def free_handle(session: WriteSession, name: str) -> str:
    """The name as a handle, with a number when it is taken."""
    wanted = handle(name) or "person"
    taken = await repository.handles_like(session, wanted)
    if wanted not in taken and len(wanted) > 2:
        return wanted
    return f"{wanted}-{secrets.randbelow(900_000) + 100_000}"


async def tell_owner(session: WriteSession, reach: Reach, settings: Settings) -> None:
    """Somebody registered with an address that has an account: its owner may have forgotten."""
    text = (
        "Somebody (perhaps you) tried to register with this address, which has an account already.\n\n"
        f"Sign in: {settings.public_url}/signin\nForgot the password? {settings.public_url}/reset\n"
    )
    await message(session, reach, subject="You already have an account", text=text)


async def message(session: WriteSession, reach: Reach, *, subject: str, text: str) -> None:
    """Sends a text to an address by the channel it is of."""
    if reach.email is not None:
        await send_mail(session, Mail(to=reach.email, subject=subject, text=text, kind="account"))
    elif reach.phone is not None:
        await send_sms(session, Sms(to=reach.phone, text=f"NollyCrewHub: {text}", kind="account"))


def code_hash(settings: Settings, person_id: UUID, purpose: str, code: str) -> str:
    """A keyed hash: six digits alone could be tried out by whoever reads the table."""
    return hmac.new(settings.secret.encode(), f"{purpose}:{person_id}:{code}".encode(), hashlib.sha256).hexdigest()


async def send_code(session: WriteSession, person_id: UUID, reach: Reach, settings: Settings, *, purpose: str) -> None:
    """Makes a six-digit code, stores its hash and sends it with the page to type it on."""
    code = f"{secrets.randbelow(1_000_000):06d}"
    channel = "email" if reach.email is not None else "phone"
    await repository.new_secret(
        session, uuid7(), person_id, purpose=purpose, channel=channel,
        code_hash=code_hash(settings, person_id, purpose, code), expires_at=utcnow() + timedelta(minutes=CODE_MINUTES),
    )  # fmt: skip
    page = "confirm" if purpose == "confirm" else "reset/confirm"
    text = f"Your code is {code}. It holds for {CODE_MINUTES} minutes: {settings.public_url}/{page}"
    subject = "Confirm your address" if purpose == "confirm" else "Set a new password"
    await message(session, reach, subject=f"{subject}: {code}", text=text)


async def resend(session: WriteSession, address: str, *, limiter: Limiter, settings: Settings) -> None:
    """A new confirmation code, if the address has an account that still needs one."""
    reach = reach_of(address, field="address")
    await limiter.check(f"code:{reach.key}", limit=MESSAGES_AN_HOUR, per=3600)
    person_id = await repository.find_for_change(session, email=reach.email, phone=reach.phone)
    if person_id is None:
        return
    person = await repository.person(session, person_id)
    if person is not None and not (person.email_confirmed_at or person.phone_confirmed_at):
        await send_code(session, person_id, reach, settings, purpose="confirm")


async def send_reset(session: WriteSession, address: str, *, limiter: Limiter, settings: Settings) -> None:
    """A code to set a new password with, if the address has an account."""
    reach = reach_of(address, field="address")
    await limiter.check(f"reset:{reach.key}", limit=MESSAGES_AN_HOUR, per=3600)
    person_id = await repository.find_for_change(session, email=reach.email, phone=reach.phone)
    if person_id is not None:
        await send_code(session, person_id, reach, settings, purpose="reset")


async def spend_code(
    session: WriteSession, reach: Reach, code: str, *, purpose: str, limiter: Limiter, settings: Settings
) -> tuple[Person, str]:  # fmt: skip
    """The account and channel of a right code, which is used up by it; CodeRefused otherwise, after few tries."""
    key = f"code:{purpose}:{reach.key}"
    if await limiter.failures(key, per=CODE_MINUTES * 60) >= CODE_TRIES:
        raise CodeRefused("Too many wrong codes. Wait half an hour, then ask for a new one.")
    person_id = await repository.find_for_change(session, email=reach.email, phone=reach.phone)
    found = await repository.live_secret(session, person_id, purpose) if person_id else None
    person = await repository.person(session, person_id, lock=True) if person_id else None
    expected = found[1] if found else "0" * 64
    given = code_hash(settings, person_id or UUID(int=0), purpose, "".join(c for c in code if c.isdigit()))
    if not hmac.compare_digest(expected, given) or found is None or person is None:
        await limiter.fail(key, per=CODE_MINUTES * 60)
        raise CodeRefused
    await repository.use_secret(session, found[0])
    return person, found[2]


async def confirm(
    session: WriteSession, address: str, code: str, *, limiter: Limiter, settings: Settings
) -> Person:  # fmt: skip
    """Confirms the address that the code was sent to."""
    person, channel = await spend_code(
        session, reach_of(address, field="address"), code, purpose="confirm", limiter=limiter, settings=settings
    )
    mark_confirmed(person, channel)
    return person


def mark_confirmed(person: Person, channel: str) -> None:
    """A code that came back proves the address."""
    if channel == "email":
        person.email_confirmed_at = person.email_confirmed_at or utcnow()
    else:
        person.phone_confirmed_at = person.phone_confirmed_at or utcnow()


async def reset(
    session: WriteSession, address: str, code: str, password: str, *, passwords: PasswordPool, limiter: Limiter,
    settings: Settings, sessions: Sessions, caller: Caller,
) -> UUID:  # fmt: skip
    """Sets a new password and signs every device out."""
    reach = reach_of(address, field="address")
    fault = password_fault(password, address=reach.email or reach.phone or "")
    if fault:
        raise Invalid(fault, field="password")
    person, channel = await spend_code(session, reach, code, purpose="reset", limiter=limiter, settings=settings)
    person.password_hash = await passwords.hash(password)
    mark_confirmed(person, channel)
    await session.flush()
    await audit.record(session, person.id, "password.reset", subject=str(person.id))
    await sessions.end_all(person.id)
    for key in (f"signin:{reach.key}", f"signin:{reach.key}:{caller.neighbourhood}"):
        await limiter.clear(key, per=GUESS_WINDOW)
    return person.id


async def sign_in(
    read: ReadSession, address: str, password: str, *, caller: Caller, passwords: PasswordPool, limiter: Limiter,
    sessions: Sessions,
) -> tuple[str, AccountRow]:  # fmt: skip
    """A session token for the right password. Only failures are counted; a reset always opens the door again."""
    reach = reach_of(address)
    near = f"signin:{reach.key}:{caller.neighbourhood}"
    await limiter.refuse_after(near, limit=GUESSES, per=GUESS_WINDOW)
    await limiter.refuse_after(f"signin:{reach.key}", limit=GUESSES_FROM_ANYWHERE, per=GUESS_WINDOW)
    found = await repository.account(read, email=reach.email, phone=reach.phone)
    right = await passwords.verify((found.password_hash if found else None) or NOBODYS_HASH, password)
    if found is None or not right:
        await limiter.fail(near, per=GUESS_WINDOW)
        await limiter.fail(f"signin:{reach.key}", per=GUESS_WINDOW)
        raise WrongCredentials
    if found.banned_at is not None:
        raise Banned
    if not (found.email_confirmed_at or found.phone_confirmed_at):
        raise NotConfirmed
    token = await sessions.create(found.id, name=found.name, operator=found.operator, device=caller.device, region=caller.region)
    return token, found


async def end_everywhere(sessions: Sessions, person_id: UUID) -> int:
    """Signs a person out on every device."""
    return await sessions.end_all(person_id)


async def end_device(sessions: Sessions, person_id: UUID, key: str) -> None:
    """Signs one of a person's own devices out."""
    if not await sessions.end_device(person_id, key):
        raise NoSuchDevice


async def confirm_password(
    read: ReadSession, viewer: Viewer, password: str, *, passwords: PasswordPool, sessions: Sessions, limiter: Limiter
) -> None:  # fmt: skip
    """Notes in the session that its owner has just typed the password again; WrongCredentials otherwise."""
    key = f"again:{viewer.person_id}"
    await limiter.refuse_after(key, limit=GUESSES, per=GUESS_WINDOW)
    account = await repository.account_by_id(read, viewer.person_id)
    if account is None or not await passwords.verify(account.password_hash or NOBODYS_HASH, password):
        await limiter.fail(key, per=GUESS_WINDOW)
        raise WrongCredentials("That is not your password.")
    await sessions.confirm(viewer)


async def make_operator(session: WriteSession, email: str) -> bool:
    """Makes an account an operator (the command line only); False when there is none with that e-mail."""
    person_id = await repository.find_for_change(session, email=normal_email(email) or "", phone=None)
    person = await repository.person(session, person_id, lock=True) if person_id else None
    if person is None:
        return False
    person.operator = True
    await session.flush()
    await audit.record(session, None, "operator.added", subject=str(person.id))
    return True
