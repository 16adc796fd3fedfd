"""Tasks that are ended are over, also one that loses the word."""

import ast
import asyncio
from collections.abc import Iterator
from pathlib import Path

from nollycrewhub.platform.ending import ended

SOURCES = Path(__file__).parents[2] / "src"


async def forgetful(times: int, heard: list[int]) -> None:
    """Goes on after each of the first cancellations, as a loop around a library does that returns its answer instead."""
    while True:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            heard.append(len(heard))
            if len(heard) > times:
                raise


async def failing() -> None:
    try:
        await asyncio.sleep(3600)
    finally:
        raise OSError("the line is gone")


async def over() -> int:
    return 1


async def test_whoever_loses_the_word_is_told_again_and_the_others_once() -> None:
    deaf: list[int] = []
    heard: list[int] = []
    tasks = [asyncio.create_task(each) for each in (forgetful(2, deaf), forgetful(0, heard), failing(), over())]
    await asyncio.sleep(0)
    became = await asyncio.wait_for(ended(*tasks), 30)
    assert [task.done() for task in tasks] == [True] * 4
    assert (len(deaf), len(heard)) == (3, 1)
    assert isinstance(became[2], OSError) and became[3] == 1 and await ended() == []


async def test_what_a_task_does_as_it_leaves_is_not_cut_short() -> None:
    done = []

    async def tidy() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            for _ in range(20):
                await asyncio.sleep(0)
            done.append(True)

    task = asyncio.create_task(tidy())
    await asyncio.sleep(0)
    await ended(task)
    assert done == [True]


def cancelled_once(source: str) -> Iterator[str]:
    """Functions that cancel a task and then wait for it as if it had heard."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            calls = [each for each in ast.walk(node) if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute)]
            cancels = any(call.func.attr == "cancel" for call in calls)  # type: ignore[attr-defined]
            waits = any(
                call.func.attr == "gather" and any(word.arg == "return_exceptions" for word in call.keywords)  # type: ignore[attr-defined]
                for call in calls
            )
            if cancels and waits:
                yield node.name


def test_nobody_waits_for_a_task_that_was_told_once() -> None:
    bad = "async def stop(self):\n    self.task.cancel()\n    await asyncio.gather(self.task, return_exceptions=True)\n"
    assert list(cancelled_once(bad)) == ["stop"]
    found = {f"{path.relative_to(SOURCES)}: {name}" for path in SOURCES.rglob("*.py") for name in cancelled_once(path.read_text())}
    assert found == {"nollycrewhub/platform/ending.py: ended"}
