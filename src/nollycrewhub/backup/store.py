"""Object storage as backups use it: everything that is put is read back and compared before anybody relies on it."""

import gzip
import hashlib
import os
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import unquote, urlsplit

import msgspec
import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import LocalStore, ObjectStore, from_url

from nollycrewhub.backup.errors import BackupError, Refused, Unreachable
from nollycrewhub.platform import tracing

if TYPE_CHECKING:
    from obstore.store import RetryConfig

PIECE = 4 << 20
TRIES: "RetryConfig" = {"max_retries": 4, "retry_timeout": timedelta(seconds=60)}
Record = TypeVar("Record", bound=msgspec.Struct)
PACKING = 1  # gzip's quickest: most of a busy segment is text and row headers, and halves


class Digest:
    """SHA-256 and length of what passes."""

    def __init__(self) -> None:
        self.sha = hashlib.sha256()
        self.size = 0

    def take(self, piece: bytes) -> bytes:
        """Counts a piece, and gives it on."""
        self.sha.update(piece)
        self.size += len(piece)
        return piece

    def same(self, other: "Digest") -> bool:
        """Whether the same bytes went through both."""
        return (self.size, self.sha.digest()) == (other.size, other.sha.digest())


class Store:
    """One folder or bucket. Every failure is a BackupError: Refused where it stays one, Unreachable where it may heal."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.place = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
        self.folder = Path(unquote(parts.path)) if parts.scheme == "file" else None
        if self.folder is not None and (parts.netloc not in ("", "localhost") or not self.folder.is_absolute()):
            raise Refused(
                f"BACKUP_URL: {self.place} names no folder of this machine. Write three strokes: file:///var/backups/nollycrewhub."
            )
        try:
            self.objects: ObjectStore = (
                LocalStore(self.folder, mkdir=True) if self.folder is not None else from_url(url, retry_config=TRIES)
            )
        except (BaseError, OSError, ValueError) as error:
            raise Refused(f"BACKUP_URL: {self.place} cannot be used ({first_line(error)}).") from error

    def put_file(self, key: str, path: Path) -> Digest:
        """Uploads a file, reads it back, and gives its digest; Unreachable when what came back is not what was sent."""
        sent = Digest()
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                sent.take(piece)
        with self._faults(f"write {key}"):
            obstore.put(self.objects, key, path)
        self._settle(key)
        self._compare(key, sent)
        return sent

    def put(self, key: str, content: bytes) -> Digest:
        """The same for bytes."""
        sent = Digest()
        sent.take(content)
        with self._faults(f"write {key}"):
            obstore.put(self.objects, key, content)
        self._settle(key)
        self._compare(key, sent)
        return sent

    def _settle(self, key: str) -> None:
        """A local folder's file outlives the machine only once it is on the disk."""
        if self.folder is None:
            return
        path = self.folder / key
        for each in (path, path.parent):
            opened = os.open(each, os.O_RDONLY)
            try:
                os.fsync(opened)
            finally:
                os.close(opened)

    def _compare(self, key: str, sent: Digest) -> None:
        came = Digest()
        for piece in self.pieces(key):
            came.take(piece)
        if not came.same(sent):
            raise Unreachable(f"{self.place} gave back {key} other than it was sent ({came.size} of {sent.size} bytes).")

    def pieces(self, key: str) -> Iterator[bytes]:
        """An object's bytes in pieces."""
        with self._faults(f"read {key}"):
            for piece in obstore.get(self.objects, key).stream(min_chunk_size=PIECE):
                yield bytes(piece)

    def get(self, key: str) -> bytes | None:
        """An object, or None."""
        try:
            return b"".join(self.pieces(key))
        except Missing:
            return None

    def fetch(self, key: str, path: Path) -> Digest:
        """Downloads an object into a file."""
        came = Digest()
        with path.open("wb") as file:
            for piece in self.pieces(key):
                file.write(came.take(piece))
        return came

    def keys(self, folder: str) -> dict[str, int]:
        """All keys under a folder, with their sizes."""
        found: dict[str, int] = {}
        with self._faults(f"list {folder}"):
            for batch in obstore.list(self.objects, folder):
                found |= {each["path"]: each["size"] for each in batch}
        return found

    def delete(self, keys: list[str]) -> None:
        """Forgets objects; a missing one is fine."""
        for key in keys:
            try:
                with self._faults(f"delete {key}"):
                    obstore.delete(self.objects, key)
            except Missing:
                continue

    def _faults(self, what: str) -> "Faults":
        return Faults(
            self.place,
            what,
            tracing.inner(f"store {what.partition(' ')[0]}", "client", **{"nch.store.scheme": self.place.partition(":")[0]}),
        )


class Missing(BackupError):
    """There is no such object."""


class Faults:
    """One call of the store, in a span of its own; turns its exceptions into sentences."""

    def __init__(self, place: str, what: str, span: AbstractContextManager[object]) -> None:
        self.place = place
        self.what = what
        self.span = span

    def __enter__(self) -> None:
        self.span.__enter__()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trail: TracebackType | None) -> None:
        self.span.__exit__(kind, error, trail)
        told = f"{self.place}: could not {self.what} ({first_line(error)})" if error else ""
        if isinstance(error, FileNotFoundError):
            raise Missing(told) from error
        if isinstance(error, UnauthenticatedError | PermissionDeniedError | PermissionError):
            raise Refused(f"{told}. Look at the key of the store: it must read, write, list and delete.") from error
        if isinstance(error, BaseError | OSError):
            raise Unreachable(told) from error


def first_line(error: BaseException | None) -> str:
    """What an exception says, without the store's own dump of its insides."""
    return str(error).strip().split("\n")[0][:300]


def packed(content: bytes) -> bytes:
    """Gzip with no time in it: the same bytes always pack to the same bytes."""
    return gzip.compress(content, PACKING, mtime=0)


def unpacked(content: bytes, key: str) -> bytes:
    """The way back; Refused for an object that is damaged (gzip carries a checksum of its content)."""
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise Refused(f"{key} in the store is damaged ({first_line(error)}).") from error


def document(content: bytes, kind: type[Record], key: str) -> Record:
    """A JSON object of the store; Refused when it is not what it should be."""
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.MsgspecError as error:
        raise Refused(f"{key} in the store cannot be read ({first_line(error)}).") from error
