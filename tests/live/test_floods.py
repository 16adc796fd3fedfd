"""Many connections of one person may not do together what one may not: others hear on, and little of it."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from uuid import uuid4

import asyncpg
from websockets.exceptions import ConnectionClosed

from nollycrewhub.platform.live.purse import BURST, COST_OF_A_WORD, MOST_HELD, PER_SECOND, STRANGERS_BURST, Purses
from nollycrewhub.platform.settings import Settings
from tests.live.conftest import Listen, Listener, Person
from tests.served import Served

Join = Callable[[], Awaitable[Person]]
Tell = Callable[..., Awaitable[None]]
LINES, WORDS = 10, 55
NAMES = 100


async def test_a_person_of_many_lines_says_no_more_than_a_little(
    settings: Settings, pair: tuple[Served, Served], join: Join, listen: Listen, tell: Tell
) -> None:
    ada, eve = await join(), await join()
    owner = await asyncpg.connect(settings.database_owner_url)
    await owner.executemany("insert into live_test.member (room, person_id) values ('flood', $1)", [(ada.id,), (eve.id,)])
    await owner.close()
    calm = await listen(pair[1], ada)
    await calm.subscribe("room:flood", ada.channel)
    loud = [await listen(pair[0], eve) for _ in range(LINES)]
    for line in loud:
        await line.subscribe("room:flood")
    began = asyncio.get_running_loop().time()
    await asyncio.gather(*(shout(line) for line in loud))
    ended = [line for line in loud if await gone(line)]
    assert len(ended) >= LINES - 2, "one may have said all it had before the purse was empty"
    assert {(await line.ended())[0] for line in ended} == {4429}
    took = asyncio.get_running_loop().time() - began
    await tell(ada.channel)
    await calm.heard(op="msg", ch=ada.channel, n=1)
    heard = [frame for frame in calm.frames if frame.get("k") == "typing"]
    assert 0 < len(heard) <= (BURST + PER_SECOND * (took + 1)) / COST_OF_A_WORD
    assert {frame["by"] for frame in heard} == {str(eve.id)}


async def shout(line: Listener) -> None:
    """As many words as one line may say before it is a flood by itself."""
    with contextlib.suppress(ConnectionClosed):
        for _ in range(WORDS):
            await line.say({"op": "say", "ch": "room:flood", "k": "typing"})


async def test_a_person_of_many_lines_asks_for_no_more_than_many_channels(
    pair: tuple[Served, Served], join: Join, listen: Listen, tell: Tell
) -> None:
    ada, eve = await join(), await join()
    calm = await listen(pair[0], ada)
    await calm.subscribe(ada.channel)
    greedy = [await listen(pair[0], eve) for _ in range(LINES)]
    for line in greedy:
        for number in range(2):
            with contextlib.suppress(ConnectionClosed):
                await line.say({"op": "sub", "id": number, "to": [{"ch": f"conversation:{uuid4()}"} for _ in range(NAMES)]})
    ended = [line for line in greedy if await gone(line)]
    assert len(ended) >= LINES / 2 - 1
    for line in ended:
        assert (await line.ended())[0] == 4429 and line.frames[-1]["retry"] >= 5
    await tell(ada.channel)
    await calm.heard(op="msg", ch=ada.channel, n=1)


async def gone(line: Listener) -> bool:
    """Whether the line was ended."""
    with contextlib.suppress(AssertionError):
        await line.ended(within=0.3)
    return line.closed is not None


def test_a_purse_is_a_persons_and_fills_again() -> None:
    purses = Purses()
    assert purses.pay("ada", "1.1.1.1", BURST, now=0.0) and not purses.pay("ada", "2.2.2.2", 1, now=0.0)
    assert purses.pay("obi", "1.1.1.1", BURST, now=0.0), "nobody else's"
    assert purses.pay("ada", "1.1.1.1", PER_SECOND, now=1.0) and not purses.pay("ada", "1.1.1.1", 1, now=1.0)
    assert purses.pay("", "1.1.1.1", STRANGERS_BURST, now=0.0) and not purses.pay("", "1.1.1.1", 1, now=0.0)
    assert purses.pay("", "2.2.2.2", 1, now=0.0)
    for number in range(MOST_HELD + 10):
        purses.pay(str(number), "", 1, now=2.0)
    assert len(purses.held) == MOST_HELD
