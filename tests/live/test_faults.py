"""What dies on the way: the writer, the fan-out, an instance. Nothing is missed, nothing comes twice."""

import asyncio
import random
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from nollycrewhub.devstack.stack import Stack
from nollycrewhub.domains.messages.service import PAGE
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.live.hub import LEAST_SPREAD, MOST_SPREAD
from nollycrewhub.platform.settings import Settings
from tests.conftest import FULL
from tests.live.conftest import Listen, Person, Start
from tests.live.door import Door
from tests.live.following import Follower, fetching, settled, tell_on, truth
from tests.live.onscreen import Screen, Talk, begin_talk, faults_of, screens, wrong_screens
from tests.measuring import TOP, Measure
from tests.served import Served, environment

Join = Callable[[], Awaitable[Person]]
Tell = Callable[..., Awaitable[None]]
Pair = tuple[Served, Served]


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    """One address for all instances."""
    found = Door(random.Random(3))
    await found.start()
    yield found
    await found.stop()


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


async def test_lines_that_are_cut_miss_no_end_of_a_session(
    process: Process, pair: Pair, join: Join, listen: Listen, measured: Measure
) -> None:
    ada = await join()
    listeners = [await listen(served, ada) for served in pair]
    sessions = process.runtime.valkeys.sessions
    await sessions.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
    began = time.monotonic()
    await sessions.unlink(f"nollycrewhub:sess:{process_key(ada)}")
    for listener in listeners:
        assert (await listener.ended(within=5.0))[0] == 4401
    measured(
        "W5",
        what="ended while the line was cut",
        connections=len(listeners),
        most_ms=round((time.monotonic() - began) * 1000, 1),
        bar_ms=60_000,
    )


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


async def test_those_sent_elsewhere_are_told_moments_that_lie_apart(start: Start, join: Join, listen: Listen) -> None:
    """Without the spread a deploy would bring everybody to the other instance at once (W6)."""
    leaving = start().ready()
    ada = await join()
    listeners = [await listen(leaving, ada) for _ in range(24)]
    leaving.process.terminate()
    told = sorted([(await one.heard(op="bye", why="restart"))["retry"] for one in listeners])
    assert len(set(told)) > 16, told  # hundredths of a second: a few of 24 fall together by chance
    assert told[-1] - told[0] > LEAST_SPREAD / 2, told


class Killing:
    """Two instances that are killed or asked to go at random, each time with another in its place, and Valkey too."""

    def __init__(self, stack: Stack, start: Start, door: Door, rng: random.Random) -> None:
        self.stack, self.start, self.door, self.rng = stack, start, door, rng
        self.instances = [self._begin(), self._begin()]
        self.kills = self.restarts = 0
        door.instances = self.instances

    def _begin(self) -> Served:
        return self.start(PUBLIC_URL=self.door.url)

    async def run(self, seconds: float) -> None:
        """For so long, and then each once more, so that nobody's connection outlives it all."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            await asyncio.sleep(self.rng.uniform(1.0, 4.0))
            if self.rng.random() < 0.3:
                await asyncio.to_thread(self.stack.valkeys[1].stop)
                await asyncio.sleep(self.rng.uniform(0, 1))
                await asyncio.to_thread(self.stack.valkeys[1].ensure)
                self.restarts += 1
                continue
            await self._replace(self.rng.randrange(2), kill=self.rng.random() < 0.7)
        for place in range(2):
            await self._replace(place, kill=True)

    async def _replace(self, place: int, *, kill: bool) -> None:
        going = self.instances[place]
        going.kill() if kill else await asyncio.to_thread(going.stop)
        self.kills += 1
        self.instances[place] = self._begin()
        await asyncio.to_thread(self.instances[place].ready)


@pytest.mark.timeout(1000)
async def test_two_instances_killed_at_random_and_valkey_too_leave_everyone_with_the_truth(
    stack: Stack, process: Process, start: Start, join: Join, measured: Measure, door: Door
) -> None:
    """Followers of numbers on channels, and our own pages in Chromium open on a conversation that people go on writing in.

    A follower's state is the list of numbers told; a fresh fetch reads it from the messages themselves. A page's is what it shows.
    """
    seconds, people, pause = (600.0, 40, 0.6) if FULL else (3.0, 6, 0.3)
    rng = random.Random(11)
    killing = Killing(stack, start, door, rng)
    for served in killing.instances:
        served.ready()
    followers = [Follower(await join(), killing.instances, random.Random(number)) for number in range(people)]
    told: dict[str, list[int]] = {follower.person.channel: [] for follower in followers}
    over, quiet = asyncio.Event(), asyncio.Event()
    talk = await begin_talk(process, door.url)
    async with screens(talk) as pages:
        fetch = fetching(process)
        tasks = [asyncio.create_task(one.run(lambda one=one: fetch(one.person.channel), over)) for one in followers]
        telling = asyncio.create_task(tell_on(process, told, rng, quiet)), asyncio.create_task(talk.write(quiet, pause))
        await killing.run(seconds)
        quiet.set()
        await asyncio.gather(*telling)
        await settled(followers, told)
        for page in pages:
            await page.settle(talk.texts[-1])
        over.set()
        await asyncio.gather(*tasks)
        for page in pages:
            await check_page(page, talk, killing, measured)
    assert await talk.fresh() == talk.texts, "each message once, in the order it was sent"
    for follower in followers:
        assert follower.state == told[follower.person.channel] == await truth(process, follower.person.channel)
    breaks, doubled = sum(one.breaks for one in followers), sum(one.doubled for one in followers)
    assert doubled == 0
    assert killing.kills and breaks > people
    measured(
        "W3", seconds=seconds, clients=people, kills=killing.kills, valkey_restarts=killing.restarts, breaks=breaks,
        told=sum(map(len, told.values())), afresh=sum(one.afresh for one in followers), doubled=doubled, wrong=0,
    )  # fmt: skip


async def check_page(page: Screen, talk: Talk, killing: Killing, measured: Measure) -> None:
    """What live.js told, and every state of the screen: nothing missing, nothing twice, all in order."""
    told, shown = await page.told(), await page.shown()
    doubled, missing = faults_of(told, talk.texts)
    unseen, wrong = set(talk.texts).difference(*shown), wrong_screens(shown, talk.texts)
    measured(
        "W3", what=f"our page in Chromium, by {page.transport}", kills=killing.kills, valkey_restarts=killing.restarts, messages=len(talk.texts),
        sent_again=talk.repeated, told=len(told), afresh=told.count("fresh"), breaks=page.breaks, doubled=doubled, missing=missing,
        screens=len(shown), wrong_screens=len(wrong), never_on_screen=len(unseen), loads=page.loads,
    )  # fmt: skip
    assert (doubled, missing) == (0, 0), told
    assert wrong == [] and page.loads == 1
    assert shown[-1] == talk.texts[-len(shown[-1]) :] and len(shown[-1]) >= min(PAGE, len(talk.texts))
    if page.transport != "poll":  # where a kept connection was cut, Chromium asks again without a word
        assert page.breaks > 0, "nothing broke for this page, so nothing was proven"
