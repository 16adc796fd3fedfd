"""A finished answer: its bytes, packed and plain, the position of the log it was read at, and how it travels."""

import gzip
import hashlib
import random
import time
from datetime import datetime
from functools import lru_cache

import msgspec

from nollycrewhub.kit.time import left_of_day
from nollycrewhub.platform.db import Position

Headers = list[tuple[bytes, bytes]]
LEAST_PACKED = 800
PACK_LEVEL = 6
PLAIN_KEPT = 128  # of some ten kilobytes each
JITTER = 0.1
AROUND = 5_000  # bytes of headers, names and tables around a body, as the processes' memory was seen to grow
GRACE = 60.0
HOP = frozenset({b"connection", b"content-length", b"content-encoding", b"etag", b"date", b"server", b"x-request-id", b"x-region"})


class Sent(msgspec.Struct, array_like=True):
    """An entry as Valkey holds it."""

    timeline: int
    lsn: int
    made: float
    cost: float
    ttl: float
    headers: list[tuple[bytes, bytes]]
    body: bytes


@lru_cache(1024)
def one_for_all(pair: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    """The same header in thousands of entries is one object: a dozen of them take more room than a packed page."""
    return pair


@lru_cache(PLAIN_KEPT)
def unpacked(packed: bytes) -> bytes:
    """The plain form of a packed one. A client that takes no gzip asks for the same few pages; unpacking costs as much as the answer."""
    return gzip.decompress(packed)


def sortable(position: Position) -> str:
    """A position as text that sorts as positions do."""
    return f"{position.timeline:08x}{position.lsn:016x}"


def read_sortable(text: str | bytes) -> Position:
    """The position of its sortable text."""
    plain = text.decode() if isinstance(text, bytes) else text
    return Position(int(plain[:8], 16), int(plain[8:], 16))


class Entry:
    """One answer in this process, ready to be sent."""

    __slots__ = (
        "brief", "cost", "daily", "fields", "filled", "good_until", "headers", "key", "lazy", "length", "made", "namespace", "packed", "plain",
        "position", "prepared", "renew_after", "size", "stale_since", "tag", "template", "ttl",
    )  # fmt: skip

    def __init__(
        self, *, body: bytes, headers: Headers, position: Position | None, cost: float, ttl: float, made: float, packed: bytes | None = None
    ) -> None:  # fmt: skip
        self.headers = [one_for_all((name, value)) for name, value in headers if name not in HOP]
        self.position = position
        self.cost = cost
        self.ttl = ttl
        self.made = made
        self.tag = b'"' + hashlib.blake2b(body, digest_size=12).hexdigest().encode() + b'"'
        self.length = len(body)
        is_packed = len(body) >= LEAST_PACKED
        self.packed = (packed or gzip.compress(body, PACK_LEVEL, mtime=0)) if is_packed else None
        self.plain = None if is_packed else body
        self.filled = time.monotonic()
        age = max(0.0, time.time() - made)
        self.good_until = self.filled + early(ttl - age, cost)
        self.stale_since = self.renew_after = 0.0
        self.key = self.namespace = self.template = ""
        self.fields: tuple[str, ...] = ()
        self.lazy = self.brief = self.daily = False
        self.size = len(self.packed or body) + AROUND
        self.prepared: dict[tuple[int, bool, str, str], Headers] = {}

    @property
    def body(self) -> bytes:
        """The plain form. Few ask for it where there is a packed one, so it is not kept beside that, but for the last ones asked for."""
        return self.plain if self.plain is not None else unpacked(self.packed or b"")

    def tag_of(self, packed: bool) -> bytes:  # noqa: FBT001 - it names a form
        """The strong ETag of a form: packed bytes are another representation."""
        return self.tag[:-1] + b'-gz"' if packed else self.tag

    def is_named(self, header: bytes) -> bool:
        """Whether If-None-Match names one of its forms (weak comparison, RFC 9110 section 13.1.2)."""
        if header.strip() == b"*":
            return True
        names = (self.tag, self.tag_of(True))
        return any(part.strip().removeprefix(b"W/") in names for part in header.split(b","))

    def covers(self, *marks: Position | None) -> bool:
        """Whether it was read at or past all of the positions."""
        return self.position is not None and all(self.position.has_reached(mark) for mark in marks)

    @property
    def is_overtaken(self) -> bool:
        """Whether a write is known that came after it was read."""
        return self.stale_since > 0

    def overtaken(self, now: float) -> None:
        """A write came after it: it is no longer good, but a lazy one may be shown a moment longer."""
        self.good_until = 0.0
        self.stale_since = self.stale_since or now

    def packed_for_valkey(self) -> bytes | None:
        """The entry as bytes; None when its position is not known, so that it must not be shared."""
        if self.position is None:
            return None
        return msgspec.msgpack.encode(
            Sent(
                self.position.timeline,
                self.position.lsn,
                self.made,
                self.cost,
                self.ttl,
                self.headers,
                self.packed or gzip.compress(self.body, 1, mtime=0),
            )
        )


def early(ttl: float, cost: float) -> float:
    """How long to keep before renewing: XFetch draws once, cost (seconds to make) times an exponential, before the end.

    Source: Vattani, Chierichetti, Lowenstein, "Optimal Probabilistic Cache Stampede Prevention", VLDB 2015, beta 1.
    """
    return max(0.0, ttl - cost * random.expovariate(1.0))  # noqa: S311 - spreading load, not a secret


def spread(ttl: float) -> float:
    """The ttl give or take a tenth, so that what was filled together does not end together."""
    return ttl * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - spreading load


def lasting(ttl: float, made: datetime, *, daily: bool) -> float:
    """How long an answer made at a moment is good; a daily one until midnight in Lagos at most."""
    return min(spread(ttl), left_of_day(made)) if daily else spread(ttl)


def unpack(raw: bytes) -> Entry | None:
    """The entry Valkey held, or None when it is not readable (another version wrote it)."""
    try:
        sent = msgspec.msgpack.decode(raw, type=Sent)
        body = gzip.decompress(sent.body)
    except (msgspec.DecodeError, msgspec.ValidationError, OSError, EOFError):
        return None
    headers = [(bytes(name), bytes(value)) for name, value in sent.headers]
    return Entry(
        body=body, headers=headers, position=Position(sent.timeline, sent.lsn), cost=sent.cost, ttl=sent.ttl, made=sent.made, packed=sent.body
    )  # fmt: skip
