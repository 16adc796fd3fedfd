"""Accounts: register, and send codes. No answer tells whether an address has an account.

A code is for typing and its tries are counted; the link beside it is for tapping and cannot be guessed.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote
from uuid import UUID

from nollycrewhub.contracts.events import PersonRegistered
from nollycrewhub.contracts.users import CodePart
from nollycrewhub.domains.users import repository
from nollycrewhub.domains.users.errors import CodesSpent, LinkRefused
from nollycrewhub.domains.users.models import Person, Profile, Registration, SentSecret
from nollycrewhub.domains.users.rules import normal_email, part_of, password_fault
from nollycrewhub.domains.users.schemas import AskedCode, Register
from nollycrewhub.domains.users.service.spending import admit, count_code, refuse_when_spent
from nollycrewhub.kit.gsm import gsm_form
from nollycrewhub.kit.ids import made_at, uuid7
from nollycrewhub.kit.phone import NotAPhone, e164
from nollycrewhub.kit.text import clean, handle, letters
from nollycrewhub.kit.time import LAGOS, spoken, utcnow
from nollycrewhub.kit.told import listed, told, told_about, what, words
from nollycrewhub.platform import log
from nollycrewhub.platform.db import ReadSession, WriteSession
from nollycrewhub.platform.errors import Conflict, Invalid
from nollycrewhub.platform.events import emit
from nollycrewhub.platform.languages import catalogue_for
from nollycrewhub.platform.mail import Mail, Sms, send_mail, send_sms
from nollycrewhub.platform.passwords import PasswordPool
from nollycrewhub.platform.queue import enqueue
from nollycrewhub.platform.ratelimit import Limiter
from nollycrewhub.platform.settings import Settings

LOG = log.logger("users")
SENT = told("If that address can be used, a message is on its way to it.")
CODE_SENT = told("If that address has an account, a code is on its way to it.")
LARGEST_PHOTO = 5_000_000
CODE_MINUTES = 30
CODE_TRIES = 6
LONGEST_IN_SMS = 40  # characters of the way back, which costs a second part
MESSAGES_AN_HOUR = 6
HANDLE_TRIES = 3
REGISTRATIONS_KEPT = 20  # beside the newest; more than can be made while a code holds
TWICE = told("That was being done twice. Please send it again.")
AGAIN = told_about(
    "safety",
    "This address was used to join before and never confirmed, perhaps by somebody else. So confirming asks for the password "
    "you chose: no other one will hold.",
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
            raise Invalid(told("That does not look like an e-mail address."), field=field)
        return Reach(email, None)
    try:
        return Reach(None, e164(address))
    except NotAPhone as error:
        raise Invalid(told("Write an e-mail address, or a Nigerian mobile number such as 0803 123 4567."), field=field) from error


def clean_name(name: str) -> str:
    """A name without control characters; Invalid when no letter is left."""
    try:
        cleaned = clean(name)
    except ValueError as error:
        raise Invalid(what(error), field="name") from error
    if not letters(cleaned):
        raise Invalid(told("Write your name."), field="name")
    return cleaned


async def register(
    session: WriteSession, given: Register, *, passwords: PasswordPool, limiter: Limiter, settings: Settings, region: str,
    neighbourhood: str, language: str = "en", onward: str = "",
) -> UUID | None:  # fmt: skip
    """Makes an account and sends the code; for an address that has one, tells its owner so instead. Its id if new.

    An account whose address nobody has confirmed is nobody's yet: it goes to the registration that is confirmed (see
    `confirming`), so a stranger who was first, or last, gains nothing.
    `onward` is the page of ours that the person was on the way to; the link in the message leads there too.
    """
    # A number that nobody has confirmed, kept beside a confirmed address, would let whoever holds the one into the other's account.
    if given.email and given.phone:
        raise Invalid(told("Give an e-mail address or a phone number, not both: the one you give is where the code goes."), field="phone")
    reach = reach_of(given.email or given.phone or "", field="email" if given.email else "phone")
    name = clean_name(given.name)
    fault = password_fault(given.password, name=name, address=reach.email or reach.phone or "")
    if fault:
        raise Invalid(fault, field="password")
    if reach.phone is not None:
        await refuse_when_spent(session, settings, "joining")
        await admit(limiter, neighbourhood)
    await limiter.check(f"register:{reach.key}", limit=MESSAGES_AN_HOUR, per=3600)
    hashed = await passwords.hash(given.password)
    registration = Registration(name, hashed, utcnow())
    existing = await repository.find_for_change(session, email=reach.email, phone=reach.phone)
    if existing is not None:
        await register_again(session, existing, reach, registration, settings=settings, onward=onward)
        return None
    person = Person(
        id=uuid7(), handle=await free_handle(session, name), name=name, email=reach.email, phone=reach.phone,
        password_hash=hashed, locale=language, version=1,
    )  # fmt: skip
    if not await open_account(session, person):
        existing = await repository.find_for_change(session, email=reach.email, phone=reach.phone)
        if existing is None:  # whoever took the address has left again
            raise Conflict(TWICE)
        await register_again(session, existing, reach, registration, settings=settings, onward=onward)
        return None
    await send_code(session, person, reach, settings, purpose="confirm", onward=onward, registration=registration)
    await emit(session, PersonRegistered(aggregate_id=str(person.id), version=1, person_id=person.id, region=region))
    return person.id


async def open_account(session: WriteSession, person: Person) -> bool:
    """Stores a new account; False when somebody else has its address or its Google account meanwhile.

    A handle that is taken meanwhile is nobody's fault: another one is found.
    """
    for _ in range(HANDLE_TRIES):
        taken = await repository.add(session, person, Profile(person_id=person.id))
        if taken != "handle":
            return taken is None
        person.handle = await free_handle(session, person.name)
    raise Conflict(TWICE)


async def register_again(
    session: WriteSession, person_id: UUID, reach: Reach, registration: Registration, *, settings: Settings, onward: str
) -> None:  # fmt: skip
    """An address that is taken: its owner is told, or the registration gets a code of its own while nobody knows whose it is."""
    person = await repository.person(session, person_id)
    if person is None or is_confirmed(person) or person.banned_at or person.google_sub or person.operator:
        await tell_owner(session, reach, settings, language=person.locale if person is not None else "en")
    else:
        await send_code(session, person, reach, settings, purpose="confirm", onward=onward, note=AGAIN, registration=registration)


def is_confirmed(person: Person) -> bool:
    """Whether somebody has shown that an address of the account is theirs."""
    return bool(person.email_confirmed_at or person.phone_confirmed_at)


async def free_handle(session: WriteSession, name: str) -> str:
    """The name as a handle, with a number when it is taken; whatever it is, it is held for this transaction."""
    name_alone = handle(name) or "person"
    wanted = name_alone
    while wanted in await repository.handles_like(session, wanted) or len(wanted) <= 2:
        wanted = f"{name_alone}-{secrets.randbelow(900_000) + 100_000}"
    return wanted


async def tell_owner(session: WriteSession, reach: Reach, settings: Settings, *, language: str) -> None:
    """Somebody registered with an address that has an account: its owner may have forgotten."""
    text = told_about(
        "safety",
        "Somebody (perhaps you) tried to register with this address, which has an account already.\n\n"
        "Sign in: %(sign_in)s\nForgot the password? %(reset)s\n",
        sign_in=f"{settings.public_url}/signin", reset=f"{settings.public_url}/reset",
    )  # fmt: skip
    await asked_message(
        session,
        settings,
        reach,
        subject=told("You already have an account"),
        text=text,
        part="joining",
        short=taken(f"{settings.public_url}/signin"),
        language=language,
    )


def taken(sign_in: str) -> str:
    """The same in one part of a text message; the page to sign in leads to the one for a new password."""
    return told_about(
        "safety", "Somebody (perhaps you) tried to join with this number, which has an account. Sign in: %(sign_in)s", sign_in=sign_in
    )  # fmt: skip


async def message(session: WriteSession, reach: Reach, *, subject: str, text: str, language: str, short: str = "") -> None:
    """Sends a text to an address by the channel it is of, in the language of whoever reads it; `short` is what a text message says of it."""
    reader = catalogue_for(language)
    if reach.email is not None:
        await send_mail(session, Mail(to=reach.email, subject=words(subject, reader), text=words(text, reader), kind="account"))
    elif reach.phone is not None:
        await send_sms(session, Sms(to=reach.phone, text=as_sms(short or text, language), kind="account"))


def as_sms(text: str, language: str) -> str:
    """A text message, as it is sent and as it is counted."""
    return gsm_form(f"NollyCrewHub: {words(text, catalogue_for(language))}")


async def asked_message(
    session: WriteSession, settings: Settings, reach: Reach, *, part: CodePart, subject: str, text: str, language: str, short: str = ""
) -> None:  # fmt: skip
    """The same for what strangers may cause: a text message is counted first. CodesSpent when its part of the day's money has none left."""
    if reach.phone is not None:
        await count_code(session, settings, as_sms(short or text, language), part=part)
    await message(session, reach, subject=subject, text=text, language=language, short=short)


