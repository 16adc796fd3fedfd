"""Signing in while strangers guess: the right password is never refused, it is confirmed by a code sent to its owner.

Once the tries are used up (strangers' ones, or a known device's own) every further one is answered alike, with a challenge
and the wish for a code; only a right password causes one to be sent. A code belongs to its challenge, so nobody uses up another's tries. Hashing is bounded a
minute; past that the message is sent unasked, twice an hour at most, since a flood must not shut the owner out either: it
says that somebody is guessing, which its owner should know, and that nobody has come in. Its
link serves the owner from any device, whoever's try it was that caused it: nobody else has seen it.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from uuid import UUID

from nollycrewhub.domains.users import repository
from nollycrewhub.domains.users.errors import CodeNeeded, CodeRefused, CodesSpent, WrongCredentials
from nollycrewhub.domains.users.rules import part_of
from nollycrewhub.domains.users.schemas import AccountRow, Login, SignInCode
from nollycrewhub.domains.users.service.accounts import CODE_MINUTES, CODE_TRIES, MESSAGES_AN_HOUR, Reach, asked_message
from nollycrewhub.domains.users.service.spending import DAY, FROM_A_NEIGHBOURHOOD, refuse_when_spent
from nollycrewhub.kit.ids import uuid7
from nollycrewhub.kit.time import utcnow
from nollycrewhub.kit.told import told, told_about
from nollycrewhub.platform import log
from nollycrewhub.platform.db import WriteSession
from nollycrewhub.platform.errors import TooMany
from nollycrewhub.platform.passwords import NOBODYS_HASH, PasswordPool
from nollycrewhub.platform.queue import enqueue
from nollycrewhub.platform.ratelimit import Limiter
from nollycrewhub.platform.security import sign, unsign
from nollycrewhub.platform.settings import Settings

LOG = log.logger("users")
HASHES_A_MINUTE = 30  # for one account
HASHES_A_MINUTE_FROM_A_NEIGHBOURHOOD = 120
BY_SMS_A_DAY = 20  # to one number, each after its right password; known devices need none while strangers guess
UNASKED_AN_HOUR = 2  # so that a link that holds is always in the mailbox
LINK_SECONDS = 3600
DIGITS = 8
GUESS_WINDOW = 900
CODE_SECONDS = CODE_MINUTES * 60
NOBODY = UUID(int=0)


def code_of(settings: Settings, challenge: str, person_id: UUID) -> str:
    """The eight digits that answer a challenge for one person; stored nowhere."""
    mac = hmac.new(settings.secret.encode(), f"sign-in:{challenge}:{person_id}".encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(mac[:8]) % 10**DIGITS:0{DIGITS}d}"


def link_of(settings: Settings, link_id: UUID, person_id: UUID) -> str:
    """The last part of the link in a message: when it was made, and 128 bits that only we can make."""
    mac = hmac.new(settings.secret.encode(), f"sign-in-link:{link_id}:{person_id}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(link_id.bytes + mac[:16]).decode().rstrip("=")


def is_link(settings: Settings, text: str, person_id: UUID) -> bool:
    """Whether that is a link of ours to this person, not an hour old."""
    try:
        raw = base64.b64decode(text.encode() + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return False
    if len(raw) != 32 or not hmac.compare_digest(link_of(settings, UUID(bytes=raw[:16]), person_id).encode(), text.encode()):
        return False
    return utcnow().timestamp() - int.from_bytes(raw[:6]) / 1000 < LINK_SECONDS


async def is_within(limiter: Limiter, limits: dict[str, int], *, per: int) -> bool:
    """Whether one more is admitted under every limit."""
    try:
        for key, limit in limits.items():
            await limiter.check(key, limit=limit, per=per)
    except TooMany:
        return False
    return True


async def doubt(
    write: WriteSession, reach: Reach, found: AccountRow | None, *, password: str, neighbourhood: str, passwords: PasswordPool,
    limiter: Limiter, settings: Settings,
) -> CodeNeeded:  # fmt: skip
    """The one answer to right and wrong passwords and unknown addresses, after the same work; a right one has a code sent."""
    if reach.phone is not None:
        await refuse_when_spent(write, settings, "signing_in")
    challenge = secrets.token_urlsafe(16)
    hashes = {f"signin-hash:{reach.key}": HASHES_A_MINUTE, f"signin-hash:from:{neighbourhood}": HASHES_A_MINUTE_FROM_A_NEIGHBOURHOOD}
    if await is_within(limiter, hashes, per=60):
        right = await passwords.verify((found.password_hash if found else None) or NOBODYS_HASH, password)
        is_owner = found is not None and right
        letters = reach.key if is_owner else f"nobody:{challenge}"
        admitted = await is_within(limiter, {f"signin-code:{letters}": MESSAGES_AN_HOUR}, per=3600)
        if reach.phone is not None and not await is_within(limiter, {f"signin-code:{letters}": BY_SMS_A_DAY}, per=DAY):
            admitted = False
        if not right:
            await limiter.fail(f"signin:from:{neighbourhood}", per=GUESS_WINDOW)
        await ask(write, challenge, reach, found if admitted and is_owner else None)
    elif await may_warn(limiter, reach, found, challenge=challenge, neighbourhood=neighbourhood):
        await ask(write, challenge, reach, found, unasked=True)
    return CodeNeeded(challenge=sign(settings.secret, "sign-in", f"{challenge}:{reach.key}", expires_in=CODE_SECONDS))


async def may_warn(limiter: Limiter, reach: Reach, found: AccountRow | None, *, challenge: str, neighbourhood: str) -> bool:
    """Whether this try of a flood has its owner warned: seldom, and of numbers only so many by one neighbourhood's tries.

    The neighbourhood's limit comes first, so that what it refuses takes nothing of the owner's.
    """
    if reach.phone is not None:
        whose = neighbourhood if found is not None else f"nobody:{challenge}"
        for per, limit in FROM_A_NEIGHBOURHOOD.items():
            if not await is_within(limiter, {f"signin-unasked:from:{whose}": limit}, per=per):
                return False
    return await is_within(limiter, {f"signin-unasked:{reach.key}": UNASKED_AN_HOUR}, per=3600)


async def ask(write: WriteSession, challenge: str, reach: Reach, account: AccountRow | None, *, unasked: bool = False) -> None:
    """Queues the message, or as much work for nothing; either stays although the sign-in is refused."""
    channel = "email" if reach.email is not None else "phone"
    await enqueue(write, "users.sign-in-code", SignInCode(challenge, account.id if account else None, channel, unasked))
    write.keep()


async def send_sign_in_code(session: WriteSession, given: SignInCode, *, settings: Settings) -> None:
    """Sends the code of a challenge to a confirmed address of the account, if it is anybody's."""
    person = await repository.person(session, given.person_id) if given.person_id else None
    if person is None or person.banned_at is not None:
        return
    by_mail = Reach(person.email, None) if person.email else None
    by_phone = Reach(None, person.phone) if person.phone else None
    asked, other = (by_mail, by_phone) if given.channel == "email" else (by_phone, by_mail)
    confirmed = [reach for reach, at in ((by_mail, person.email_confirmed_at), (by_phone, person.phone_confirmed_at)) if reach and at]
    reach = asked if asked in confirmed or not confirmed else other
    if reach is not None:
        code = code_of(settings, given.challenge, person.id)
        link = f"{settings.public_url}/signin/{link_of(settings, uuid7(), person.id)}"
        text, short = (unasked(code, link), unasked_by_sms(code, link)) if given.unasked else (asked_for(code, link), by_sms(code, link))
        part = part_of(is_confirmed=person.phone_confirmed_at is not None, has_password=not given.unasked)
        subject = told("Your code to sign in: %(code)s", code=code)
        try:
            await asked_message(session, settings, reach, part=part, subject=subject, text=text, short=short, language=person.locale)
        except CodesSpent:  # a warning, a number that is not confirmed, one that was asked for by mail, or the last of the day
            LOG.warning("a code to sign in is not sent: its part of the day's money for codes by SMS is spent")


