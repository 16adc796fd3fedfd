"""Ending tasks for sure."""

import asyncio
from typing import Any

TOLD_AGAIN = 1.0  # s; what the tasks do as they leave takes less


async def ended(*tasks: "asyncio.Task[Any]") -> list[Any]:
    """
    Cancels tasks until each is over; returns what became of each, an exception too.

    Told once a task may go on for ever: `asyncio.wait_for` of Python 3.11, which asyncpg and redis-py use, returns an answer that came in
    the same moment and forgets the word.
    """
    while left := [task for task in tasks if not task.done()]:
        for task in left:
            task.cancel()
        await asyncio.wait(left, timeout=TOLD_AGAIN)
    return await asyncio.gather(*tasks, return_exceptions=True)
