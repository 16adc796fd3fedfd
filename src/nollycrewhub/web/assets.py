"""Built files by their source names; each address holds a hash of its content, so it may be kept for a year."""

import gzip
import hashlib
from functools import cache
from pathlib import Path

import msgspec
from litestar import Request, Response, get

from nollycrewhub.platform.errors import NotFound

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
    path = DIST / "assets" / name
    content = path.read_bytes()
    packed = gzip.compress(content, 9, mtime=0) if path.suffix in PACKED else None
    return content, packed, TYPES.get(path.suffix, "application/octet-stream")


@get("/assets/{name:str}", access="public", include_in_schema=False)
async def asset_file(name: str, request: Request) -> Response[bytes]:  # type: ignore[type-arg]
    """A built file; the name is looked up in the manifest, so no path of a caller reaches the disk."""
    content, packed, media_type = stored(name)
    headers = {"cache-control": FOREVER, "vary": "Accept-Encoding", "etag": f'"{hashlib.blake2b(content, digest_size=8).hexdigest()}"'}
    if packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        headers["content-encoding"] = "gzip"
        content = packed
    return Response(content, media_type=media_type, headers=headers)


@get("/sw.js", access="public", include_in_schema=False)
async def worker_file() -> Response[bytes]:
    """The service worker, at the root so that its scope is the whole site; always asked for afresh."""
    content, _, media_type = stored(manifest()["sw.js"])
    return Response(content, media_type=media_type, headers={"cache-control": "public, no-cache"})
