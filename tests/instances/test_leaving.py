"""A process that leaves answers whoever it let in last: a proxy would tell their visitor of a bad gateway."""

import asyncio
import gc
import signal
import socket
from collections.abc import AsyncIterator, Callable

import msgspec
import pytest

from nollycrewhub.cli import serving
from nollycrewhub.cli.serving import Server, server_config
from nollycrewhub.platform.settings import Settings
from nollycrewhub.services import monolith

ASKED = b"GET /livez HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"


@pytest.fixture
async def leaving(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Server, int]]:
    """A web process at work in this one, and its port; with time enough for a slow machine."""
    monkeypatch.setattr(serving, "FRESH_SECONDS", 60.0)
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    process = monolith.create_app(msgspec.structs.replace(settings, drain_wait=0))
    server = Server(server_config(process), process)
    before = gc.get_threshold()
    running = asyncio.create_task(server.serve(sockets=[listener]))
    await until(lambda: server.started)
    yield server, port
    server.drain()
    await asyncio.wait_for(running, 60)
    gc.unfreeze()
    gc.set_threshold(*before)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().remove_signal_handler(number)


async def until(holds: Callable[[], bool]) -> None:
    """Waits for it, half a minute at most."""
    for _ in range(3000):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came to that")


async def closed(port: int) -> None:
    """Once nobody is let in any more."""
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionError:
            return
        writer.close()
        await asyncio.sleep(0.01)


async def test_the_first_request_of_a_connection_that_was_let_in_last_is_answered(leaving: tuple[Server, int]) -> None:
    server, port = leaving
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await until(lambda: bool(server.server_state.connections))
    server.drain()
    await closed(port)
    writer.write(ASKED)
    answer = await asyncio.wait_for(reader.read(), 30)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"connection: close" in answer.lower()
    writer.close()


async def test_whoever_asked_before_is_not_waited_for(leaving: tuple[Server, int]) -> None:
    server, port = leaving
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(ASKED)
    assert (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)).startswith(b"HTTP/1.1 200 ")
    server.drain()
    await asyncio.wait_for(closed(port), 30)
    async with asyncio.timeout(30):  # a minute is what a fresh one may have
        await reader.read()
    writer.close()
