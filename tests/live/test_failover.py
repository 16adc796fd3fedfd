"""A standby takes over while people listen: what survived each of them knows once, what was lost nobody goes on showing."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from nollycrewhub.devstack.stack import Stack
from nollycrewhub.kit.ids import uuid7
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.live import publish
from nollycrewhub.platform.settings import Settings
from tests.conftest import FULL
from tests.drills.test_failover import make_synchronous
from tests.live.conftest import Person
from tests.live.following import Follower, fetching, settled, truth
from tests.measuring import Measure
from tests.replicas.conftest import eventually
from tests.replicas.test_failover import CALM, cut, inside, outside, pair, pair_settings, take_over
from tests.served import Served, environment
from tests.servers import kill

__all__ = ["inside", "outside", "pair", "pair_settings"]
PEOPLE = 20 if FULL else 6


@pytest.fixture
def other(pair_settings: Settings, tmp_path: Path, outside: Served) -> Iterator[Served]:
    """A second instance, so that who tells, and who is told by the one or the other, are three processes."""
    folder = tmp_path / "other"
    folder.mkdir()
    found = Served(folder, ["serve"], environment(pair_settings, POOL_WAIT="2", INSTANCE_ID="other")).ready()
    yield found
    found.stop()


class Teller:
    """Tells one channel after another; what could not be stored is told as another number, whoever was away."""

    def __init__(self, process: Process, channels: list[str]) -> None:
        self.process = process
        self.channels = channels
        self.acknowledged: dict[str, list[int]] = {channel: [] for channel in channels}
        self.refused = 0
        self.over = False

    async def run(self) -> None:
        """Until it is over."""
        rng, number = random.Random(5), 0
        while not self.over:
            number += 1
            channel = rng.choice(self.channels)
            try:
                async with self.process.runtime.db.write_session() as session:
                    publish(session, channel, "number", {"number": number})
                    await self.process.runtime.db.commit(session)
                self.acknowledged[channel].append(number)
            except Exception:  # whatever a client library says of a server that has gone
                self.refused += 1
            await asyncio.sleep(0.02)

    def told(self) -> int:
        """How many were acknowledged."""
        return sum(map(len, self.acknowledged.values()))

    async def fetch(self, channel: str) -> list[int]:
        """A fresh fetch; one that fails is a break like another."""
        try:
            return await fetching(self.process)(channel)
        except Exception:
            raise TimeoutError("the server is away") from None


def followed(teller: Teller, channel: str) -> Callable[[], Awaitable[list[int]]]:
    """How one follower fetches afresh."""
    return lambda: teller.fetch(channel)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("loses", [False, True], ids=["with a synchronous standby", "with a standby that was behind"])
async def test_a_standby_takes_over_and_everyone_who_listens_knows_what_it_knows(
    loses: bool, pair: Stack, inside: Process, outside: Served, other: Served, measured: Measure
) -> None:
    if not loses:
        make_synchronous(pair)
    people = [Person(person_id := uuid7(), await inside.runtime.sessions.create(person_id, name="Ada")) for _ in range(PEOPLE)]
    followers = [Follower(person, [outside, other], random.Random(number)) for number, person in enumerate(people)]
    teller = Teller(inside, [person.channel for person in people])
    over = asyncio.Event()
    following = [asyncio.create_task(one.run(followed(teller, one.person.channel), over)) for one in followers]
    telling = asyncio.create_task(teller.run())
    await asyncio.sleep(2 * CALM)
    assert await eventually(lambda: all(one.state for one in followers)), "somebody never heard a thing"
    if loses:
        await asyncio.to_thread(cut, pair)
        before = teller.told()
        assert await eventually(lambda: teller.told() > before + 20)
    breaks = sum(one.breaks for one in followers)
    kill(pair.primary)
    await asyncio.to_thread(take_over, pair)
    before = teller.told()
    assert await eventually(lambda: teller.told() > before + 20), "nothing could be told after the promotion"
    await asyncio.sleep(CALM)
    teller.over = True
    await telling
    known = {channel: await truth(inside, channel) for channel in teller.channels}
    await settled(followers, known)
    over.set()
    await asyncio.gather(*following)
    lost = sum(len(set(numbers) - set(known[channel])) for channel, numbers in teller.acknowledged.items())
    wrong = [one.person.channel for one in followers if one.state != known[one.person.channel]]
    doubled = sum(one.doubled for one in followers)
    assert (wrong, doubled) == ([], 0)
    assert (lost > 0) is loses, lost
    assert (outside.process.poll(), other.process.poll()) == (None, None)
    measured(
        "D5", what="live, behind" if loses else "live, synchronous", clients=PEOPLE, told=teller.told(), refused=teller.refused, lost=lost,
        afresh=sum(one.afresh for one in followers), cut=sum(one.breaks for one in followers) - breaks - PEOPLE, doubled=0, wrong=0,
    )  # fmt: skip
