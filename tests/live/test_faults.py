"""What dies on the way: the writer, the fan-out, an instance. Nothing is missed, nothing comes twice."""

import asyncio
import random
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest
from redis.exceptions import ConnectionError as BrokenLine

from nollycrewhub.devstack.stack import Stack
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.live.hub import MOST_SPREAD
from nollycrewhub.platform.settings import Settings
from tests.conftest import FULL
from tests.live.conftest import Listen, Person, Start, dial
from tests.measuring import TOP, Measure
from tests.served import Served, environment

Join = Callable[[], Awaitable[Person]]
Tell = Callable[..., Awaitable[None]]
Pair = tuple[Served, Served]


async def test_a_writer_killed_between_commit_and_telling_has_told(settings: Settings, pair: Pair, join: Join, listen: Listen, tell: Tell) -> None:  # fmt: skip
    ada = await join()
    listeners = [await listen(served, ada) for served in pair]
    for listener in listeners:
        await listener.subscribe(ada.channel)
    command = [sys.executable, "-m", "tests.live.dying", ada.channel]
    done = await asyncio.to_thread(subprocess.run, command, cwd=TOP, env=environment(settings), check=False, capture_output=True)
    assert done.returncode == -signal.SIGKILL
    for listener in listeners:
        assert (await listener.heard(op="msg", n=1, within=3.0))["k"] == "last words"
    await tell(ada.channel)
    for listener in listeners:
        await listener.heard(op="msg", n=2)
        assert listener.messages(ada.channel) == [1, 2]


async def test_without_valkey_messages_come_by_the_database_and_with_it_none_comes_twice(stack: Stack, process: Process, pair: Pair, join: Join, listen: Listen, tell: Tell) -> None:  # fmt: skip
    ada = await join()
    listeners = [await listen(served, ada) for served in pair]
    for listener in listeners:
        await listener.subscribe(ada.channel)
    cache = stack.valkeys[1]
    await asyncio.to_thread(cache.stop)
    try:
        for number in range(5):
            began = time.monotonic()
            await tell(ada.channel)
            for listener in listeners:
                await listener.heard(op="msg", n=number + 1, within=3.0)
            assert time.monotonic() - began < 4.0
    finally:
        await asyncio.to_thread(cache.ensure)
    for _ in range(5):
        await tell(ada.channel)
    for listener in listeners:
        await listener.heard(op="msg", n=10, within=5.0)
        assert listener.messages(ada.channel) == list(range(1, 11))


async def test_lines_that_are_cut_miss_no_end_of_a_session(process: Process, pair: Pair, join: Join, listen: Listen) -> None:
    ada = await join()
    listeners = [await listen(served, ada) for served in pair]
    sessions = process.runtime.valkeys.sessions
    await sessions.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
    await sessions.unlink(f"nollycrewhub:sess:{process_key(ada)}")
    for listener in listeners:
        assert (await listener.ended(within=5.0))[0] == 4401


def process_key(person: Person) -> str:
    """The name of the person's session."""
    from nollycrewhub.platform.sessions import key_of

    return key_of(person.token)


async def test_a_leaving_instance_says_when_to_come_back_and_the_other_goes_on(
    start: Start, join: Join, listen: Listen, tell: Tell
) -> None:
    one, two = start(), start()
    one.ready(), two.ready()
    ada = await join()
    there = await listen(one, ada)
    await there.subscribe(ada.channel)
    await tell(ada.channel)
    last = await there.heard(op="msg", n=1)
    one.process.terminate()
    assert await there.ended() == (1012, "restart")
    goodbye = await there.heard(op="bye", why="restart")
    assert 0 <= goodbye["retry"] <= 1 + MOST_SPREAD
    await tell(ada.channel)
    back = await listen(two, ada)
    await back.subscribe(ada.channel, e=last["e"], n=1)
    await back.heard(op="msg", n=2)
    assert back.messages(ada.channel) == [2]
    assert await asyncio.to_thread(one.process.wait, 20) == 0


