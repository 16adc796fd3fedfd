"""Web push: encrypted for one browser (RFC 8291), signed as ours (VAPID, RFC 8292), handed to the browser's push service.

A push carries a title, a link, and a token to report with, nothing else. `Topic` makes a repeated push of the same notice replace the first one.
"""

import base64
import ipaddress
import time
from urllib.parse import urlsplit

import http_ece
import msgspec
from cryptography.exceptions import InvalidKey, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey

from nollycrewhub.kit.told import told
from nollycrewhub.platform.carriers.asking import Provider
from nollycrewhub.platform.carriers.parcels import Away, Receipt, Subscription
from nollycrewhub.platform.db import WriteSession
from nollycrewhub.platform.settings import Settings

GONE = (404, 410)
TTL = 86_400
SIGNED_FOR = 12 * 3600
LONGEST_TITLE = 200
"""Far below the 4,096 bytes a push service takes (RFC 8030), and more than any screen shows."""
GONE_REASON = told("This browser takes no more pushes.")


class PushMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What a push shows: a title, and where a tap leads. `topic` is at most 32 url-safe characters; with `token` the browser says what came of it."""

    title: str
    link: str
    topic: str = ""
    token: str = ""
    urgent: bool = False


def text_of(message: PushMessage) -> bytes:
    """What the browser's worker reads."""
    text = {"title": message.title[:LONGEST_TITLE], "link": message.link, "tag": message.topic}
    return msgspec.json.encode({**text, "token": message.token} if message.token else text)


def unpadded(raw: bytes) -> str:
    """base64url without padding, as push writes keys."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def raw_of(text: str) -> bytes:
    """The bytes of a key; ValueError when it is none."""
    return base64.b64decode(text.encode() + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)


def new_key() -> str:
    """A private key for VAPID, as the settings have it."""
    return unpadded(ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value.to_bytes(32, "big"))


def is_usable(subscription: Subscription, hosts: tuple[str, ...], *, is_local: bool) -> bool:
    """Whether the endpoint is a push service we know, and the keys are keys. `is_local` lets a laptop's simulator in."""
    parts = urlsplit(subscription.endpoint)
    host = parts.hostname or ""
    known = parts.scheme == "https" and any(host == one or (one.startswith("*.") and host.endswith(one[1:])) for one in hosts)
    try:
        if not known and not (is_local and ipaddress.ip_address(host).is_loopback):
            return False
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw_of(subscription.p256dh))
        return len(raw_of(subscription.auth)) == 16
    except (ValueError, UnsupportedAlgorithm, InvalidKey):
        return False


class WebPush:
    """The live adapter; its key is the settings' VAPID key."""

    def __init__(self, settings: Settings) -> None:
        number = int.from_bytes(raw_of(settings.vapid_private_key), "big")
        self.key = ec.derive_private_key(number, ec.SECP256R1())
        self.public_key = unpadded(self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))
        self.subject = settings.vapid_subject
        self.provider = Provider("push")

    def authorization(self, endpoint: str) -> str:
        """The header that says whose push it is, for this push service only."""
        parts = urlsplit(endpoint)
        claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": int(time.time()) + SIGNED_FOR, "sub": self.subject}
        token = jwt.encode({"typ": "JWT", "alg": "ES256"}, claims, ECKey.import_key(self.key))
        return f"vapid t={token}, k={self.public_key}"

    async def send_push(self, to: Subscription, message: PushMessage, session: WriteSession) -> Receipt:
        """Hands one push over; `blocked` when the browser has unsubscribed."""
        body = http_ece.encrypt(
            text_of(message),
            private_key=ec.generate_private_key(ec.SECP256R1()),
            dh=raw_of(to.p256dh),
            auth_secret=raw_of(to.auth),
            version="aes128gcm",
        )
        headers = {
            "authorization": self.authorization(to.endpoint), "content-encoding": "aes128gcm", "ttl": str(TTL),
            "urgency": "high" if message.urgent else "normal", "content-type": "application/octet-stream",
            **({"topic": message.topic} if message.topic else {}),
        }  # fmt: skip
        answer = await self.provider.post(to.endpoint, content=body, headers=headers)
        if answer.status_code in GONE:
            return Receipt(state="blocked", reason=GONE_REASON)
        if answer.status_code in (401, 403):
            raise Away(f"the push service refuses our key ({answer.status_code})", 600.0)
        if answer.status_code >= 400:
            return Receipt(state="failed", reason=f"The push service refused it ({answer.status_code}).")
        return Receipt(state="sent", provider_id=answer.headers.get("location", "").rpartition("/")[2])

    async def stop(self) -> None:
        """Closes connections."""
        await self.provider.stop()
