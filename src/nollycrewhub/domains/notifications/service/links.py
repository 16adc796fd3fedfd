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
STOP_DAYS = 400
EVERY = "every"
REFERENCE = re.compile(r"n-([0-9a-f]{32})-([0-9a-f]{16})")


def seen_link(settings: Settings, notice_id: UUID) -> str:
    """The last part of the link in a text message: which notice, and 96 bits that only we can make."""
    mac = hmac.new(settings.secret.encode(), b"notices.seen:" + notice_id.bytes, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(notice_id.bytes + mac[:11]).decode()


def seen_of(settings: Settings, token: str) -> UUID:
    """Which notice a link of ours names; NoSuchLink when it is not ours."""
    try:
        raw = base64.b64decode(token.encode(), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error) as error:
        raise NoSuchLink from error
    if len(raw) != 27 or not hmac.compare_digest(seen_link(settings, UUID(bytes=raw[:16])).encode(), token.encode()):
        raise NoSuchLink
    return UUID(bytes=raw[:16])


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
