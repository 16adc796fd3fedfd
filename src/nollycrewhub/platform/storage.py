"""Files people upload, by random key, in a local folder; keys are ours, so no path of a caller is ever used."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path

from nollycrewhub.platform import tracing

SIZE = "nch.storage.bytes"
KEY = re.compile(r"^[a-z0-9-]{1,40}/[A-Za-z0-9_-]{8,80}\.[a-z0-9]{2,5}$")


class Storage:
    """Put, get, delete; the write is atomic (a reader sees the whole file or none)."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)

    def _path(self, key: str) -> Path:
        if not KEY.match(key):
            raise ValueError("not a storage key")
        return self.folder / key

    async def put(self, key: str, content: bytes) -> None:
        """Stores the bytes under a key such as `photos/<random>.webp`."""
        with tracing.inner("storage put", "client", **{SIZE: len(content)}):
            await asyncio.to_thread(self._put, self._path(key), content)

    def _put(self, path: Path, content: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = path.with_suffix(path.suffix + ".part")
        part.write_bytes(content)
        part.replace(path)

    async def put_pieces(self, key: str, pieces: AsyncIterator[bytes]) -> int:
        """Stores bytes as they come, holding none but the piece at hand; how many there were."""
        with tracing.inner("storage put", "client"):
            size = await self._put_pieces(self._path(key), pieces)
            tracing.tell(**{SIZE: size})
        return size

    async def _put_pieces(self, path: Path, pieces: AsyncIterator[bytes]) -> int:
        part, size = path.with_suffix(path.suffix + ".part"), 0
        await asyncio.to_thread(path.parent.mkdir, 0o700, True, True)
        try:
            with await asyncio.to_thread(part.open, "wb") as file:
                async for piece in pieces:
                    await asyncio.to_thread(file.write, piece)
                    size += len(piece)
            await asyncio.to_thread(part.replace, path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        return size

    async def pieces(self, key: str, size: int) -> AsyncIterator[bytes]:
        """The bytes in pieces; FileNotFoundError when there is no such file."""
        with tracing.inner("storage open", "client"):  # not around the pieces: what takes them may be another part's work
            opened = await asyncio.to_thread(self._path(key).open, "rb")
        with opened as file:
            while piece := await asyncio.to_thread(file.read, size):
                yield piece

    async def get(self, key: str) -> bytes | None:
        """The bytes, or None."""
        path = self._path(key)
        with tracing.inner("storage get", "client"):
            return await asyncio.to_thread(lambda: path.read_bytes() if path.is_file() else None)

    async def delete(self, key: str) -> None:
        """Forgets the file; a missing one is fine."""
        with tracing.inner("storage delete", "client"):
            await asyncio.to_thread(self._path(key).unlink, True)

    async def old(self, folder: str, *, seconds: float, most: int = 10_000) -> list[str]:
        """Keys in a folder that were written longer ago than that; what a killed process left half written is removed meanwhile."""
        with tracing.inner("storage list", "client"):
            return await asyncio.to_thread(self._old, folder, time.time() - seconds, most)

    def _old(self, folder: str, before: float, most: int) -> list[str]:
        found = []
        for path in (self.folder / folder).glob("*.*"):
            try:
                is_old = path.stat().st_mtime < before
            except FileNotFoundError:
                continue
            key = f"{folder}/{path.name}"
            if is_old and path.suffix == ".part":
                path.unlink(missing_ok=True)
            elif is_old and KEY.match(key):
                found.append(key)
            if len(found) >= most:
                break
        return found
