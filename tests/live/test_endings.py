"""Whoever is refused hears why, whatever they go on sending; and nobody is listened to for long after that."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from websockets.exceptions import ConnectionClosed

from nollycrewhub.platform.live.socket import LINGER, MOST_AFTER
from tests.live.conftest import Listen, Listener, Person
from tests.live.test_slow_readers import silent
from tests.live.test_streams import given_to
from tests.served import Served

Join = Callable[[], Awaitable[Person]]
Tell = Callable[..., Awaitable[None]]
Pair = tuple[Served, Served]
AT_ONCE, PIECES = 20, 40
KERNELS = 16_000_000  # bytes that both sides' kernels may hold between them
PATIENCE = 20.0  # a machine may be busy
LARGE = "y" * 10_000
UPGRADE = (
    "GET {path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def masked(opcode: int, data: bytes) -> bytes:
    """A short frame of a client's, whose mask changes nothing."""
    return bytes((0x80 | opcode, 0x80 | len(data))) + bytes(4) + data


async def in_pieces(listener: Listener) -> tuple[int | None, str]:
    """Sends one message in more small pieces than may be; how that ended."""

    async def pieces() -> AsyncIterator[str]:
        for _ in range(PIECES):
            yield "x" * 1000

    with contextlib.suppress(ConnectionClosed):
        await listener.socket.send(pieces())
    return await listener.ended()


async def test_what_is_too_large_hears_so_while_it_goes_on_sending(pair: Pair, join: Join, listen: Listen) -> None:
    ada = await join()
    listeners = [await listen(pair[0], ada) for _ in range(AT_ONCE)]
    ended = await asyncio.gather(*map(in_pieces, listeners))
    assert [code for code, _ in ended] == [1009] * AT_ONCE, ended
    assert all("exceeds limit of 16384 bytes" in reason for _, reason in ended), ended


async def test_a_flood_that_goes_on_hears_so_too(pair: Pair, join: Join, listen: Listen) -> None:
    ada = await join()

    async def flood(listener: Listener) -> tuple[int | None, str]:
        with contextlib.suppress(ConnectionClosed):
            for _ in range(30):
                await listener.socket.send(b"x" * 100)
                await listener.socket.send('{"op":"ping"}')
        return await listener.ended()

    listeners = [await listen(pair[0], ada) for _ in range(AT_ONCE)]
    assert await asyncio.gather(*map(flood, listeners)) == [(1003, "text-only")] * AT_ONCE


def speak_on(line: socket.socket, frame: bytes) -> tuple[int, float]:
    """Sends for as long as anybody takes it; the bytes and the seconds."""
    began, sent = time.monotonic(), 0
    line.settimeout(0.5)
    with contextlib.suppress(ConnectionResetError, BrokenPipeError):
        while time.monotonic() - began < PATIENCE:
            with contextlib.suppress(TimeoutError):
                sent += line.send(frame)
    return sent, time.monotonic() - began


@pytest.mark.parametrize("frame", [masked(0x1, b"x") * 10_000, b"\xff" * 60_000, masked(0x8, b"") + masked(0x9, b"") * 10_000])
async def test_who_goes_on_for_ever_is_cut(pair: Pair, frame: bytes) -> None:
    """Nonsense that can be read, what cannot, and whoever has said goodbye and does not go."""
    with socket.create_connection(("127.0.0.1", pair[0].port)) as line:
        line.sendall(UPGRADE.format(path="/ws").encode())
        assert (await asyncio.to_thread(line.recv, 12)) == b"HTTP/1.1 101"
        sent, took = await asyncio.to_thread(speak_on, line, frame)
    assert took < PATIENCE, "it is listened to for as long as it likes"
    assert took > LINGER / 2 or sent < MOST_AFTER, "it is cut before it can have heard why"
    assert sent < MOST_AFTER + KERNELS
    assert "Traceback" not in pair[0].said()


async def test_who_says_goodbye_and_reads_nothing_is_cut(pair: Pair, join: Join, tell: Tell) -> None:
    ada = await join()
    line = await silent(pair[0], ada)
    for _ in range(40):
        await tell(ada.channel, "news", LARGE)
    line.sendall(masked(0x8, (1000).to_bytes(2)))
    line.setblocking(False)
    assert await given_to(line) < 40 * len(LARGE) / 2


async def test_a_handshake_that_is_refused_hears_so_though_it_goes_on_at_once(pair: Pair) -> None:
    for path, status in (("/elsewhere", b"404"), ("/ws", b"401")):
        refused = UPGRADE.format(path=path).replace("\r\n\r\n", "\r\nAuthorization: Bearer nobody\r\n\r\n")
        reader, writer = await asyncio.open_connection("127.0.0.1", pair[0].port)
        writer.write(refused.encode())
        await writer.drain()
        writer.write(bytes(100_000))
        await asyncio.sleep(0.2)
        assert (await reader.read()).split()[1] == status
        writer.close()
