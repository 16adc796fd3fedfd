"""Sends what is due when it is due, whatever became of what was sent before (open loop).

A request's time counts from the moment it was due, so neither a slow server nor a slow generator can hide. What could not
be sent is counted as dropped, and how late the generator itself was is kept beside it.
"""

import asyncio
import gc
import heapq
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from random import Random
from time import monotonic  # uvloop's own clock stands still within a turn of the loop, and counts whole milliseconds

from nollycrewhub.loadtest.line import Ask, Got, Lines
from nollycrewhub.loadtest.pace import AT_ONCE, Due, Layer, Step, Visitor, visits
from nollycrewhub.loadtest.tally import Outcome, Tally

PATIENCE = 30.0
MOST_UNDER_WAY = 4000
AHEAD = 0.2
LONGEST_PAUSE = 30.0
LOST = (OSError, EOFError, TimeoutError, ValueError, asyncio.LimitOverrunError)  # an IncompleteReadError is an EOFError


@dataclass
class Going:
    """A visit that is under way, and its request that was begun last."""

    visitor: Visitor
    last: "asyncio.Task[None] | None" = None


Train = tuple[float, int, Going, list[Step]]


@dataclass
class Load:
    """One generator in front of one target. `comes_again` is how often somebody who is asked to wait does as asked."""

    lines: Lines
    layers: Sequence[Layer]
    tally: Tally
    seed: int = 1
    comes_again: int = 0
    most_under_way: int = MOST_UNDER_WAY
    began: float = 0.0
    waiting: list[Train] = field(default_factory=list)
    running: "set[asyncio.Task[None]]" = field(default_factory=set)
    failed: list[BaseException] = field(default_factory=list)
    trains: int = 0

    async def run(self) -> None:
        """Everything that is due, then until the last answer."""
        coming = heapq.merge(*(visits(layer, Random(f"{self.seed}/{n}"), n * 10**9) for n, layer in enumerate(self.layers)))  # noqa: S311
        self.began = monotonic()
        following = next(coming, None)
        while following is not None or self.waiting:
            if self.failed:
                raise self.failed[0]
            now = monotonic() - self.began
            while following is not None and following.at <= now + AHEAD:
                self._board(following)
                following = next(coming, None)
            while self.waiting and self.waiting[0][0] <= now:
                self._depart(*heapq.heappop(self.waiting))
            await asyncio.sleep(max(0.0005, min(AHEAD / 2, self._next(following) - (monotonic() - self.began))))
        while self.running:
            await asyncio.wait(self.running)
        if self.failed:
            raise self.failed[0]

    def _next(self, following: Due | None) -> float:
        soonest = [self.waiting[0][0]] if self.waiting else []
        return min([*soonest, *([following.at] if following is not None else [])], default=0.0)

    def _board(self, due: Due) -> None:
        """Puts a visit's requests where they wait for their moments; what follows at once goes with what it follows."""
        going, train = Going(due.visitor), list[Step]()
        for step in due.steps:
            if step.after is not AT_ONCE or not train:
                train = []
                self.trains += 1
                heapq.heappush(self.waiting, (due.at + (step.after or 0.0), self.trains, going, train))
            train.append(step)

    def _depart(self, due: float, _: int, going: Going, train: list[Step]) -> None:
        if len(self.running) >= self.most_under_way:
            self.tally.drop(due, len(train))
            return
        task = asyncio.create_task(self._ride(due, going.last, going.visitor, train))
        going.last = task
        self.running.add(task)
        self.tally.under_way = len(self.running)
        task.add_done_callback(self._arrived)

    def _arrived(self, task: "asyncio.Task[None]") -> None:
        self.running.discard(task)
        self.tally.under_way = len(self.running)
        if not task.cancelled() and (error := task.exception()):
            self.failed.append(error)

    async def _ride(self, due: float, before: "asyncio.Task[None] | None", visitor: Visitor, train: list[Step]) -> None:
        self.tally.lags.append(max(0.0, monotonic() - self.began - due))
        if before is not None and not before.done():
            await asyncio.wait([before])
        for step in train:
            ask = step.ask(visitor)
            if ask is None:
                self.tally.impossible += 1
                continue
            await self._one(step, ask, due, visitor)
            due = monotonic() - self.began

    async def _one(self, step: Step, ask: Ask, due: float, visitor: Visitor) -> None:
        told, again = 0, True
        while again:
            got = await self._answer(ask if ask.comes_from else replace(ask, comes_from=visitor.comes_from))
            is_put_off = isinstance(got, Got) and got.status in (429, 503) and bool(got.retry_after)
            told += is_put_off
            again = is_put_off and told <= self.comes_again
            if again and isinstance(got, Got):
                await asyncio.sleep(pause(got.retry_after, told))
        status, cache = (str(got.status), got.cache) if isinstance(got, Got) else (got, "")
        is_right = status in step.right
        seconds = monotonic() - self.began - due
        self.tally.note(Outcome(due, seconds, ask.kind, status, is_right, is_put_off, told, cache))
        if is_right and step.learn is not None and isinstance(got, Got):
            step.learn(visitor, got)

    async def _answer(self, ask: Ask) -> "Got | str":
        """The answer, or the name of what went wrong."""
        try:
            async with asyncio.timeout(PATIENCE):
                return await self.lines.ask(ask)
        except LOST as error:
            return type(error).__name__


def pause(retry_after: str, told: int = 1) -> float:
    """Seconds to stay away as asked, twice as long each time; a date or nonsense is taken for a second."""
    return min(LONGEST_PAUSE, (float(retry_after) if retry_after.isdecimal() else 1.0) * 2.0 ** (told - 1))


@contextmanager
def uncollected() -> Iterator[None]:
    """Keeps Python from looking through all that is kept for garbage: such pauses of the generator are not the server's."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()
