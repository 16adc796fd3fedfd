"""What the store says about itself: the cluster it belongs to, each base backup, how far the log has come, and all keys."""

from datetime import UTC, datetime

import msgspec

from nollycrewhub.backup.errors import Refused
from nollycrewhub.backup.segments import HISTORY, Segment, Stretch, lineage, segment
from nollycrewhub.backup.store import Store, document, packed, unpacked

CLUSTER = "cluster.json"
PROGRESS, VERIFIED = "progress.json", "verified.json"
BASES = "base"
LOG = "wal"
WHOLE, UNFINISHED, TREE = ".gz", ".partial.gz", ".history"


class Cluster(msgspec.Struct, frozen=True):
    """Whose backups these are. Two servers in one store would each make the other's log useless."""

    system_identifier: str
    segment_size: int


class Progress(msgspec.Struct, frozen=True):
    """All that was committed until `at`, by the server's clock, is in the store: the log up to `lsn` of a timeline."""

    timeline: int
    lsn: str
    at: datetime


class Verified(msgspec.Struct, frozen=True):
    """When all of the store was read last, and how many faults were found."""

    at: datetime
    faults: int


class Piece(msgspec.Struct, frozen=True):
    """One file of a base backup."""

    name: str
    size: int
    sha256: str


class Base(msgspec.Struct, frozen=True, kw_only=True):
    """A base backup; its record is put last, so that one that is there is whole."""

    name: str
    began: datetime
    ended: datetime
    timeline: int
    start_lsn: str
    end_lsn: str
    version: int
    superuser: str
    database: str
    pieces: tuple[Piece, ...]
    cluster_bytes: int

    @property
    def size(self) -> int:
        """Bytes in the store."""
        return sum(piece.size for piece in self.pieces)


class Held(msgspec.Struct, frozen=True):
    """The log in the store."""

    segments: frozenset[Segment]
    unfinished: frozenset[Segment]
    lines: dict[int, list[Stretch]]


class Records:
    """The store as these records; every read checks, and nothing here is guessed from a key's date."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def cluster(self) -> Cluster | None:
        """Whose store it is; None while it is empty."""
        content = self.store.get(CLUSTER)
        return None if content is None else document(content, Cluster, CLUSTER)

    def claim(self, mine: Cluster) -> None:
        """Refused when the store holds another cluster's backups."""
        known = self.cluster()
        if known is None:
            self.store.put(CLUSTER, msgspec.json.encode(mine))
        elif known != mine:
            raise Refused(
                f"{self.store.place} holds backups of another cluster ({known.system_identifier}; this one is {mine.system_identifier}). "
                "Give each cluster a folder of its own in BACKUP_URL."
            )

    def progress(self) -> Progress | None:
        """How far the log has come."""
        content = self.store.get(PROGRESS)
        return None if content is None else document(content, Progress, PROGRESS)

    def note(self, progress: Progress) -> None:
        """Says how far it has come."""
        self.store.put(PROGRESS, msgspec.json.encode(progress))

    def verified(self) -> Verified | None:
        """When all of it was read last."""
        content = self.store.get(VERIFIED)
        return None if content is None else document(content, Verified, VERIFIED)

    def note_verified(self, verified: Verified) -> None:
        """Says that all of it was read, and what came of it."""
        self.store.put(VERIFIED, msgspec.json.encode(verified))

    def bases(self) -> list[Base]:
        """All whole base backups, oldest first."""
        found = []
        for key in self.store.keys(BASES):
            if key.endswith("/backup.json") and (content := self.store.get(key)) is not None:
                found.append(document(content, Base, key))
        return sorted(found, key=lambda base: base.ended)

    def base_names(self) -> list[str]:
        """What the whole base backups are called, oldest first: each is named by the moment it began."""
        return sorted(key.split("/")[-2] for key in self.store.keys(BASES) if key.endswith("/backup.json"))

    def base(self, name: str) -> Base | None:
        """One of them; None when it was thrown away meanwhile."""
        key = base_key(name, "backup.json")
        content = self.store.get(key)
        return None if content is None else document(content, Base, key)

    def held(self, size: int) -> Held:
        """What there is of the log."""
        whole, unfinished, lines = set(), set(), {1: lineage(1, "")}
        for key in self.store.keys(LOG):
            name = key.rpartition("/")[2]
            if found := HISTORY.match(name):
                timeline = int(found[1], 16)
                lines[timeline] = lineage(timeline, (self.store.get(key) or b"").decode())
            elif name.endswith(UNFINISHED):
                unfinished.add(segment(name.removesuffix(UNFINISHED), size))
            elif name.endswith(WHOLE):
                whole.add(segment(name.removesuffix(WHOLE), size))
        return Held(frozenset(whole), frozenset(unfinished), lines)

    def log_file(self, key: str) -> bytes:
        """A segment's bytes; Refused when it is damaged or away."""
        content = self.store.get(key)
        if content is None:
            raise Refused(f"{key} is no longer in the store.")
        return unpacked(content, key)

    def put_segment(self, name: str, content: bytes) -> None:
        """A whole segment. One that is there with other bytes is never written over."""
        key = whole_key(name)
        packing = packed(content)
        known = self.store.get(key)
        if known is not None and known != packing and unpacked(known, key) != content:
            raise Refused(f"{self.store.place} has another {name} already. Two servers write into one store: stop one of them.")
        if known is None:
            self.store.put(key, packing)

    def put_unfinished(self, name: str, content: bytes) -> None:
        """What there is of the segment that is being written."""
        self.store.put(unfinished_key(name), packed(content))


def whole_key(name: str) -> str:
    """Where a segment is kept."""
    return f"{LOG}/{name[:8]}/{name}{WHOLE}"


def unfinished_key(name: str) -> str:
    """Where the segment that is still being written is kept."""
    return f"{LOG}/{name[:8]}/{name}{UNFINISHED}"


def tree_key(name: str) -> str:
    """Where a timeline's history is kept."""
    return f"{LOG}/{name[:8]}/{name}"


def base_key(name: str, file: str) -> str:
    """Where a file of a base backup is kept."""
    return f"{BASES}/{name}/{file}"


def moment(text: str) -> datetime:
    """A time as the server printed it, in seconds since 1970."""
    return datetime.fromtimestamp(float(text), UTC)