class Follower:
    """A client as ours behaves: comes back after a break, says what it has, and keeps a state that can be compared."""

    def __init__(self, person: Person, instances: list[Served], rng: random.Random) -> None:
        self.person = person
        self.instances = instances
        self.rng = rng
        self.epoch, self.n = "", -1
        self.state: list[int] = []
        self.afresh = 0
        self.doubled = 0
        self.breaks = 0
        self.came_back: list[float] = []

    async def run(self, fetch: Callable[[], Awaitable[list[int]]], over: asyncio.Event) -> None:
        """Listens until the end."""
        while not over.is_set():
            try:
                await self._listen(fetch, over)
            except (OSError, EOFError, TimeoutError, BrokenLine):
                pass
            except Exception as error:  # noqa: BLE001 - websockets has many ways to say that a line broke
                if type(error).__module__.partition(".")[0] != "websockets":
                    raise
            self.breaks += 1
            await asyncio.sleep(self.rng.uniform(0.05, 1.0))

    async def _listen(self, fetch: Callable[[], Awaitable[list[int]]], over: asyncio.Event) -> None:
        served = self.rng.choice(self.instances)
        async with asyncio.timeout(5):
            socket = await dial(served, **self.person.bearer)
        self.came_back.append(time.monotonic())
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


@pytest.mark.timeout(900)
async def test_two_instances_killed_at_random_and_valkey_too_leave_everyone_with_the_truth(
    stack: Stack, process: Process, start: Start, join: Join, measured: Measure
) -> None:
    """The state is the list of numbers told on the channel; a fresh fetch reads it from the messages themselves."""
    seconds, people = (600.0, 40) if FULL else (12.0, 6)
    rng = random.Random(11)
    instances = [start(), start()]
    for served in instances:
        served.ready()
    followers = [Follower(await join(), instances, random.Random(number)) for number in range(people)]
    told: dict[str, list[int]] = {follower.person.channel: [] for follower in followers}
    over, quiet = asyncio.Event(), asyncio.Event()
    tasks = [asyncio.create_task(one.run(lambda one=one: truth(process, one.person.channel), over)) for one in followers]
    kills = restarts = 0
    telling = asyncio.create_task(tell_on(process, told, rng, quiet))
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        await asyncio.sleep(rng.uniform(1.0, 4.0))
        if rng.random() < 0.3:
            await asyncio.to_thread(stack.valkeys[1].stop)
            await asyncio.sleep(rng.uniform(0, 1))
            await asyncio.to_thread(stack.valkeys[1].ensure)
            restarts += 1
            continue
        place = rng.randrange(2)
        instances[place].kill() if rng.random() < 0.7 else await asyncio.to_thread(instances[place].stop)
        kills += 1
        instances[place] = start()
        await asyncio.to_thread(instances[place].ready)
    quiet.set()
    await telling
    await settled(followers, told)
    over.set()
    await asyncio.gather(*tasks)
    for follower in followers:
        assert follower.state == told[follower.person.channel] == await truth(process, follower.person.channel)
    breaks, doubled = sum(one.breaks for one in followers), sum(one.doubled for one in followers)
    assert doubled == 0
    assert kills and breaks > people
    measured(
        "W3", seconds=seconds, clients=people, kills=kills, valkey_restarts=restarts, breaks=breaks, told=sum(map(len, told.values())),
        afresh=sum(one.afresh for one in followers), doubled=doubled, wrong=0,
    )  # fmt: skip


async def settled(followers: list[Follower], told: dict[str, list[int]]) -> None:
    """Until everybody has everything, or half a minute has passed."""
    for _ in range(150):
        if all(one.state == told[one.person.channel] for one in followers):
            return
        await asyncio.sleep(0.2)


async def tell_on(process: Process, told: dict[str, list[int]], rng: random.Random, over: asyncio.Event) -> None:
    """Tells one channel after another by chance."""
    from nollycrewhub.platform.live import publish

    number = 0
    while not over.is_set():
        number += 1
        channel = rng.choice(list(told))
        async with process.runtime.db.write_session() as session:
            publish(session, channel, "number", {"number": number})
            await process.runtime.db.commit(session)
        told[channel].append(number)
        await asyncio.sleep(0.02)


async def truth(process: Process, channel: str) -> list[int]:
    """All numbers told, as a fresh fetch finds them."""
    async with process.runtime.db.write_session() as session:
        rows = await session.sql(
            "select (payload::jsonb ->> 'number')::int from platform.live_message where channel = $1 order by n", channel
        )
    return [row[0] for row in rows]
