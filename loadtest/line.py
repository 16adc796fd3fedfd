"""A few kept-open connections and one request at a time on each: cheap enough that the generator is not what is measured."""

import asyncio
import random
from dataclasses import dataclass, field

Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True, slots=True)
class Ask:
    """One request to come: what kind it counts as, and what goes over the wire."""

    kind: str
    method: str
    path: str
    body: bytes = b""
    token: str = ""


@dataclass(slots=True)
class Got:
    """One answer."""

    status: int
    cache: str
    body: bytes
    retry_after: str = ""


@dataclass
class Lines:
    """Connections to one server, used again while the server keeps them open."""

    address: str
    rng: random.Random
    idle: list[Pair] = field(default_factory=list)
    host: str = field(init=False)
    port: int = field(init=False)

    def __post_init__(self) -> None:
        self.host, port = self.address.removeprefix("http://").split(":")
        self.port = int(port)

    async def ask(self, ask: Ask) -> Got:
        """The answer. A kept connection that was closed while nobody used it is replaced, as every client does."""
        while self.idle:
            pair = self.idle.pop()
            if pair[0].at_eof() or pair[1].is_closing():
                pair[1].close()
                continue
            return await self._over(pair, ask)
        return await self._over(await asyncio.open_connection(self.host, self.port), ask)

    async def _over(self, pair: Pair, ask: Ask) -> Got:
        reader, writer = pair
        writer.write(self._bytes(ask))
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        if headers.get("connection", "").lower() == "close":
            writer.close()
        else:
            self.idle.append(pair)
        return Got(int(head[0].split()[1]), headers.get("x-cache", ""), body, headers.get("retry-after", ""))

    def _bytes(self, ask: Ask) -> bytes:
        a, b, c = (self.rng.randrange(250) for _ in range(3))
        lines = [
            f"{ask.method} {ask.path} HTTP/1.1", f"Host: {self.host}:{self.port}", "Accept-Encoding: gzip", "User-Agent: mix",
            f"X-Forwarded-For: 10.{a}.{b}.{c}", f"Content-Length: {len(ask.body)}",
        ]  # fmt: skip
        if ask.body:
            lines.append("Content-Type: application/json")
        if ask.token:
            lines.append(f"Authorization: Bearer {ask.token}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + ask.body

    def close(self) -> None:
        """Ends all."""
        for _, writer in self.idle:
            writer.close()