def code_hash(settings: Settings, person_id: UUID, purpose: str, code: str) -> str:
    """A keyed hash: six digits alone could be tried out by whoever reads the table."""
    return hmac.new(settings.secret.encode(), f"{purpose}:{person_id}:{code}".encode(), hashlib.sha256).hexdigest()


async def send_code(
    session: WriteSession, person: Person, reach: Reach, settings: Settings, *, purpose: str, onward: str = "", note: str = "",
    registration: Registration | None = None, asked: datetime | None = None,
) -> None:  # fmt: skip
    """Makes a six-digit code, stores its hash, and sends it with a link that does the same in one tap; `note` by mail only.

    A later registration does not take the place of an earlier one's code: a stranger would take the owner's away.
    """
    code = f"{secrets.randbelow(1_000_000):06d}"
    asked = registration.asked_at if registration else asked or utcnow()
    channel = "email" if reach.email is not None else "phone"
    secret_id = uuid7()
    await repository.new_secret(
        session, secret_id, person.id, purpose=purpose, channel=channel,
        code_hash=code_hash(settings, person.id, purpose, code), expires_at=utcnow() + timedelta(minutes=CODE_MINUTES),
        registration=registration, beside=REGISTRATIONS_KEPT if purpose == "confirm" else 0,
    )  # fmt: skip
    link = f"{settings.public_url}/{purpose}/{link_of(settings, secret_id, purpose)}"
    if onward and (reach.email is not None or len(onward) <= LONGEST_IN_SMS):
        link += f"?next={quote(onward, safe='/')}"
    text = by_mail(code, link, asked) if reach.email is not None else by_sms(code, link, asked)
    if note and reach.email is not None:
        text = listed([text, note], "\n\n")
    subject = told("Confirm your address: %(code)s", code=code) if purpose == "confirm" else told("Set a new password: %(code)s", code=code)
    part = part_of(is_confirmed=purpose == "reset" and person.phone_confirmed_at is not None)
    await asked_message(session, settings, reach, part=part, subject=subject, text=text, language=person.locale)


