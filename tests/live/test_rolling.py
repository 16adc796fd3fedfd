"""A deploy that nobody who listens misses anything of (bar L1's clause of sockets): every process replaced, behind nginx."""

import asyncio
import random
import signal
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from nollycrewhub.loadtest.line import Ask
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.settings import Settings
from tests.balancing import balanced
from tests.conftest import FULL
from tests.live.conftest import Person
from tests.live.following import UNSAID, Follower, fetching, settled, tell_on, truth
from tests.measuring import Measure
from tests.openloop import OpenLoop
from tests.served import Served, environment

__all__ = ["balanced"]
ROLLS, PEOPLE, RATE = (50, 100, 300.0) if FULL else (2, 12, 40.0)
RESTART = 1012
RENEWED = "Every process is a new one"


@dataclass
class Front:
    """What stands in front of the processes."""

    url: str


async def roll(served: Served, turn: int) -> None:
    """Replaces every process, for the so many-th time."""
    served.process.send_signal(signal.SIGUSR1)
    until = time.monotonic() + 90
    while served.said().count(RENEWED) + served.stdout.read_text().count(RENEWED) < turn:
        assert time.monotonic() < until, served.said()[-2000:]
        await asyncio.sleep(0.1)


@pytest.mark.timeout(1500)
async def test_a_rolling_restart_says_goodbye_to_every_socket_and_each_misses_nothing(
    settings: Settings,
    process: Process,
    join: Callable[[], Awaitable[Person]],
    tmp_path: Path,
    balanced: Callable[[list[str]], str],
    measured: Measure,
) -> None:
    served = Served(tmp_path, ["serve", "--workers", "2"], environment(settings, DRAIN_WAIT="0.5")).ready()
    try:
        front = Front(balanced([served.url]))
        followers = [Follower(await join(), [front], random.Random(number)) for number in range(PEOPLE)]
        told: dict[str, list[int]] = {follower.person.channel: [] for follower in followers}
        over, quiet = asyncio.Event(), asyncio.Event()
        fetch = fetching(process)
        following = [asyncio.create_task(one.run(lambda one=one: fetch(one.person.channel), over)) for one in followers]
        telling = asyncio.create_task(tell_on(process, told, random.Random(5), quiet))
        load = OpenLoop(front.url)
        asking = asyncio.create_task(load.run(lambda _: Ask("page", "GET", "/jobs"), rate=RATE, until=quiet.is_set))
        for turn in range(1, ROLLS + 1):
            await roll(served, turn)
        quiet.set()
        await asyncio.gather(telling, asking)
        await settled(followers, told)
        over.set()
        await asyncio.gather(*following)
        closes = sum((one.closes for one in followers), start=type(followers[0].closes)())
        for follower in followers:
            assert follower.state == told[follower.person.channel] == await truth(process, follower.person.channel)
        assert sum(one.doubled for one in followers) == 0
        assert closes[RESTART] >= PEOPLE and closes[UNSAID] == 0, closes
        statuses = load.statuses()
        assert set(statuses) == {200}, (statuses, load.why)
        measured("L1", what="with sockets", rolls=ROLLS, people=PEOPLE, closed_1012=closes[RESTART], cut=closes[UNSAID],
                 told=sum(map(len, told.values())), wrong=0, rate=RATE, requests=sum(statuses.values()), failed=0)  # fmt: skip
    finally:
        assert served.stop() == 0
