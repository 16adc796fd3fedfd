"""The process's own copies, bounded by bytes, oldest use first out, found by what they depend on."""

import time
from collections import OrderedDict, defaultdict
from datetime import UTC, datetime

from nollycrewhub.kit.time import lagos_day
from nollycrewhub.platform.db import Position
from nollycrewhub.platform.httpcache.entry import GRACE, Entry

STALE_WHILE = 5.0
MOST_SPOTS = 20_000
Raw = tuple[str, bytes, bool, str]
"""A path, its query, whether a phone asks, and in which language."""


class Memory:
    """Entries by canonical key, and spots: raw addresses whose key is known. Only `entries` holds what is kept."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self.bytes = 0
        self.entries: OrderedDict[str, Entry] = OrderedDict()
        self.of_field: defaultdict[str, set[str]] = defaultdict(set)
        self.spots: dict[Raw, str] = {}
        self.asked: set[tuple[str, bytes]] = set()
        self.latest: dict[str, Position] = {}
        self.timeline = 0

    def get(self, key: str) -> Entry | None:
        """The copy, good or not."""
        found = self.entries.get(key)
        if found is not None:
            self.entries.move_to_end(key)
        return found

    def at(self, raw: Raw) -> Entry | None:
        """The copy a raw address led to before, good or not."""
        key = self.spots.get(raw)
        return self.get(key) if key is not None else None

    def put(self, entry: Entry) -> None:
        """Keeps a copy, unless a later one is there or it is of a lost timeline; the least used ones make room."""
        if entry.position is not None and entry.position.timeline < self.timeline:
            return
        for field in entry.fields:
            if (latest := self.latest.get(field)) is not None and not entry.covers(latest):
                entry.overtaken(time.monotonic())
        before = self.entries.get(entry.key)
        if before is not None:
            if before.position is not None and not entry.covers(before.position):
                return
            self.drop(entry.key)
        self.entries[entry.key] = entry
        self.bytes += entry.size
        for field in entry.fields:
            self.of_field[field].add(entry.key)
        while self.bytes > self.most_bytes and len(self.entries) > 1:
            self.drop(next(iter(self.entries)))

    def drop(self, key: str) -> None:
        """Forgets a copy."""
        entry = self.entries.pop(key, None)
        if entry is None:
            return
        self.bytes -= entry.size
        entry.good_until = 0.0
        for field in entry.fields:
            keys = self.of_field[field]
            keys.discard(key)
            if not keys:
                del self.of_field[field]

    def spot(self, raw: Raw, key: str, *, bare: bytes | None = None) -> None:
        """Remembers where a raw address led, and its `bare` query where that is another; all are forgotten when they grow too many."""
        if len(self.spots) >= MOST_SPOTS:
            self.unspot()
        self.spots[raw] = key
        self.asked.add((raw[0], raw[1] if bare is None else bare))

    def unspot(self) -> None:
        """Forgets all raw addresses; their copies stay."""
        self.spots.clear()
        self.asked.clear()

    def may_hold(self, path: str, query: bytes) -> bool:
        """Whether there may be a copy for an address with that bare query, whoever asks."""
        return (path, query) in self.asked

    def overtake(self, field: str, position: Position) -> None:
        """A write of a field at a position: objects go, lists are good no longer but may be shown while renewed."""
        now = time.monotonic()
        self.latest[field] = max(position, self.latest.get(field, position))
        for key in list(self.of_field.get(field, ())):
            entry = self.entries[key]
            if entry.covers(position):
                continue
            if entry.lazy:
                entry.overtaken(now)
            else:
                self.drop(key)

    def begin_anew(self, position: Position) -> None:
        """After a failover: nothing read before it is kept, also when it is still on its way, and no write before it counts."""
        self.timeline = position.timeline
        self.latest = {field: at for field, at in self.latest.items() if at.timeline >= position.timeline}
        self.clear()

    def clear(self) -> None:
        """Forgets everything: messages may have been missed."""
        for key in list(self.entries):
            self.drop(key)
        self.unspot()


def may_show_stale(entry: Entry, now: float) -> bool:
    """Whether a copy past its time may be shown while one request renews it: for seconds after a write, a minute after its end.

    A brief one may not: what overtook it may not have been heard. Nor may a daily one on another day than its own.
    """
    if entry.brief or (entry.daily and lagos_day(datetime.fromtimestamp(entry.made, UTC)) != lagos_day()):
        return False
    if entry.stale_since:
        return entry.lazy and now - entry.stale_since < STALE_WHILE
    return entry.good_until > 0 and now - entry.good_until < GRACE
