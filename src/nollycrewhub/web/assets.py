"""Built files by their source names; each address holds a hash of its content, so it may be kept for a year."""

import asyncio
import gzip
import hashlib
from functools import cache, lru_cache
from pathlib import Path

import msgspec
from litestar import Request, Response, get

from nollycrewhub.platform.errors import NotFound
from nollycrewhub.platform.storage import Storage
from nollycrewhub.web.deploys import find

DIST = Path(__file__).parent / "static" / "dist"
FOREVER = "public, max-age=31536000, immutable"
TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
    ".map": "application/json",
}
PACKED = frozenset({".js", ".css", ".svg", ".webmanifest"})


class NotBuilt(RuntimeError):
    """The front end is missing; the message says how to build it."""


@cache
def manifest() -> dict[str, str]:
    """Source name to built name."""
    path = DIST / "assets.json"
    if not path.exists():
        raise NotBuilt("The front end is not built. Run `make setup`.")
    return msgspec.json.decode(path.read_bytes(), type=dict[str, str])


def asset(name: str) -> str:
    """The address of a built file."""
    return f"/assets/{manifest()[name]}"


@cache
def stored(name: str) -> tuple[bytes, bytes | None, str]:
    """A built file's bytes, its gzipped bytes where that helps, and its type; NotFound for any other name."""
    if name not in set(manifest().values()):
        raise NotFound
    try:
        return read(DIST / "assets" / name)
    except FileNotFoundError:  # the front end was built anew under a running process
        raise NotFound from None


@lru_cache(64)
def read(path: Path) -> tuple[bytes, bytes | None, str]:
    """A file as it is sent."""
    content = path.read_bytes()
    packed = gzip.compress(content, 9, mtime=0) if path.suffix in PACKED else None
    return content, packed, TYPES.get(path.suffix, "application/octet-stream")


def of_another_deploy(storage: Path, name: str) -> tuple[bytes, bytes | None, str]:
    """A built file of a deploy before or after this one; NotFound for any other name."""
    found = find(storage, name)
    if found is None:
        raise NotFound
    return read(found)


@get("/assets/{name:str}", access="public", include_in_schema=False)
async def asset_file(name: str, request: Request, storage: Storage) -> Response[bytes]:  # type: ignore[type-arg]
    """A built file; its name is one of those that were built, so no path of a caller reaches the disk."""
    try:
        content, packed, media_type = stored(name)
    except NotFound:
        content, packed, media_type = await asyncio.to_thread(of_another_deploy, storage.folder, name)
    headers = {"cache-control": FOREVER, "vary": "Accept-Encoding"}
    if packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        headers["content-encoding"] = "gzip"
        content = packed
    headers["etag"] = f'"{hashlib.blake2b(content, digest_size=8).hexdigest()}"'
    return Response(content, media_type=media_type, headers=headers)


@get("/sw.js", access="public", include_in_schema=False)
async def worker_file() -> Response[bytes]:
    """The service worker, at the root so that its scope is the whole site; always asked for afresh."""
    content, _, media_type = stored(manifest()["sw.js"])
    return Response(content, media_type=media_type, headers={"cache-control": "public, no-cache"})
