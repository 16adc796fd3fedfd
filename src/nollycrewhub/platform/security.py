"""Passwords in a bounded pool, signed texts, where a request may come from, and the headers on every answer."""

import asyncio
import base64
import hashlib
import hmac
import math
import os
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from nollycrewhub.platform.errors import Unavailable
from nollycrewhub.platform.metrics import SHED

T = TypeVar("T")
SECURITY_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
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
WAITING_ROOM = 120
LONGEST_WAIT = 4.0  # seconds: who would have to wait longer is told at once, and holds no connection meanwhile
PATIENCE = 8.0
HASH_SECONDS = 0.03


def lower_priority() -> None:
    """A hashing thread yields to the event loop's thread (Linux gives nice values to threads)."""
    if hasattr(os, "setpriority"):
        try:
            os.setpriority(os.PRIO_PROCESS, 0, min(19, os.getpriority(os.PRIO_PROCESS, 0) + 10))
        except OSError:
            return


SAMPLE_PASSWORD = "password123"  # noqa: S105 - all sample people's; nobody can choose it, so production opens nothing with it


class PasswordPool:
    """argon2id (19 MiB, t=2, p=1) in a few low-priority threads, so a storm of sign-ins slows no page.

    About 24 ms of a core each: past the waiting room a sign-in is shed with 503 rather than queued for ever.
    """

    def __init__(self, workers: int, *, refused: frozenset[str] = frozenset()) -> None:
        self.refused = refused
        self.hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
        self.pool = ThreadPoolExecutor(workers, thread_name_prefix="argon2", initializer=lower_priority)
        self.waiting = 0
        self.room = WAITING_ROOM
        self.workers = workers
        self.seconds = HASH_SECONDS

    @property
    def expected_wait(self) -> float:
        """Seconds until somebody who came now would be served, by how long hashes have taken lately."""
        return self.waiting * self.seconds / self.workers

    def _timed(self, function: Callable[..., T], *args: str) -> T:
        start = time.perf_counter()
        try:
            return function(*args)
        finally:
            self.seconds += (time.perf_counter() - start - self.seconds) / 10

    async def _run(self, function: Callable[..., T], *args: str) -> T:
        if self.waiting >= self.room or self.expected_wait > LONGEST_WAIT:
            SHED.labels("passwords").inc()
            after = max(3, math.ceil(self.expected_wait))
            raise Unavailable("Very many people are signing in. Please try again in a few seconds.", retry_after=after)
        self.waiting += 1
        try:
            async with asyncio.timeout(PATIENCE):
                return await asyncio.get_running_loop().run_in_executor(self.pool, self._timed, function, *args)
        except TimeoutError as error:
            SHED.labels("passwords").inc()
            raise Unavailable("Very many people are signing in. Please try again shortly.", retry_after=5) from error
        finally:
            self.waiting -= 1

    async def hash(self, password: str) -> str:
        """The hash to store."""
        return await self._run(self.hasher.hash, password)

    async def verify(self, hashed: str, password: str) -> bool:
        """Whether the password is the one; a broken hash is nobody's, and a refused password opens nothing."""
        right = await self._run(self._verify, hashed, password)
        return right and password not in self.refused

    def _verify(self, hashed: str, password: str) -> bool:
        try:
            return self.hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False

    def needs_rehash(self, hashed: str) -> bool:
        """Whether the stored hash is weaker than what we make today."""
        return self.hasher.check_needs_rehash(hashed)

    def stop(self) -> None:
        """Lets running hashes end."""
        self.pool.shutdown(wait=False, cancel_futures=True)


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


def is_own_origin(origin: str, own: Iterable[str]) -> bool:
    """Whether an Origin header is one of our own addresses, letter for letter, as browsers write it."""
    return origin in own
