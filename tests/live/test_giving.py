"""A crowd is told in slices: in the channel's order, and others get their turn in between."""

import asyncio
from typing import Any, cast

from nollycrewhub.platform.live import frames
from nollycrewhub.platform.live.client import Client
from nollycrewhub.platform.live.frames import Frame
from nollycrewhub.platform.live.giving import SLICE, Giving
from nollycrewhub.platform.live.hub import Hub
from nollycrewhub.platform.live.topic import Topic


class Ear(Client):
    """Notes what it is sent."""

    def __init__(self) -> None:
        super().__init__(cast(Hub, None), 0.0)
        self.got: list[Frame] = []

    def send(self, frame: Frame) -> None:
        self.got.append(frame)


def crowded(many: int) -> tuple[Topic, list[Ear], Giving, set[asyncio.Task[Any]]]:
    """A channel with so many listeners, and who gives to them."""
    topic, tasks = Topic("jobs"), set[asyncio.Task[Any]]()
    ears = [Ear() for _ in range(many)]
    topic.clients = dict.fromkeys(ears)
    return topic, ears, Giving(lambda work: tasks.add(asyncio.create_task(work))), tasks


def numbered(many: int) -> list[Frame]:
    """Frames that tell themselves apart."""
    return [frames.frame(op="pong", id=number) for number in range(many)]


async def test_a_crowd_hears_everything_once_and_in_order_while_others_work() -> None:
    topic, ears, giving, tasks = crowded(SLICE * 4 + 7)
    told, turns = numbered(3), 0

    async def others() -> None:
        nonlocal turns
        while len(ears[-1].got) < len(told):
            turns += 1
            await asyncio.sleep(0)

    giving.give(topic, told[0])
    working = asyncio.create_task(others())
    giving.give(topic, told[1])
    late = Ear()
    topic.clients[late] = None
    giving.give(topic, told[2])
    await asyncio.gather(working, *tasks)
    assert all(ear.got == told for ear in ears)
    assert late.got == told[2:], "who comes hears what is told from then on"
    assert turns >= 3 * 4, "others had a turn after each slice"
    giving.give(topic, told[0])
    await asyncio.gather(*tasks)
    assert len(tasks) == 2 and not giving.crowds


async def test_who_leaves_before_their_slice_hears_no_more_and_a_few_are_told_at_once() -> None:
    topic, ears, giving, tasks = crowded(SLICE * 2)
    [frame] = numbered(1)
    giving.give(topic, frame)
    del topic.clients[ears[-1]]
    await asyncio.gather(*tasks)
    assert ears[-1].got == [] and ears[0].got == [frame]
    few, some, giving, tasks = crowded(SLICE)
    giving.give(few, frame)
    assert all(ear.got == [frame] for ear in some) and not tasks
