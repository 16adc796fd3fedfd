"""Accounts: register, confirm. No answer tells whether an address has an account.

A code is for typing and its tries are counted; the link beside it is for tapping and cannot be guessed.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote
from uuid import UUID

from nollycrewhub.contracts.events import PersonRegistered
from nollycrewhub.domains.users import repository
from nollycrewhub.domains.users.errors import CodeRefused, LinkRefused
from nollycrewhub.domains.users.models import Person, Profile
from nollycrewhub.domains.users.rules import normal_email, password_fault
from nollycrewhub.domains.users.schemas import Register
from nollycrewhub.kit.ids import uuid7
from nollycrewhub.kit.phone import NotAPhone, e164
from nollycrewhub.kit.text import clean, handle
from nollycrewhub.kit.time import utcnow
from nollycrewhub.platform.db import WriteSession
from nollycrewhub.platform.errors import Conflict, Invalid
from nollycrewhub.platform.events import emit
from nollycrewhub.platform.mail import Mail, Sms, send_mail, send_sms
from nollycrewhub.platform.passwords import PasswordPool
from nollycrewhub.platform.ratelimit import Limiter
from nollycrewhub.platform.settings import Settings

SENT = "If that address can be used, a message is on its way to it."
CODE_SENT = "If that address has an account, a code is on its way to it."
LARGEST_PHOTO = 5_000_000
CODE_MINUTES = 30
CODE_TRIES = 6
LONGEST_IN_SMS = 40  # characters of the way back; a longer one would cost another part
MESSAGES_AN_HOUR = 6
AGAIN = (
    "This address was registered before and never confirmed. The name and password typed last are the ones that count, and codes "
    "sent before open nothing. If it was not you who registered just now, use no code."
)


@dataclass(frozen=True)
class Reach:
    """A normalised address: exactly one of the two is set."""

    email: str | None
    phone: str | None

    @property
    def key(self) -> str:
        """The address as a throttle's key."""
        return hashlib.sha256((self.email or self.phone or "").encode()).hexdigest()[:32]


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
    session: WriteSession, given: Register, *, passwords: PasswordPool, limiter: Limiter, settings: Settings, region: str,
    onward: str = "",
) -> UUID | None:  # fmt: skip
    """Makes an account and sends the code; for an address that has one, tells its owner so instead. Its id if new.

    An account whose address nobody has confirmed is nobody's yet: whoever registers last has it, under their own name and
    password, once they type the code, and codes sent before open nothing. So a stranger who was first gains nothing.
    `onward` is the page of ours that the person was on the way to; the link in the message leads there too.
    """
    # A number that nobody has confirmed, kept beside a confirmed address, would let whoever holds the one into the other's account.
    if given.email and given.phone:
        raise Invalid("Give an e-mail address or a phone number, not both: the one you give is where the code goes.", field="phone")
    reach = reach_of(given.email or given.phone or "", field="email" if given.email else "phone")
    name = clean_name(given.name)
    fault = password_fault(given.password, name=name, address=reach.email or reach.phone or "")
    if fault:
        raise Invalid(fault, field="password")
    await limiter.check(f"register:{reach.key}", limit=MESSAGES_AN_HOUR, per=3600)
    hashed = await passwords.hash(given.password)
    existing = await repository.find_for_change(session, email=reach.email, phone=reach.phone)
    if existing is not None:
        await register_again(session, existing, reach, name=name, hashed=hashed, settings=settings, onward=onward)
        return None
    person = Person(
        id=uuid7(), handle=await free_handle(session, name), name=name, email=reach.email, phone=reach.phone,
        password_hash=hashed, version=1,
    )  # fmt: skip
    if not await repository.add(session, person, Profile(person_id=person.id)):
        existing = await repository.find_for_change(session, email=reach.email, phone=reach.phone)
        if existing is None:
            raise Conflict("That was being done twice. Please send it again.")
        await register_again(session, existing, reach, name=name, hashed=hashed, settings=settings, onward=onward)
        return None
    await send_code(session, person.id, reach, settings, purpose="confirm", onward=onward)
    await emit(session, PersonRegistered(aggregate_id=str(person.id), version=1, person_id=person.id, region=region))
    return person.id


