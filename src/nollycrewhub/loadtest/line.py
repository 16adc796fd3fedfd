"""A few kept-open connections and one request at a time on each: cheap enough that the generator is not what is measured.

An answer that points elsewhere (3xx) is an answer like any other: nothing here goes where it points.
"""

import asyncio
import random
import ssl
from dataclasses import dataclass, field

from nollycrewhub.loadtest.targets import Target, is_loopback, origin

Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]
LIMIT = 1 << 20


@dataclass(frozen=True, slots=True)
class Ask:
    """One request to come: what kind it counts as, and what goes over the wire."""

    kind: str
    method: str
    path: str
    body: bytes = b""
    token: str = ""
    comes_from: str = ""
    is_alone: bool = False  # on a connection of its own, as somebody who has just come has one


@dataclass(slots=True)
class Got:
    """One answer."""

    status: int
    cache: str
    body: bytes
    retry_after: str = ""


def plainly(address: str) -> Target:
    """A server on this machine by its numeric address."""
    scheme, host, port = origin(address)
    if not is_loopback(host):
        raise ValueError(f"{address} is no numeric address of this machine")
    return Target(scheme, host, port, host, True)


@dataclass
class Lines:
    """Connections to one server, used again while the server keeps them open."""

    address: "str | Target"
    rng: random.Random
    idle: list[Pair] = field(default_factory=list)
    target: Target = field(init=False)
    secure: ssl.SSLContext | None = field(init=False)

    def __post_init__(self) -> None:
        self.target = self.address if isinstance(self.address, Target) else plainly(self.address)
        self.secure = ssl.create_default_context() if self.target.scheme == "https" else None

    async def ask(self, ask: Ask) -> Got:
        """The answer. A kept connection that was closed while nobody used it is replaced, as every client does."""
        while self.idle and not ask.is_alone:
            pair = self.idle.pop()
            if pair[0].at_eof() or pair[1].is_closing():
                pair[1].close()
                continue
            return await self._over(pair, ask)
        return await self._over(await self.connect(), ask)

    async def connect(self) -> Pair:
        """A new connection, to the address that was judged and no other."""
        if self.secure is None:
            return await asyncio.open_connection(self.target.address, self.target.port, limit=LIMIT)
        return await asyncio.open_connection(
            self.target.address, self.target.port, limit=LIMIT, ssl=self.secure, server_hostname=self.target.host
        )

    async def _over(self, pair: Pair, ask: Ask) -> Got:
        reader, writer = pair
        is_whole = False
        try:
            writer.write(self._bytes(ask))
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
            status = int(head[0].split()[1])
            body = b"" if ask.method == "HEAD" or status in (204, 304) else await self._body(reader, headers)
            is_whole = headers.get("connection", "").lower() != "close" and not ask.is_alone
        finally:
            if is_whole:
                self.idle.append(pair)
            else:
                writer.close()
        return Got(status, headers.get("x-cache", ""), body, headers.get("retry-after", ""))

    async def _body(self, reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
        if headers.get("transfer-encoding", "").lower() != "chunked":
            return await reader.readexactly(int(headers.get("content-length", "0")))
        parts = []
        while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
            parts.append(await reader.readexactly(size))
            await reader.readexactly(2)
        await reader.readuntil(b"\r\n")
        return b"".join(parts)

    def _bytes(self, ask: Ask) -> bytes:
        comes_from = ask.comes_from or somewhere(self.rng)
        lines = [
            f"{ask.method} {ask.path} HTTP/1.1", f"Host: {self.target.authority}", "Accept-Encoding: gzip", "User-Agent: loadtest",
            f"X-Forwarded-For: {comes_from}", f"Content-Length: {len(ask.body)}",
        ]  # fmt: skip
        if ask.body:
            lines.append("Content-Type: application/json")
        if ask.is_alone:
            lines.append("Connection: close")
        if ask.token:
            lines.append(f"Authorization: Bearer {ask.token}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + ask.body

    def close(self) -> None:
        """Ends all."""
        for _, writer in self.idle:
            writer.close()


def somewhere(rng: random.Random) -> str:
    """An address of a person's own, from the range that the laptop's profile believes of its edge."""
    a, b, c = (rng.randrange(250) for _ in range(3))
    return f"10.{a}.{b}.{c}"
