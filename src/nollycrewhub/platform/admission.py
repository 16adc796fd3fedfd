"""Sheds load early: past a number of requests under way the next one is told to come back, before any work is done.

A queue of requests that nobody waits for any more costs everybody; a 503 with Retry-After costs a moment. Signing
in and the operators' pages have room of their own, so they are shed last; health is never shed. An answer from
memory is not work and never comes here.
"""

import random
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from litestar.types import Send

from nollycrewhub.kit.told import told
from nollycrewhub.platform import metrics
from nollycrewhub.platform.errors import Unavailable, document
from nollycrewhub.platform.load import LOAD

CRITICAL = ("/api/auth/", "/api/payments/", "/signin/", "/ops/")
CRITICAL_PAGES = frozenset({"/signin", "/ops"})
HEALTH = frozenset({"/livez", "/readyz", "/metrics"})
LASTING = frozenset({"/live/events", "/live/poll"})  # answers that wait for news; their number has bounds of its own
SOONEST, LATEST = 1, 3
SHED = metrics.SHED.labels("in-flight")
Headers = list[tuple[bytes, bytes]]
BODY = document(Unavailable(told("Very many people are here just now. Please try again in a few seconds.")))


class Admission:
    """Counts what is under way in this process."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.under_way = 0
        self.critical = 0
        self._busy = 0.0
        self._at = time.monotonic()

    def busy_seconds(self) -> float:
        """The sum over time of what was under way in both rooms; the difference of two, by the time between, is their mean."""
        now = time.monotonic()
        self._busy += (self.under_way + self.critical) * (now - self._at)
        self._at = now
        return self._busy

    def has_room(self, path: str) -> bool:
        """Whether a request for the path may begin: in the common room, or in the one for what is shed last.

        Who waits for a password's hash waits long and costs nothing meanwhile, so they take no room from the pages.
        """
        if is_critical(path):
            return self.critical < self.most or self.under_way < self.most
        return self.under_way < self.most or path in HEALTH or path in LASTING

    @property
    def is_busy(self) -> bool:
        """Whether half of the room is taken: what was shed elsewhere just now is not worth a second try."""
        return self.under_way > self.most // 2

    @contextmanager
    def begun(self, path: str) -> Iterator["Place"]:
        """A request's place for as long as it is under way; waiting for news is no work."""
        place = Place(self, path)
        try:
            yield place
        finally:
            place.count(-1)

    def place_of(self, path: str) -> str:
        """Which of the two rooms a request takes room of; empty when of neither."""
        if path in LASTING:
            return ""
        return "critical" if is_critical(path) and self.critical < self.most else "under_way"


class Place:
    """The room one request takes."""

    __slots__ = ("admission", "room")

    def __init__(self, admission: Admission, path: str) -> None:
        self.admission = admission
        self.room = admission.place_of(path)
        self.count(1)

    def count(self, change: int) -> None:
        """Takes the room, or gives it back."""
        if self.room:
            self.admission.busy_seconds()
            setattr(self.admission, self.room, getattr(self.admission, self.room) + change)

    @contextmanager
    def left(self) -> Iterator[None]:
        """Gives the room back while the caller is waited for: a phone that sends its photo for a minute is no work."""
        self.count(-1)
        try:
            yield
        finally:
            self.count(1)


def is_critical(path: str) -> bool:
    """Whether it is shed last."""
    return path.startswith(CRITICAL) or path in CRITICAL_PAGES


class Door:
    """Where a connection asks whether its next request may become one, while there is no room (httpline.py).

    A request that is turned away here costs a fifth of one that the application has to turn away, so a process that is
    asked for a few times what it can do still does nearly all it can.
    """

    def __init__(
        self, admission: Admission, *, headers: Headers, region: Callable[[str, Iterable[tuple[bytes, bytes]]], str],
        may_know: Callable[[str, bytes], bool], is_leaving: Callable[[], bool],
    ) -> None:  # fmt: skip
        self.admission = admission
        self.is_leaving = is_leaving
        self.headers = headers
        self.region = region
        self.may_know = may_know
        self.written: dict[tuple[str, int], bytes] = {}

    @property
    def is_shut(self) -> bool:
        """Whether the common room is full."""
        return self.admission.under_way >= self.admission.most

    def refusal(self, target: bytes, peer: str, headers: Headers) -> bytes | None:
        """What goes over the wire after the status line and the date, up to the body's end; None lets the request in.

        In goes what has room of its own, what memory may answer, and what is spelt so that only the application can tell.
        """
        raw, _, query = target.partition(b"?")
        if not raw.startswith(b"/") or b"%" in raw:
            return None
        path = raw.decode("latin-1")
        if self.admission.has_room(path) or self.may_know(path, query):
            return None
        again = random.randint(SOONEST, LATEST)  # noqa: S311 - spreading load, not a secret
        region = self.region(peer, headers)
        written = self.written.get((region, again))
        if written is None:
            lines = b"".join(b"%b: %b\r\n" % pair for pair in head_of(self.headers, region=region, again=again))
            written = self.written[(region, again)] = lines + b"\r\n" + BODY
        note_shed()
        return written


def note_shed() -> None:
    """One more was told to come again."""
    SHED.inc()
    LOAD.shed += 1


def head_of(headers: Headers, *, region: str, again: int, leaves: bool = False) -> Headers:
    """The short answer's headers; `leaves` ends the connection."""
    return [
        *([(b"connection", b"close")] if leaves else ()),
        (b"content-type", b"application/problem+json"), (b"content-length", str(len(BODY)).encode()),
        (b"retry-after", str(again).encode()), (b"cache-control", b"private, no-store"),
        (b"x-region", region.encode()), *headers,
    ]  # fmt: skip


async def refuse(send: Send, headers: Headers, *, region: str, leaves: bool) -> None:
    """The short answer, spread over a few seconds so that the shed do not come back together."""
    note_shed()
    again = random.randint(SOONEST, LATEST)  # noqa: S311 - spreading load, not a secret
    await send({"type": "http.response.start", "status": 503, "headers": head_of(headers, region=region, again=again, leaves=leaves)})
    await send({"type": "http.response.body", "body": BODY, "more_body": False})
