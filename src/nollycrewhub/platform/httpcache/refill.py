"""A refill's request and answer: asked by nobody, for the canonical address, with the reads it made."""

from dataclasses import dataclass, field
from typing import Any

from nollycrewhub.platform.context import FILLING
from nollycrewhub.platform.db import Position, ReadSession
from nollycrewhub.platform.httpcache.declared import Wanted
from nollycrewhub.platform.httpcache.entry import Headers


@dataclass
class Filling:
    """Travels in the scope of a refill: how far its reads must have got, in which language it is, and which reads it made."""

    least: Position | None
    language: str = "en"
    reads: list[ReadSession] = field(default_factory=list)

    @property
    def position(self) -> Position | None:
        """The position that all its reads had reached at least; None when it is not known."""
        found = [read.position for read in self.reads]
        return None if None in found else min((position for position in found if position is not None), default=None)


class Caught:
    """A client for a refill: sends nothing, keeps the answer."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: Any = ()
        self.body: list[bytes] = []

    async def receive(self) -> Any:
        """An empty request."""
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(self, message: Any) -> None:
        """Keeps."""
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], message["headers"]
        else:
            self.body.append(message.get("body", b""))


def scope_of(wanted: Wanted, filling: Filling) -> Any:
    """A request by nobody for the canonical address: no cookie, no token, no address of a person."""
    accept = b"application/json" if wanted.path.startswith("/api/") else b"text/html"
    device = b"?1" if wanted.phone else b"?0"
    return {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": wanted.path, "raw_path": wanted.path.encode(), "query_string": wanted.query.encode(), "root_path": "",
        "headers": [(b"host", b"localhost"), (b"accept", accept), (b"sec-ch-ua-mobile", device)],
        "client": ("127.0.0.1", 0), "server": ("127.0.0.1", 0), "state": {}, "extensions": {}, FILLING: filling,
    }  # fmt: skip


def is_everyones(headers: Headers) -> bool:
    """Whether an answer says that it may be shared, and sets no cookie."""
    table = dict(headers)
    return b"set-cookie" not in table and table.get(b"cache-control", b"").startswith(b"public")
