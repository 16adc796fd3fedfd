"""Of many answers that are ready together, one is worked on in each pass of the loop."""

import asyncio

from nollycrewhub.platform.db.turns import Turns


async def passes(worked: list[int]) -> list[int]:
    """How many pieces of work were done in each pass of the loop, until it has been idle for a while."""
    found, idle = [], 0
    while idle < 5:
        before = len(worked)
        await asyncio.sleep(0)
        found.append(len(worked) - before)
        idle = 0 if found[-1] else idle + 1
    return found


async def work(turns: Turns | None, ready: asyncio.Event, worked: list[int], number: int) -> None:
    """What follows a database's answer."""
    await ready.wait()
    if turns is not None:
        await turns.take()
    worked.append(number)


async def together(turns: Turns | None, many: int) -> tuple[list[int], list[int]]:
    """So many answers at once: what was worked on in order, and how many in each pass."""
    ready, worked = asyncio.Event(), list[int]()
    tasks = [asyncio.create_task(work(turns, ready, worked, number)) for number in range(many)]
    await asyncio.sleep(0)
    ready.set()
    found = await passes(worked)
    await asyncio.gather(*tasks)
    return worked, found


async def test_one_in_each_pass_and_in_order() -> None:
    worked, found = await together(Turns(), 20)
    assert worked == list(range(20))
    assert max(found) == 1
    assert max((await together(None, 20))[1]) == 20, "without turns all are worked on in one pass"


async def test_alone_nobody_waits() -> None:
    turns = Turns()
    for _ in range(3):
        taking = turns.take()
        try:
            taking.send(None)
        except StopIteration:
            await asyncio.sleep(0)
        else:
            raise AssertionError("it waited for a turn that was free")


async def test_who_is_cancelled_keeps_nobody_waiting() -> None:
    turns, ready, worked = Turns(), asyncio.Event(), list[int]()
    tasks = [asyncio.create_task(work(turns, ready, worked, number)) for number in range(6)]
    await asyncio.sleep(0)
    ready.set()
    await asyncio.sleep(0)
    tasks[2].cancel()
    tasks[4].cancel()
    await passes(worked)
    assert worked == [0, 1, 3, 5]
    assert not turns.is_taken and not turns.waiting


def test_each_loop_has_turns_of_its_own() -> None:
    turns = Turns()

    async def left() -> None:
        waiting = asyncio.create_task(turns.take())
        await turns.take()
        await asyncio.sleep(0)
        assert not waiting.done(), "its turn had not come when its loop ended"

    asyncio.run(left())
    asyncio.run(asyncio.wait_for(turns.take(), 5))
