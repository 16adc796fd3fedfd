"""Sheds load early: past a number of requests under way the next one is told to come back, before any work is done.

A queue of requests that nobody waits for any more costs everybody; a 503 with Retry-After costs a moment. Signing
in and the operators' pages have room of their own, so they are shed last; health is never shed. An answer from
memory is not work and never comes here.

A process whose event loop takes long to get round says no late, too: every request under way takes its step before the
next one is looked at. So while the loop is overworked the number falls to what keeps it quick, and rises again after.
"""

import asyncio
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager

from litestar.types import Send

from nollycrewhub.platform import metrics
from nollycrewhub.platform.errors import Unavailable, document

CRITICAL = ("/api/auth/", "/signin", "/ops", "/api/payments/")
HEALTH = frozenset({"/livez", "/readyz", "/metrics"})
LASTING = "/live/"  # answers that wait for news; their number has bounds of its own
SOONEST, LATEST = 1, 3
LEAST = 4  # requests that are always let in: fewer would leave the processor idle while they wait for the database
BEAT = 0.01
ROUND = 0.008  # seconds of processor time the loop may need to get round; a refusal waits for about two rounds
RUSH = 0.5
RISE = 0.2
BODY = document(Unavailable("Very many people are here just now. Please try again in a few seconds."))


class Admission:
    """Counts what is under way in this process."""

    def __init__(self, most: int, *, is_paced: bool = True) -> None:
        self.most = most
        self.is_paced = is_paced
        self.under_way = 0
        self.critical = 0
        self.pace = Pace(most)
        self._beating = False
        self._spent = 0.0

    @property
    def room(self) -> int:
        """How many may be under way in the common room just now."""
        return min(self.most, int(self.pace.room))

    def has_room(self, path: str) -> bool:
        """Whether a request for the path may begin: in the common room, or in the one for what is shed last.

        Who waits for a password's hash waits long and costs nothing meanwhile, so they take no room from the pages.
        """
        if path.startswith(CRITICAL):
            return self.critical < self.most or self.under_way < self.most
        return self.under_way < self.room or path in HEALTH or path.startswith(LASTING)

    @property
    def is_busy(self) -> bool:
        """Whether half of the room is taken: what was shed elsewhere just now is not worth a second try."""
        return self.under_way > self.room // 2

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
            self._watch()
        try:
            yield
        finally:
            if is_critical:
                self.critical -= 1
            else:
                self.under_way -= 1

    def _watch(self) -> None:
        """Begins to look at the loop, if there is something to look at and nobody does yet."""
        if self.is_paced and not self._beating and self.under_way > LEAST:
            self._beating, self._spent = True, time.thread_time()
            asyncio.get_running_loop().call_later(BEAT, self._beat)

    def _beat(self) -> None:
        before, self._spent = self._spent, time.thread_time()
        self.pace.beat(self._spent - before)
        self._beating = self.under_way > LEAST or self.pace.room < self.most
        if self._beating:
            asyncio.get_running_loop().call_later(BEAT, self._beat)


class Pace:
    """How many requests the loop can hold and still be quick: down by a tenth while it is slow, up by little when it is not.

    Slow is measured in this thread's own processor time between two beats, so that a machine which is busy with other
    things sheds nobody. A rush that is over within half a second is no overload.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.room = float(most)
        self.usual = 0.0
        self.slow_for = 0.0

    def beat(self, spent: float) -> None:
        """Seconds of processor time since the last beat."""
        self.usual += (spent - self.usual) / 5
        is_slow = self.usual > BEAT + ROUND
        self.slow_for = self.slow_for + max(spent, BEAT) if is_slow else 0.0
        if is_slow and (self.slow_for > RUSH or self.room < self.most):
            self.room = max(min(LEAST, self.most), self.room * 0.9)
        elif not is_slow:
            self.room = min(self.most, self.room + RISE)


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
