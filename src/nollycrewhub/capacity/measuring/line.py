"""A few kept-open connections to this machine, one request at a time on each; nothing else can be a target."""

import asyncio
import random
from dataclasses import dataclass, field
from urllib.parse import urlsplit

LOOPBACK = ("127.0.0.1", "localhost", "::1")
Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class NotHere(ValueError):
    """Only this machine is measured."""


def here(address: str) -> tuple[str, int]:
    """Host and port of an address on this machine; NotHere for any other."""
    parts = urlsplit(address)
    if parts.scheme != "http" or parts.hostname not in LOOPBACK or not parts.port:
        raise NotHere(f"{address} is not on this machine. Only loopback is measured, such as http://127.0.0.1:8000.")
    return parts.hostname, parts.port


@dataclass(frozen=True, slots=True)
class Ask:
    """One request to come."""

    kind: str
    method: str
    path: str
    body: bytes = b""
    token: str = ""


@dataclass(frozen=True, slots=True)
class Got:
    """One answer; `size` is head and body as they came over the wire."""

    status: int
    found: str
    size: int
    body: bytes


@dataclass
class Lines:
    """Connections, used again while the server keeps them open."""

    address: str
    rng: random.Random
    idle: list[Pair] = field(default_factory=list)

    async def ask(self, ask: Ask) -> Got:
        """The answer. A kept connection that was closed while nobody used it is replaced."""
        while self.idle:
            pair = self.idle.pop()
            if not (pair[0].at_eof() or pair[1].is_closing()):
                return await self._over(pair, ask)
            pair[1].close()
        return await self._over(await asyncio.open_connection(*here(self.address)), ask)

    async def _over(self, pair: Pair, ask: Ask) -> Got:
        reader, writer = pair
        writer.write(self._bytes(ask))
        raw = await reader.readuntil(b"\r\n\r\n")
        head = raw.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        if headers.get("connection", "").lower() == "close":
            writer.close()
        else:
            self.idle.append(pair)
        return Got(int(head[0].split()[1]), headers.get("x-cache", ""), len(raw) + len(body), body)

    def _bytes(self, ask: Ask) -> bytes:
        a, b, c = (self.rng.randrange(250) for _ in range(3))
        packed = "identity" if ask.kind == "sign-in" else "gzip"
        lines = [
            f"{ask.method} {ask.path} HTTP/1.1", "Host: 127.0.0.1", f"Accept-Encoding: {packed}", "User-Agent: capacity",
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
