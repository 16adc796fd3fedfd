"""Sheds load early: past a number of requests under way the next one is told to come back, before any work is done.

A queue of requests that nobody waits for any more costs everybody; a 503 with Retry-After costs a moment. Signing
in and the operators' pages have room of their own, so they are shed last; health is never shed. An answer from
memory is not work and never comes here.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager

from litestar.types import Send

from nollycrewhub.platform import metrics
from nollycrewhub.platform.errors import Unavailable, document

CRITICAL = ("/api/auth/", "/signin", "/ops", "/api/payments/")
HEALTH = frozenset({"/livez", "/readyz", "/metrics"})
LASTING = "/live/"  # answers that wait for news; their number has bounds of its own
SOONEST, LATEST = 1, 3
BODY = document(Unavailable("Very many people are here just now. Please try again in a few seconds."))


class Admission:
    """Counts what is under way in this process."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.under_way = 0
        self.critical = 0

    def has_room(self, path: str) -> bool:
        """Whether a request for the path may begin: in the common room, or in the one for what is shed last.

        Who waits for a password's hash waits long and costs nothing meanwhile, so they take no room from the pages.
        """
        if path.startswith(CRITICAL):
            return self.critical < self.most or self.under_way < self.most
        return self.under_way < self.most or path in HEALTH or path.startswith(LASTING)

    @property
    def is_busy(self) -> bool:
        """Whether half of the room is taken: what was shed elsewhere just now is not worth a second try."""
        return self.under_way > self.most // 2

    @contextmanager
    def begun(self, path: str) -> Iterator[None]:
        """Counts a request for as long as it is under way; waiting for news is no work."""
        if path.startswith(LASTING):
            yield
            return
        is_critical = path.startswith(CRITICAL) and self.critical < self.most
        if is_critical:
            self.critical += 1
        else:
            self.under_way += 1
        try:
            yield
        finally:
            if is_critical:
                self.critical -= 1
            else:
                self.under_way -= 1


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
