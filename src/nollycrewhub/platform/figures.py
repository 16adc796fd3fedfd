"""What /metrics says: the figures of every web process behind one address, whichever of them is asked, and the fleet's.

Each process keeps its own counters and pays nothing for the others. It hands them, under its own `instance`, to whoever asks
at a socket in a folder that its supervisor made; so one answer has all of them, and no series goes back between two answers.
A process that serves no pages (a worker, the scaler, whoever keeps the log of backups) tells its own at a port, by `at_port`; of several
workers of a machine the one that has the port tells those of all.
"""

import asyncio
import contextlib
import fcntl
import hashlib
import hmac
import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from nollycrewhub.platform import log, metrics
from nollycrewhub.platform.ending import ended

PATIENCE = 1.0  # seconds for a neighbour's figures; one that is busier than that is missing in this answer
SOCKETS = "*.figures"
MOST_HEAD = 8_192  # bytes; Prometheus' own request has a few hundred
HEAD_PATIENCE = 5.0  # seconds from the first byte of a question to the last one of its answer
PAGES = {"/livez": b"ok\n"}
HEAD = b"# HELP "
LOG = log.logger("figures")
MOST_NAMESAKES = 64
AGAIN = 5.0  # seconds between two tries of a port that somebody has
Answering = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


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
        others = [] if self.door is None else neighbours(self.door)
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


def neighbours(door: Path) -> list[Path]:
    """The doors of the others in a door's folder."""
    return [one for one in sorted(door.parent.glob(SOCKETS)) if one != door]


def folder_of(kind: str, port: int) -> Path:
    """Where processes of a kind and one port of this machine meet: a folder that their user alone may enter."""
    return Path(tempfile.gettempdir()) / f"nollycrewhub-{kind}-{os.getuid()}-{port}"


def door_of(folder: Path) -> Path:
    """This process's own door there."""
    return folder / f"{os.getpid()}{SOCKETS[1:]}"


@contextlib.contextmanager
def named(name: str, folder: Path | None) -> Iterator[str]:
    """A name that nobody else has who lives and meets in the folder: the second of a name is `name-2`, for two of one name would
    be one series. A killed process's name is free; the name as it is where there is no such folder.
    """
    held: int | None = None
    if folder is not None:
        stem = hashlib.sha256(name.encode()).hexdigest()[:16]  # a name may have any signs in it, and a path may not
        with contextlib.suppress(OSError):
            swept(folder)
            for number in range(1, MOST_NAMESAKES + 1):
                if (held := locked(folder / f"{stem}-{number}.name")) is not None:
                    name = name if number == 1 else f"{name}-{number}"
                    break
    try:
        yield name
    finally:
        if held is not None:
            os.close(held)


def locked(path: Path) -> int | None:
    """An open file that is ours alone until it is closed or its process is gone; None while somebody else has it."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        return None
    return file


@contextlib.asynccontextmanager
async def at_port(
    tell: Callable[[], bytes], *, host: str, port: int, token: str, among: Path | None = None
) -> AsyncIterator[None]:  # fmt: skip
    """While it lasts, `/metrics` and `/livez` are answered at a port; nothing is where the port is 0.

    A port that somebody else has keeps nobody from working, and is taken when it is free. Of several who meet in the folder
    `among` the one that has it tells the figures of all.
    """
    if not port:
        yield
        return
    async with contextlib.AsyncExitStack() as stack:
        door = await stack.enter_async_context(_told_at_door(tell, among)) if among is not None else None

        async def all_told() -> bytes:
            others = neighbours(door) if door is not None else []
            return merged([tell(), *await asyncio.gather(*(ask(one) for one in others))]) if others else tell()

        tried = asyncio.Event()
        keeping = asyncio.create_task(_keep(partial(_answer, all_told, token), host, port, tried))
        try:
            await tried.wait()
            yield
        finally:
            await ended(keeping)


@contextlib.asynccontextmanager
async def _told_at_door(tell: Callable[[], bytes], folder: Path) -> AsyncIterator[Path | None]:
    """Answers the neighbours at a socket in their folder; None where that cannot be, or the folder is somebody else's."""
    door, server = door_of(folder), None

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            writer.write(tell())
            writer.close()
            await writer.wait_closed()

    try:
        swept(folder)
        server = await asyncio.start_unix_server(answer, door)
    except OSError as error:
        LOG.warning("the neighbours do not hear our figures", error=type(error).__name__)
    try:
        yield door if server is not None else None
    finally:
        if server is not None:
            server.close()
            door.unlink(missing_ok=True)


def swept(folder: Path) -> None:
    """Makes the folder, and takes the doors of killed processes away; PermissionError where it is somebody else's."""
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        raise PermissionError(folder)
    for other in folder.glob(SOCKETS):
        if not is_alive(other.name.partition(".")[0]):
            other.unlink(missing_ok=True)


def is_alive(pid: str) -> bool:
    """Whether there is such a process."""
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        return True
    return True


async def _keep(answer: Answering, host: str, port: int, tried: asyncio.Event) -> None:
    """Has the port, as soon as it can be had, until cancelled; `tried` once it is known whether it could be had at once."""
    server: asyncio.AbstractServer | None = None
    try:
        while server is None:
            try:
                server = await asyncio.start_server(answer, host, port, limit=MOST_HEAD)
            except OSError as error:
                if not tried.is_set():
                    LOG.warning("somebody else has the port of the figures", port=port, error=type(error).__name__)
                tried.set()
                await asyncio.sleep(AGAIN)
        tried.set()
        await asyncio.Event().wait()
    finally:
        tried.set()
        if server is not None:
            server.close()


async def _answer(
    tell: Callable[[], Awaitable[bytes]], token: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:  # fmt: skip
    """One question a connection. What is no HTTP, too long or too slow gets no answer."""
    with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        async with asyncio.timeout(HEAD_PATIENCE):
            writer.write(await answer_to(await reader.readuntil(b"\r\n\r\n"), tell, token=token))
            await writer.drain()
    writer.close()


async def answer_to(head: bytes, tell: Callable[[], Awaitable[bytes]], *, token: str) -> bytes:
    """The whole answer to a request's head: the figures for whoever brings the token, that it runs for anybody, else 404."""
    line, *headers = head.decode("latin-1").split("\r\n")
    method, _, target = line.partition(" ")
    path = target.partition(" ")[0].partition("?")[0]
    named = {name.strip().lower(): value.strip() for name, _, value in (header.partition(":") for header in headers)}
    scheme, _, given = named.get("authorization", "").partition(" ")
    is_known = bool(token) and scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode())
    body: bytes | None = None
    if method == "GET":
        body = await tell() if path == "/metrics" and is_known else PAGES.get(path)
    status, said = ("200 OK", body) if body is not None else ("404 Not Found", b"There is no such page.\n")
    kind = "text/plain; version=0.0.4" if path == "/metrics" else "text/plain"
    return f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {len(said)}\r\nconnection: close\r\n\r\n".encode() + said
