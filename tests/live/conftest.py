"""Instances really started, sessions really stored, and listeners that keep what they were told."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

import asyncpg
import msgspec
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from nollycrewhub.kit.ids import uuid7
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.live import publish
from nollycrewhub.platform.settings import Settings
from tests.served import Served, environment

PATIENCE = 10.0
TABLES = """
create schema if not exists live_test;
create table if not exists live_test.member (room text, person_id uuid, primary key (room, person_id));
grant usage on schema live_test to nollycrewhub_app, nollycrewhub_reader;
grant select, insert, delete on live_test.member to nollycrewhub_app, nollycrewhub_reader;
"""
Start = Callable[..., Served]


class Person:
    """Somebody signed in, by bearer token and by cookie alike."""

    def __init__(self, person_id: UUID, token: str) -> None:
        self.id = person_id
        self.token = token
        self.channel = f"person:{person_id}"
        self.bearer = {"authorization": f"Bearer {token}"}


class Listener:
    """A WebSocket client that keeps every frame, and waits for the one a test asks for."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.frames: list[dict[str, Any]] = []
        self.closed: tuple[int | None, str] | None = None
        self._news = asyncio.Event()
        self._task = asyncio.create_task(self._read())

    async def _read(self) -> None:
        try:
            async for text in self.socket:
                self.frames.append(msgspec.json.decode(text))
                self._news.set()
        except ConnectionClosed:
            pass
        self.closed = (self.socket.close_code, self.socket.close_reason or "")
        self._news.set()

    async def say(self, frame: dict[str, Any]) -> None:
        """Sends a frame."""
        await self.socket.send(msgspec.json.encode(frame), text=True)

    async def until(self, true: Callable[[], Any], *, within: float = PATIENCE) -> Any:
        """The first true answer; the frames so far are in the failure."""
        try:
            async with asyncio.timeout(within):
                while not (found := true()):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"not within {within} s; closed {self.closed}; heard {self.frames[-20:]}") from None
        return found

    async def heard(self, within: float = PATIENCE, **fields: Any) -> dict[str, Any]:
        """The first frame with these fields."""
        return await self.until(lambda: next((f for f in self.frames if fields.items() <= f.items()), None), within=within)  # type: ignore[no-any-return]

    async def subscribe(self, *channels: str, number: int = 1, **last: Any) -> dict[str, Any]:
        """Subscribes and gives the answer."""
        await self.say({"op": "sub", "id": number, "to": [{"ch": channel, **last} for channel in channels]})
        return await self.heard(op="sub", id=number)

    def messages(self, channel: str) -> list[int]:
        """The numbers heard on a channel, in the order they came."""
        return [f["n"] for f in self.frames if f["op"] == "msg" and f["ch"] == channel and "n" in f]

    async def ended(self, within: float = PATIENCE) -> tuple[int | None, str]:
        """The code and reason it was closed with."""
        return await self.until(lambda: self.closed, within=within)  # type: ignore[no-any-return]

    async def leave(self) -> None:
        """Closes, unless the other side has: asyncio's transport breaks when one that ended with bytes unsent is ended again."""
        if self.closed is None:
            await self.socket.close()
        await self._task


class Reached(Protocol):
    """An instance, or what stands in front of several."""

    url: str


async def dial(served: Reached, **headers: str) -> ClientConnection:
    """A WebSocket with these headers, or the client's InvalidStatus."""
    return await connect(f"{served.url.replace('http', 'ws', 1)}/ws", additional_headers=headers, compression=None, proxy=None)


Listen = Callable[..., Awaitable[Listener]]


@pytest.fixture(scope="package")
def tables(settings: Settings) -> Iterator[None]:
    """The toy domain's rows."""

    async def run(sql: str) -> None:
        owner = await asyncpg.connect(settings.database_owner_url)
        await owner.execute(sql)
        await owner.close()

    asyncio.run(run(TABLES))
    yield
    asyncio.run(run("drop schema live_test cascade"))


def starter(settings: Settings, folder: Path, running: list[Served]) -> Start:
    """Starts instances, and keeps them in the list."""

    def begin(**changes: str) -> Served:
        own = folder / str(len(running))
        own.mkdir()
        running.append(Served(own, [], environment(settings, **{"DRAIN_WAIT": "1", **changes}), module="tests.live.serving"))
        return running[-1]

    return begin


def stop_all(running: list[Served]) -> None:
    """All are asked to go before any is waited for."""
    for served in running:
        if served.process.poll() is None:
            served.process.terminate()
    for served in running:
        served.stop()


@pytest.fixture
def start(settings: Settings, tables: None, tmp_path: Path) -> Iterator[Start]:
    """Starts instances that a test may kill; those that still run are stopped."""
    running: list[Served] = []
    yield starter(settings, tmp_path, running)
    stop_all(running)


@pytest.fixture(scope="package")
def pair(settings: Settings, tables: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Served]]:
    """Two instances that nobody kills."""
    running: list[Served] = []
    begin = starter(settings, tmp_path_factory.mktemp("pair"), running)
    one, two = begin(), begin()
    yield one.ready(), two.ready()
    stop_all(running)


@pytest.fixture
async def join(process: Process) -> Callable[[], Awaitable[Person]]:
    """Signs somebody in."""

    async def sign_in() -> Person:
        person_id = uuid7()
        return Person(person_id, await process.runtime.sessions.create(person_id, name="Ada"))

    return sign_in


@pytest.fixture
async def listen() -> AsyncIterator[Listen]:
    """Opens listeners; they are closed afterwards."""
    async with contextlib.AsyncExitStack() as stack:

        async def open_one(served: Served, person: Person | None = None, **more: str) -> Listener:
            found = Listener(await dial(served, **{**(person.bearer if person else {}), **more}))
            stack.push_async_callback(found.leave)
            await found.heard(op="hello")
            return found

        yield open_one


@pytest.fixture
async def tell(process: Process) -> Callable[..., Awaitable[None]]:
    """Publishes in a transaction of its own, as a domain's service does."""

    turns = asyncio.Semaphore(5)

    async def commit(channel: str, kind: str = "news", payload: object = None) -> None:
        async with turns, process.runtime.db.write_session() as session:
            publish(session, channel, kind, payload)
            await process.runtime.db.commit(session)

    return commit