def asked_for(code: str, link: str) -> str:
    """What the message says after a right password."""
    return told_about(
        "safety", "Your code to sign in is %(code)s. Or open this link and type your password. Not you? Set a new one.\n%(link)s",
        code=code, link=link,
    )  # fmt: skip


def by_sms(code: str, link: str) -> str:
    """The same in one part of a text message: the link's page asks for the password."""
    return told_about("safety", "Code to sign in: %(code)s. Not you? Set a new password.\n%(link)s", code=code, link=link)


def unasked_by_sms(code: str, link: str) -> str:
    """What a flood's message has room for in one part."""
    return told_about(
        "safety", "Somebody guesses your password; nobody came in. You? Code %(code)s\n%(link)s", code=code, link=link
    )  # fmt: skip


def unasked(code: str, link: str) -> str:
    """What it says in a flood, when nobody has looked at a password."""
    return told_about(
        "safety",
        "Somebody is trying many passwords for your account; nobody has come in, and you need do nothing. If it is you: "
        "your code to sign in is %(code)s, or open this link and type your password.\n%(link)s",
        code=code, link=link,
    )  # fmt: skip


async def answered(
    reach: Reach, found: AccountRow | None, given: Login, *, neighbourhood: str, passwords: PasswordPool, limiter: Limiter,
    settings: Settings,
) -> AccountRow:  # fmt: skip
    """The account, for the password with the challenge's code or a message's link; tries are counted against that one alone."""
    if is_link(settings, given.challenge, found.id if found else NOBODY):
        challenge, is_proven = given.challenge, True
    else:
        challenge, is_proven = challenge_in(settings, reach, given), False
    tries = f"signin:code:{challenge}"
    if await limiter.failures(tries, per=LINK_SECONDS) >= CODE_TRIES:
        raise CodeRefused(told("Too many wrong tries. Sign in once more for a new code."))
    typed = "".join(c for c in given.code if c.isdigit())
    expected = code_of(settings, challenge, found.id if found else NOBODY)
    if not is_proven and not hmac.compare_digest(expected.encode(), typed.encode()):
        await limiter.fail(tries, per=LINK_SECONDS)
        raise CodeNeeded(told("That is not the code. Look at the newest message from us, or open its link."), challenge=given.challenge)
    if not await passwords.verify((found.password_hash if found else None) or NOBODYS_HASH, given.password) or found is None:
        await limiter.fail(tries, per=LINK_SECONDS)
        await limiter.fail(f"signin:from:{neighbourhood}", per=GUESS_WINDOW)
        raise WrongCredentials
    if not await is_within(limiter, {f"signin-spent:{challenge}": 1}, per=LINK_SECONDS):
        raise CodeRefused(told("That code was used. Sign in once more for a new one."))
    return found


def challenge_in(settings: Settings, reach: Reach, given: Login) -> str:
    """The challenge that was handed out for this address; CodeRefused otherwise."""
    challenge, _, whose = (unsign(settings.secret, "sign-in", given.challenge) or "").partition(":")
    if whose != reach.key:
        raise CodeRefused(told("That code is too old, or for another address. Sign in once more for a new one."))
    return challenge