async def register_again(
    session: WriteSession, person_id: UUID, reach: Reach, *, name: str, hashed: str, settings: Settings, onward: str
) -> None:  # fmt: skip
    """An address that is taken: its owner is told, or a new code is sent while it has none."""
    person = await unconfirmed(session, person_id)
    if person is None:
        await tell_owner(session, reach, settings)
        return
    if person.name != name:
        person.name, person.handle = name, await free_handle(session, name)
    person.password_hash = hashed
    await send_code(session, person.id, reach, settings, purpose="confirm", onward=onward, note=AGAIN)


async def unconfirmed(session: WriteSession, person_id: UUID) -> Person | None:
    """The account, locked, if nobody has proven yet that its address is theirs."""
    person = await repository.person(session, person_id, lock=True)
    if person is None or person.email_confirmed_at or person.phone_confirmed_at:
        return None
    return None if person.banned_at or person.google_sub or person.operator else person


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


async def send_code(
    session: WriteSession, person_id: UUID, reach: Reach, settings: Settings, *, purpose: str, onward: str = "", note: str = ""
) -> None:  # fmt: skip
    """Makes a six-digit code, stores its hash, and sends it with a link that does the same in one tap; `note` by mail only."""
    code = f"{secrets.randbelow(1_000_000):06d}"
    channel = "email" if reach.email is not None else "phone"
    secret_id = uuid7()
    await repository.new_secret(
        session, secret_id, person_id, purpose=purpose, channel=channel,
        code_hash=code_hash(settings, person_id, purpose, code), expires_at=utcnow() + timedelta(minutes=CODE_MINUTES),
    )  # fmt: skip
    link = f"{settings.public_url}/{purpose}/{link_of(settings, secret_id, purpose)}"
    if onward and (reach.email is not None or len(onward) <= LONGEST_IN_SMS):
        link += f"?next={quote(onward, safe='/')}"
    text = f"Your code is {code}. Or open this link. Both hold for {CODE_MINUTES} minutes.\n{link}"
    if note and reach.email is not None:
        text += f"\n\n{note}"
    subject = "Confirm your address" if purpose == "confirm" else "Set a new password"
    await message(session, reach, subject=f"{subject}: {code}", text=text)


def link_of(settings: Settings, secret_id: UUID, purpose: str) -> str:
    """The last part of a link: which secret, and 128 bits that only we can make. Short enough for a text message."""
    mac = hmac.new(settings.secret.encode(), f"link:{purpose}:{secret_id}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(secret_id.bytes + mac[:16]).decode().rstrip("=")


def secret_of(settings: Settings, link: str, purpose: str) -> UUID:
    """Which secret a link of ours names; LinkRefused when it is not ours. Whether it still holds is not looked up."""
    try:
        raw = base64.b64decode(link.encode() + b"=" * (-len(link) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error) as error:
        raise LinkRefused from error
    if len(raw) != 32 or not hmac.compare_digest(link_of(settings, UUID(bytes=raw[:16]), purpose).encode(), link.encode()):
        raise LinkRefused
    return UUID(bytes=raw[:16])


async def resend(session: WriteSession, address: str, *, limiter: Limiter, settings: Settings, onward: str = "") -> None:
    """A new confirmation code, if the address has an account that still needs one."""
    reach = reach_of(address, field="address")
    await limiter.check(f"code:{reach.key}", limit=MESSAGES_AN_HOUR, per=3600)
    person_id = await repository.find_for_change(session, email=reach.email, phone=reach.phone)
    if person_id is None:
        return
    person = await repository.person(session, person_id)
    if person is not None and not (person.email_confirmed_at or person.phone_confirmed_at):
        await send_code(session, person_id, reach, settings, purpose="confirm", onward=onward)


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


async def spend_link(session: WriteSession, link: str, *, purpose: str, settings: Settings) -> tuple[Person, str]:
    """The account and channel of a link, which is used up by it (and so is the code sent with it)."""
    secret_id = secret_of(settings, link, purpose)
    found = await repository.secret_by_id(session, secret_id, purpose)
    person = await repository.person(session, found[0], lock=True) if found else None
    if found is None or person is None:
        raise LinkRefused
    await repository.use_secret(session, secret_id)
    return person, found[1]


async def confirm_by_link(session: WriteSession, link: str, *, settings: Settings) -> Person:
    """Confirms the address that the link was sent to."""
    person, channel = await spend_link(session, link, purpose="confirm", settings=settings)
    mark_confirmed(person, channel)
    return person


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
