"""Sheds load early: past a number of requests under way the next one is told to come back, before any work is done.

A queue of requests that nobody waits for any more costs everybody; a 503 with Retry-After costs a moment. Signing
in and the operators' pages have room of their own, so they are shed last; health is never shed. An answer from
memory is not work and never comes here.
"""

import random

from litestar.types import Send

from nollycrewhub.platform import metrics
from nollycrewhub.platform.errors import Unavailable, document

CRITICAL = ("/api/auth/", "/signin", "/ops", "/api/payments/")
HEALTH = frozenset({"/livez", "/readyz", "/metrics"})
ROOM = 2
SOONEST, LATEST = 1, 3
BODY = document(Unavailable("Very many people are here just now. Please try again in a few seconds."))


class Admission:
    """Counts what is under way in this process."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.under_way = 0

    def has_room(self, path: str) -> bool:
        """Whether a request for the path may begin."""
        if self.under_way < self.most or path in HEALTH:
            return True
        return self.under_way < self.most * ROOM and path.startswith(CRITICAL)


async def refuse(send: Send, headers: list[tuple[bytes, bytes]]) -> None:
    """The short answer, spread over a few seconds so that the shed do not come back together."""
    metrics.SHED.labels("in-flight").inc()
    again = str(random.randint(SOONEST, LATEST)).encode()  # noqa: S311 - spreading load, not a secret
    head = [
        (b"content-type", b"application/problem+json"), (b"content-length", str(len(BODY)).encode()),
        (b"retry-after", again), (b"cache-control", b"private, no-store"), *headers,
    ]  # fmt: skip
    await send({"type": "http.response.start", "status": 503, "headers": head})
    await send({"type": "http.response.body", "body": BODY, "more_body": False})
