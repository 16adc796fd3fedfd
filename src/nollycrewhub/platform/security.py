"""Signed texts, where a request may come from, and the headers on every answer."""

import base64
import hashlib
import hmac
import time
from collections.abc import Iterable
from uuid import UUID

SECURITY_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; font-src 'self'; "
        "connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "strict-origin-when-cross-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=()",
}
HSTS = "max-age=63072000; includeSubDomains; preload"


SAMPLE_PASSWORD = "password123"  # noqa: S105 - all sample people's; nobody can choose it, so production opens nothing with it


def signature(secret: str, purpose: str, data: str) -> str:
    """HMAC-SHA256 over purpose and data, url-safe."""
    digest = hmac.new(secret.encode(), f"{purpose}\0{data}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def sign(secret: str, purpose: str, data: str, *, expires_in: int) -> str:
    """`data.expiry.signature`, for links and cookies; not secret, only unforgeable."""
    body = f"{base64.urlsafe_b64encode(data.encode()).decode().rstrip('=')}.{int(time.time()) + expires_in}"
    return f"{body}.{signature(secret, purpose, body)}"


def unsign(secret: str, purpose: str, signed: str) -> str | None:
    """The data, or None when it is not ours, was changed, or ran out."""
    body, dot, given = signed.rpartition(".")
    if not dot or not hmac.compare_digest(signature(secret, purpose, body).encode(), given.encode()):
        return None
    data, _, expiry = body.partition(".")
    if not expiry.isdigit() or int(expiry) < time.time():
        return None
    return base64.urlsafe_b64decode(data + "=" * (-len(data) % 4)).decode()


def whose(secret: str, person_id: UUID) -> str:
    """Names a person to their own phone and says nothing else: what it keeps of their pages is kept under this."""
    return signature(secret, "whose", str(person_id))[:16]


def is_own_origin(origin: str, own: Iterable[str]) -> bool:
    """Whether an Origin header is one of our own addresses, letter for letter, as browsers write it."""
    return origin in own
