"""A stream of events that nobody reads ends, a quiet one says that somebody is there, and nobody's words break another's."""

import asyncio
import contextlib
import select
import socket
import time
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import httpx
import msgspec

from nollycrewhub.platform.settings import Settings
from tests.live.conftest import Listen, Person, Start
from tests.live.test_fallback import frames, query
from tests.live.test_slow_readers import let_go
from tests.served import Served

Join = Callable[[], Awaitable[Person]]
Tell = Callable[..., Awaitable[None]]
PATIENCE = 60.0  # a machine may be busy
SMALL = 4096
LARGE = "y" * 10_000


def deaf(served: Served, person: Person) -> socket.socket:
    """Asks for a stream and reads none of it."""
    found = socket.socket()
    found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
    found.connect(("127.0.0.1", served.port))
    head = f"GET /live/events?{query(person.channel)} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {person.token}\r\n\r\n"
    found.sendall(head.encode())
    return found


async def given_to(reader: socket.socket) -> int:
    """How many bytes were on their way to somebody who did not read, once the other side has ended it, which is seen without reading."""
    poll = select.poll()
    poll.register(reader, 0)  # an error and a reset are told unasked
    assert await asyncio.to_thread(poll.poll, PATIENCE * 1000), "the connection is there for as long as its reader likes"
    found = 0
    with contextlib.suppress(ConnectionResetError):
        while part := reader.recv(65_536):
            found += len(part)
    reader.close()
    return found


async def test_a_stream_that_nobody_reads_is_ended_and_a_quiet_one_says_so(start: Start, join: Join, tell: Tell) -> None:
    served = start(PONG_EVERY="0.3").ready()
    ada, obi = await join(), await join()
    readers = [deaf(served, ada) for _ in range(3)]
    async with (
        httpx.AsyncClient(base_url=served.url, headers=obi.bearer, timeout=20) as client,
        client.stream("GET", f"/live/events?{query(obi.channel)}") as answer,
    ):
        heard = frames(answer.aiter_lines())
        first = [(await anext(heard))["op"] for _ in range(4)]
        assert first == ["hello", "sub", "pong", "pong"], "a client can tell a quiet line from a dead one"
        for _ in range(80):
            await tell(ada.channel, "news", LARGE)
        given = [await given_to(reader) for reader in readers]
        await tell(obi.channel)
        while (frame := await anext(heard))["op"] == "pong":
            pass
        assert (frame["op"], frame["n"]) == ("msg", 1), "nobody else hears of it"
    assert max(given) < 80 * len(LARGE) / 2, "the kernel keeps all of it"


async def test_who_reads_too_late_hears_the_reason_last(pair: tuple[Served, Served], join: Join, tell: Tell) -> None:
    ada = await join()
    reader = deaf(pair[0], ada)
    reader.settimeout(0.5)
    for _ in range(80):
        await tell(ada.channel, "news", LARGE)
    taken = b""
    with contextlib.suppress(TimeoutError):
        while part := await asyncio.to_thread(reader.recv, 65_536):
            taken += part
    reader.close()
    assert b'"why":"slow"' in taken[-300:], taken[-300:]


async def test_who_reads_ever_so_little_is_let_go_too(start: Start, settings: Settings, join: Join, tell: Tell) -> None:
    """A line on which nothing more could be written for ten seconds, though all that waits for it is little."""
    served = start(SLOW_SECONDS="2").ready()
    ada = await join()
    reader = deaf(served, ada)
    reader.setblocking(False)
    for _ in range(26):
        await tell(ada.channel, "news", LARGE)

    async def sip() -> None:
        while True:
            with contextlib.suppress(BlockingIOError):
                reader.recv(10)
            await asyncio.sleep(0.1)

    sipping, until = asyncio.create_task(sip()), time.monotonic() + PATIENCE
    while not await let_go(served, settings):
        assert time.monotonic() < until, "it is never let go"
        await asyncio.sleep(0.2)
    assert not sipping.done(), "it was reset before it was let go"
    sipping.cancel()
    await given_to(reader)


async def test_what_one_says_is_one_line_for_everybody(settings: Settings, pair: tuple[Served, Served], join: Join, listen: Listen) -> None:
    ada, eve = await join(), await join()
    owner = await asyncpg.connect(settings.database_owner_url)
    await owner.executemany("insert into live_test.member (room, person_id) values ('lines', $1)", [(ada.id,), (eve.id,)])
    await owner.close()
    speaker = await listen(pair[0], eve)
    await speaker.subscribe("room:lines")
    async with (
        httpx.AsyncClient(base_url=pair[1].url, headers=ada.bearer, timeout=20) as client,
        client.stream("GET", f"/live/events?{query('room:lines')}") as answer,
    ):
        lines = answer.aiter_lines()
        heard: list[dict[str, Any]] = []
        while len(heard) < 2:
            heard += [msgspec.json.decode(line[6:]) async for line in take(lines, 1) if line.startswith("data: ")]
        await speaker.socket.send('{"op":"say","ch":"room:lines","k":"typing","d":[\n\n1, {"a" :\r\n"b"}]}')
        async for line in take(lines, 3):
            assert not line or line.startswith("data: "), line
            heard += [msgspec.json.decode(line[6:])] if line else []
    assert heard[-1]["d"] == [1, {"a": "b"}]


async def take(lines: Any, many: int) -> Any:
    """The next lines of a stream."""
    for _ in range(many):
        yield await anext(lines)
