"""Who does not read is let go before they cost much, and delays nobody (bar W4)."""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

import httpx
import pytest

from bench.live.crowd import Crowd, Listener, handshake, subscription
from bench.live.results import Late, percentiles
from nollycrewhub.platform.live.socket import KERNEL_BUFFER, MOST_UNSENT
from nollycrewhub.platform.settings import Settings
from tests.conftest import FULL
from tests.live.conftest import Person
from tests.measuring import Measure
from tests.served import Served

Join = Callable[[], Awaitable[Person]]
Tell = Callable[..., Awaitable[None]]
Pair = tuple[Served, Served]
# Readers that keep up, on one person's pages (two hundred with the stalled one are the most); messages without a stalled one;
# stalled ones in turn.
QUICK, ALONE, STALLED = (190, 700, 10) if FULL else (20, 20, 1)
LETTERS = 16_000  # of a message: with its frame, about what the largest may have
MOST_MESSAGES = 150
EVERY = 5  # messages, the server is asked whom it has let go
SLOWER, SLACK_MS = 1.5, 10.0


async def silent(served: Served, person: Person) -> socket.socket:
    """A follower of a person's channel that reads nothing and answers nothing."""
    slow = socket.socket()
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow.connect(("127.0.0.1", served.port))
    text = f'{{"op":"sub","to":[{{"ch":"{person.channel}"}}]}}'.encode()
    hello = (
        "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer {person.token}\r\n\r\n"
    ).encode()
    slow.sendall(hello)
    await asyncio.sleep(0.5)
    assert slow.recv(12) == b"HTTP/1.1 101", "it was not let in"
    slow.sendall(bytes((0x81, 0x80 | len(text))) + bytes(4) + text)
    await asyncio.sleep(0.5)
    return slow


async def rest(slow: socket.socket) -> bytes:
    """Everything that is still there for it, until the line ends."""
    slow.setblocking(False)
    taken = bytearray()
    with suppress(ConnectionResetError):
        async with asyncio.timeout(90):
            while chunk := await asyncio.get_running_loop().sock_recv(slow, 65_536):
                taken += chunk
    slow.close()
    return bytes(taken)


async def let_go(served: Served, settings: Settings) -> float:
    """How many slow readers the instance has let go so far."""
    async with httpx.AsyncClient(headers={"authorization": f"Bearer {settings.metrics_token}"}) as client:
        lines = (await client.get(f"{served.url}/metrics")).raise_for_status().text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith("nch_live_closed_total{") and 'reason="slow"' in line)


class Readers:
    """Those who keep up, read while messages go out one after another."""

    def __init__(self, served: Served, person: Person, tell: Tell) -> None:
        made = [Listener(handshake(served.port, person.token), subscription([person.channel])) for _ in range(QUICK)]
        self.crowd = Crowd(served.port, made)
        self.person, self.tell, self.told = person, tell, 0
        self.due: dict[str, float] = {}

    async def send(self) -> None:
        """One more message, read by all of them."""
        self.told += 1
        payload = {"number": self.told, "letters": "x" * LETTERS}
        heard = f'big{{"number":{self.told},"letters":"{payload["letters"]}"}}'
        self.due[heard] = time.time()
        sending = asyncio.create_task(self.tell(self.person.channel, "big", payload))
        until = time.monotonic() + 10
        while not sending.done() or len(self.crowd.heard[heard.encode()]) < QUICK:
            assert time.monotonic() < until, "those who keep up wait for the one who does not"
            self.crowd.step(0.0005)
            await asyncio.sleep(0)
        await sending

    def late(self, first: int = 0) -> Late:
        """How late the messages after a number were."""
        return percentiles(self.crowd.late(dict(list(self.due.items())[first:])))


async def test_a_reader_who_does_not_read_is_let_go_and_delays_nobody(
    settings: Settings, pair: Pair, join: Join, tell: Tell, measured: Measure
) -> None:
    ada, served = await join(), pair[0]
    readers = Readers(served, ada, tell)
    await asyncio.to_thread(readers.crowd.connect_all, 400.0)
    for _ in range(ALONE):
        await readers.send()
    alone, given = readers.late(), list[int]()
    for _ in range(STALLED):
        slow, gone, first = await silent(served, ada), await let_go(served, settings), readers.told
        while await let_go(served, settings) == gone:
            assert readers.told - first < MOST_MESSAGES, "it is never let go"
            for _ in range(EVERY):
                await readers.send()
        given.append((readers.told - first) * (LETTERS + 200))
        taken = await rest(slow)
        assert b'"code":4413' in taken and (4413).to_bytes(2) in taken[-40:], taken[-200:]
    beside = readers.late(ALONE)
    measured(
        "W4", readers=QUICK, messages=readers.told, stalled=STALLED, most_given_when_let_go_kb=round(max(given) / 1024), code=4413,
        others_p99_ms=alone.p99_ms, others_p99_beside_it_ms=beside.p99_ms, missed=readers.crowd.missed,
    )  # fmt: skip
    assert max(given) < MOST_UNSENT + 4 * KERNEL_BUFFER + EVERY * (LETTERS + 200), "more was kept for it than a megabyte"
    assert (readers.crowd.open, readers.crowd.broken, readers.crowd.missed) == (QUICK, 0, 0)
    if FULL:
        assert beside.p99_ms <= alone.p99_ms * SLOWER + SLACK_MS
    readers.crowd.close()


@pytest.mark.full  # a silent client is given a minute
async def test_who_answers_no_heartbeat_is_let_go_and_told_why(pair: Pair, join: Join) -> None:
    began = time.monotonic()
    taken = await rest(await silent(pair[0], await join()))
    assert 40 < time.monotonic() - began < 80
    assert (4408).to_bytes(2) in taken, taken[-200:]
