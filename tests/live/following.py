"""Clients that follow a channel through everything that breaks, and what they should know in the end."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec
from websockets.exceptions import ConnectionClosed, WebSocketException

from nollycrewhub.platform.app import Process
from nollycrewhub.platform.live import publish
from tests.live.conftest import Person, Reached, dial

UNSAID = 1006  # the line was cut without a goodbye


class Follower:
    """A client as ours behaves: comes back after a break, says what it has, and keeps a state that can be compared."""

    def __init__(self, person: Person, instances: Sequence[Reached], rng: random.Random) -> None:
        self.person = person
        self.instances = instances
        self.rng = rng
        self.epoch, self.n = "", -1
        self.state: list[int] = []
        self.afresh = 0
        self.doubled = 0
        self.breaks = 0
        self.closes: Counter[int] = Counter()

    async def run(self, fetch: Callable[[], Awaitable[list[int]]], over: asyncio.Event) -> None:
        """Listens until the end."""
        while not over.is_set():
            try:
                await self._listen(fetch, over)
            except ConnectionClosed as error:
                self.closes[error.rcvd.code if error.rcvd else UNSAID] += 1
            except (OSError, EOFError, TimeoutError, WebSocketException):
                pass
            self.breaks += 1
            await asyncio.sleep(self.rng.uniform(0.05, 1.0))

    async def _listen(self, fetch: Callable[[], Awaitable[list[int]]], over: asyncio.Event) -> None:
        served = self.rng.choice(self.instances)
        async with asyncio.timeout(5):
            socket = await dial(served, **self.person.bearer)
        last: dict[str, Any] = {"e": self.epoch, "n": self.n} if self.n >= 0 else {}
        try:
            await socket.send(msgspec.json.encode({"op": "sub", "to": [{"ch": self.person.channel, **last}]}), text=True)
            while not over.is_set():
                try:
                    async with asyncio.timeout(0.5):
                        frame = msgspec.json.decode(await socket.recv())
                except TimeoutError:
                    continue
                await self._take(frame, fetch)
        finally:
            socket.transport.abort()

    async def _take(self, frame: dict[str, Any], fetch: Callable[[], Awaitable[list[int]]]) -> None:
        if frame["op"] == "sub":
            for entry in frame["on"]:
                if "fresh" in entry or self.n < 0:
                    await self._start_afresh(entry, fetch)
        elif frame["op"] == "fresh":
            await self._start_afresh(frame, fetch)
        elif frame["op"] == "error":
            raise TimeoutError("asked again later")
        elif frame["op"] == "msg":
            self.doubled += frame["n"] <= self.n
            assert frame["n"] <= self.n + 1, "a hole"
            if frame["n"] == self.n + 1:
                self.n = frame["n"]
                self.state.append(frame["d"]["number"])

    async def _start_afresh(self, entry: dict[str, Any], fetch: Callable[[], Awaitable[list[int]]]) -> None:
        self.afresh += 1
        self.epoch, self.n = entry["e"], entry["n"]
        self.state = (await fetch())[: self.n]


async def settled(followers: list[Follower], told: dict[str, list[int]]) -> None:
    """Until everybody has everything, or half a minute has passed."""
    for _ in range(150):
        if all(one.state == told[one.person.channel] for one in followers):
            return
        await asyncio.sleep(0.2)


async def tell_on(process: Process, told: dict[str, list[int]], rng: random.Random, over: asyncio.Event) -> None:
    """Tells one channel after another by chance."""
    number = 0
    while not over.is_set():
        number += 1
        channel = rng.choice(list(told))
        async with process.runtime.db.write_session() as session:
            publish(session, channel, "number", {"number": number})
            await process.runtime.db.commit(session)
        told[channel].append(number)
        await asyncio.sleep(0.02)


def fetching(process: Process) -> Callable[[str], Awaitable[list[int]]]:
    """The fresh fetch of many who come back at once, and here share one process's few connections."""
    turns = asyncio.Semaphore(4)

    async def fetch(channel: str) -> list[int]:
        async with turns:
            return await truth(process, channel)

    return fetch


async def truth(process: Process, channel: str) -> list[int]:
    """All numbers told, as a fresh fetch finds them."""
    async with process.runtime.db.write_session() as session:
        rows = await session.sql(
            "select (payload::jsonb ->> 'number')::int from platform.live_message where channel = $1 order by n", channel
        )
    return [row[0] for row in rows]
