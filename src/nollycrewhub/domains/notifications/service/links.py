"""Links that only we can make: the one in a text message, the one that ends a kind of message, the address for bounces."""

import base64
import binascii
import hashlib
import hmac
import re
from uuid import UUID

from nollycrewhub.domains.notifications.errors import NoSuchLink
from nollycrewhub.domains.notifications.rules import CHANNELS, KINDS
from nollycrewhub.platform.security import sign, unsign
from nollycrewhub.platform.settings import Settings

STOP = "notices.stop"
SEEN, PUSHED = "notices.seen", "notices.pushed"
STOP_DAYS = 400
EVERY = "every"
TEMPLATE = "template"
REFERENCE = re.compile(r"n-([0-9a-f]{32})-([0-9a-f]{16})")


def token_of(settings: Settings, purpose: str, which: UUID) -> str:
    """Names a row to whoever holds it: 36 letters, of its id and 88 bits that only we can make."""
    mac = hmac.new(settings.secret.encode(), f"{purpose}:".encode() + which.bytes, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(which.bytes + mac[:11]).decode()


def named_by(settings: Settings, purpose: str, token: str) -> UUID:
    """Which row a token names; NoSuchLink, found out without a look at any table, when we did not make it for this purpose."""
    try:
        raw = base64.b64decode(token.encode(), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error) as error:
        raise NoSuchLink from error
    if len(raw) != 27 or not hmac.compare_digest(token_of(settings, purpose, UUID(bytes=raw[:16])).encode(), token.encode()):
        raise NoSuchLink
    return UUID(bytes=raw[:16])


def seen_link(settings: Settings, notice_id: UUID) -> str:
    """The last part of the link in a text message: which notice."""
    return token_of(settings, SEEN, notice_id)


def seen_of(settings: Settings, token: str) -> UUID:
    """Which notice a link of ours names; NoSuchLink when it is not ours."""
    return named_by(settings, SEEN, token)


def push_token(settings: Settings, delivery_id: UUID) -> str:
    """What a push carries for the browser to report with; nobody but that browser can read it."""
    return token_of(settings, PUSHED, delivery_id)


def pushed_of(settings: Settings, token: str) -> UUID:
    """Which push a browser reports on; NoSuchLink when the token is not ours."""
    return named_by(settings, PUSHED, token)


def stop_link(settings: Settings, person_id: UUID, kind: str, channel: str) -> str:
    """The last part of a stop link."""
    return sign(settings.secret, STOP, f"{person_id}:{kind}:{channel}", expires_in=STOP_DAYS * 86_400)


def stop_of(settings: Settings, token: str) -> tuple[UUID, str, str]:
    """Whose messages of which kind by which channel a stop link ends; NoSuchLink when it is not ours or too old."""
    found = unsign(settings.secret, STOP, token)
    if found is None:
        raise NoSuchLink
    person, kind, channel = found.split(":")
    if (kind not in KINDS and kind != EVERY) or channel not in CHANNELS:
        raise NoSuchLink
    return UUID(person), kind, channel


def chat_reference(delivery_id: UUID, *, as_template: bool) -> str:
    """What WhatsApp gives back with each status. A message that goes a second time, as the template, has another one than the free text had."""
    return f"{delivery_id}/{TEMPLATE}" if as_template else str(delivery_id)


def chat_of(given: object) -> tuple[UUID | None, bool]:
    """The delivery that such a reference names, if it is one, and whether it is that of the second time."""
    name, _, form = str(given).partition("/")
    try:
        return UUID(name), form == TEMPLATE
    except ValueError:
        return None, False


def reference(settings: Settings, delivery_id: UUID) -> str:
    """Names a mail in its Message-ID and in the address its bounces go to."""
    mac = hmac.new(settings.secret.encode(), b"notices.mail:" + delivery_id.bytes, hashlib.sha256).hexdigest()
    return f"n-{delivery_id.hex}-{mac[:16]}"


def references_in(settings: Settings, text: str) -> list[UUID]:
    """The deliveries that a returned mail names, as far as we made the names."""
    found = [UUID(hex=match.group(1)) for match in REFERENCE.finditer(text)]
    return [one for one in dict.fromkeys(found) if reference(settings, one) in text]


def bounce_of(settings: Settings, mail: str) -> str:
    """The envelope's sender (VERP) of a mail of this name: `bounces+n-…@host` of MAIL_BOUNCES; empty where bounces go nowhere."""
    if not settings.mail_bounces:
        return ""
    local, _, host = settings.mail_bounces.rpartition("@")
    return f"{local}+{mail}@{host}"


def address_key(settings: Settings, channel: str, address: str) -> str:
    """A keyed hash of a number or an address: enough to know it again, of no use to anybody else."""
    return hmac.new(settings.secret.encode(), f"notices.address:{channel}:{address.lower()}".encode(), hashlib.sha256).hexdigest()[:32]
