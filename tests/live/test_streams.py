"""A stream of events that nobody reads ends, a quiet one says that somebody is there, and nobody's words break another's."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import httpx
import msgspec

from nollycrewhub.platform.live import fallback
from nollycrewhub.platform.settings import Settings
from tests.live.conftest import Listen, Person, Start
from tests.live.test_fallback import frames, query
from tests.served import Served

Join = Callable[[], Awaitable[Person]]
Tell = Callable[..., Awaitable[None]]
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


def given_to(reader: socket.socket) -> int | None:
    """How many bytes were on their way to somebody who did not read, when the other side ended it; None while it goes on."""
    reader.setblocking(False)
    found = 0
    try:
        while part := reader.recv(65_536):
            found += len(part)
    except BlockingIOError:
        return None
    except ConnectionResetError:
        pass
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
        await asyncio.sleep(fallback.LINGER + 1)
        given = [given_to(reader) for reader in readers]
        for reader in readers:
            reader.close()
        await tell(obi.channel)
        while (frame := await anext(heard))["op"] == "pong":
            pass
        assert (frame["op"], frame["n"]) == ("msg", 1), "nobody else hears of it"
    assert None not in given, "the connection is there for as long as its reader likes"
    assert max(one for one in given if one is not None) < 80 * len(LARGE) / 2, "the kernel keeps all of it"


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
