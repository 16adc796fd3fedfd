"""What a request's headers say, and what an answer's headers tell an edge."""

from dataclasses import dataclass
from typing import Any

from litestar.types import Send

from nollycrewhub.platform.httpcache.entry import Headers

CDN_NAME = b"cdn-cache-control"
TAG_NAME = b"cache-tag"


@dataclass(slots=True)
class Glance:
    """What a request's headers say, as far as a shared answer depends on it; and the address it comes from, to count who is here."""

    address: str
    phone: bool
    language: str
    region: str
    has_identity: bool
    packs: bool
    tag: bytes | None


def out_of_reach(send: Send) -> Send:
    """For what the route itself answers: unless it names its own tag, it cannot be purged, and nobody knows how old its reads were."""

    async def told(message: Any) -> None:
        if message["type"] == "http.response.start":
            names = {name.lower() for name, _ in message["headers"]}
            is_kept = CDN_NAME in names and TAG_NAME not in names
            message = {**message, "headers": edge_keeps_nothing(message["headers"])} if is_kept else message
        await send(message)

    return told


def edge_keeps_nothing(headers: Headers) -> Headers:
    """The headers with word to the edge not to keep the answer."""
    return [*(pair for pair in headers if pair[0].lower() != CDN_NAME), (CDN_NAME, b"no-store")]