def by_mail(code: str, link: str, asked: datetime) -> str:
    """What a mail says of a code and a link."""
    return told_about(
        "safety",
        "Your code is %(code)s. Or open this link. Both hold for %(minutes)s minutes.\n%(link)s\n\n"
        "This was asked for on %(when)s. If you did not ask for it then, use neither the code nor the link.",
        code=code, minutes=CODE_MINUTES, link=link, when=spoken(asked),
    )  # fmt: skip


def by_sms(code: str, link: str, asked: datetime) -> str:
    """The same in a text message, which has room for one part only; so the clock is the short one that all languages write alike."""
    return told_about(
        "safety", "Your code is %(code)s, asked for at %(clock)s. Not you? Do not use it.\n%(link)s",
        code=code, clock=f"{asked.astimezone(LAGOS):%H:%M}", link=link,
    )  # fmt: skip


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


async def resend(
    session: WriteSession, address: str, *, limiter: Limiter, settings: Settings, neighbourhood: str, onward: str = ""
) -> None:  # fmt: skip
    """A new confirmation code for the newest registration, if the address has an account that still needs one."""
    reach = reach_of(address, field="address")
    if reach.phone is not None:
        await refuse_when_spent(session, settings, "joining")
        await admit(limiter, neighbourhood)
    await limiter.check(f"code:{reach.key}", limit=MESSAGES_AN_HOUR, per=3600)
    await enqueue(session, "users.code", AskedCode(reach.email, reach.phone, "confirm", onward, utcnow()))


async def send_asked_code(session: WriteSession, given: AskedCode, *, settings: Settings) -> None:
    """Sends what was asked for, if the address has an account that can use it.

    Asking is the same work and the same answer for every address: what differs is done here, and so is what cannot be paid.
    """
    reach = Reach(given.email, given.phone)
    person_id = await repository.find_for_change(session, email=reach.email, phone=reach.phone)
    person = await repository.person(session, person_id) if person_id is not None else None
    if person is None or (given.purpose == "confirm" and is_confirmed(person)):
        return
    sent = await repository.unused_secrets(session, person.id, "confirm") if given.purpose == "confirm" else []
    try:
        async with session.begin_nested():  # a code that is not sent does not take the former one away
            await send_code(
                session, person, reach, settings, purpose=given.purpose, onward=given.onward, registration=newest_registration(sent),
                asked=given.asked,
            )  # fmt: skip
    except CodesSpent:
        LOG.warning("a code is not sent: its part of the day's money for codes by SMS is spent")


def newest_registration(sent: Sequence[SentSecret]) -> Registration | None:
    """What was asked for last, of codes that are the newest first."""
    for one in sent:
        if one.name and one.password_hash:
            return Registration(one.name, one.password_hash, asked_at(one, sent))
    return None


def asked_at(sent: SentSecret, waiting: Sequence[SentSecret]) -> datetime:
    """When the registration of a code was made: the first code's moment, if more were sent for it. No two have one hash."""
    return made_at(min(one.id for one in waiting if one.password_hash == sent.password_hash))


async def asked_by_link(read: ReadSession, settings: Settings, link: str, purpose: str) -> datetime | None:
    """When what a link is for was asked for; nobody knows of one that is used up and gone. LinkRefused when it is not ours."""
    first = await repository.first_secret(read, secret_of(settings, link, purpose), purpose)
    return made_at(first) if first is not None else None
