"""What /metrics says: the figures of every web process behind one address, whichever of them is asked, and the fleet's.

Each process keeps its own counters and pays nothing for the others. It hands them, under its own `instance`, to whoever asks
at a socket in a folder that its supervisor made; so one answer has all of them, and no series goes back between two answers.
A process that serves no pages (a worker, the scaler, whoever keeps the log of backups) tells its own at a port, by `at_port`.
"""

import asyncio
import contextlib
import hmac
from collections.abc import AsyncIterator, Callable, Iterable
from functools import partial
from pathlib import Path

from nollycrewhub.platform import log, metrics

PATIENCE = 1.0  # seconds for a neighbour's figures; one that is busier than that is missing in this answer
SOCKETS = "*.figures"
MOST_HEAD = 8_192  # bytes; Prometheus' own request has a few hundred
HEAD_PATIENCE = 5.0  # seconds from the first byte of a question to the last one of its answer
PAGES = {"/livez": b"ok\n"}
HEAD = b"# HELP "
LOG = log.logger("figures")


class Figures:
    """One process's figures, and its way to its neighbours' where a supervisor keeps several."""

    def __init__(self, instance: str) -> None:
        self.instance = instance
        self.door: Path | None = None
        self._server: asyncio.AbstractServer | None = None

    async def listen(self, door: Path) -> None:
        """Answers the neighbours from now on. A process that takes another's place takes its door."""
        try:
            self._server = await asyncio.start_unix_server(self._tell, door)
        except OSError as error:
            LOG.warning("the neighbours' figures are not among ours", error=type(error).__name__)
        else:
            self.door = door

    async def _tell(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            writer.write(metrics.own(self.instance))
            writer.close()
            await writer.wait_closed()

    async def gathered(self) -> bytes:
        """Ours and the neighbours', and what is the whole fleet's."""
        others: list[Path] = [] if self.door is None else [one for one in sorted(self.door.parent.glob(SOCKETS)) if one != self.door]
        told = await asyncio.gather(*(ask(door) for door in others))
        return merged([metrics.own(self.instance), *told]) + metrics.fleet()

    def stop(self) -> None:
        """Answers nobody any more."""
        if self._server is not None:
            self._server.close()


async def ask(door: Path) -> bytes:
    """A neighbour's figures; nothing of one that is gone or does not answer."""
    try:
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_unix_connection(door)
            try:
                return await reader.read(-1)
            finally:
                writer.close()
    except OSError:  # a TimeoutError is one
        return b""


def merged(texts: Iterable[bytes]) -> bytes:
    """Several processes' figures as one text, in which all samples of a name stand together as Prometheus wants them."""
    heads: dict[bytes, bytes] = {}
    samples: dict[bytes, list[bytes]] = {}
    for text in texts:
        for family in (b"\n" + text).split(b"\n" + HEAD)[1:]:
            meaning, _, rest = family.partition(b"\n")
            kind, _, lines = rest.partition(b"\n")
            name = meaning.partition(b" ")[0]
            heads.setdefault(name, HEAD + meaning + b"\n" + kind + b"\n")
            samples.setdefault(name, []).append(lines if lines.endswith(b"\n") or not lines else lines + b"\n")
    return b"".join(heads[name] + b"".join(samples[name]) for name in heads)


@contextlib.asynccontextmanager
async def at_port(tell: Callable[[], bytes], *, host: str, port: int, token: str) -> AsyncIterator[None]:
    """While it lasts, `/metrics` and `/livez` are answered at a port; nothing is where the port is 0.

    A port that somebody else has is said and keeps nobody from working: of several workers of one machine the first has it.
    """
    server = None
    if port:
        try:
            server = await asyncio.start_server(partial(_answer, tell, token), host, port, limit=MOST_HEAD)
        except OSError as error:
            LOG.warning("nobody can ask for figures here", port=port, error=type(error).__name__)
    try:
        yield
    finally:
        if server is not None:
            server.close()


async def _answer(tell: Callable[[], bytes], token: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One question a connection. What is no HTTP, too long or too slow gets no answer."""
    with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        async with asyncio.timeout(HEAD_PATIENCE):
            writer.write(answer_to(await reader.readuntil(b"\r\n\r\n"), tell, token=token))
            await writer.drain()
    writer.close()


def answer_to(head: bytes, tell: Callable[[], bytes], *, token: str) -> bytes:
    """The whole answer to a request's head: the figures for whoever brings the token, that it runs for anybody, else 404."""
    line, *headers = head.decode("latin-1").split("\r\n")
    method, _, target = line.partition(" ")
    path = target.partition(" ")[0].partition("?")[0]
    named = {name.strip().lower(): value.strip() for name, _, value in (header.partition(":") for header in headers)}
    scheme, _, given = named.get("authorization", "").partition(" ")
    is_known = bool(token) and scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode())
    body: bytes | None = None
    if method == "GET":
        body = tell() if path == "/metrics" and is_known else PAGES.get(path)
    status, said = ("200 OK", body) if body is not None else ("404 Not Found", b"There is no such page.\n")
    kind = "text/plain; version=0.0.4" if path == "/metrics" else "text/plain"
    return f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {len(said)}\r\nconnection: close\r\n\r\n".encode() + said
