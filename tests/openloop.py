"""Requests that are sent when they are due, whatever became of the earlier ones (open loop), over kept connections.

Times count from the moment a request was due, so a generator or a server that falls behind cannot hide it.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from nollycrewhub.loadtest.line import Ask, Got, Lines

UNREACHED = 0
PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """One request: its kind, its status (0 when there was no answer), and seconds since it was due and since it was sent."""

    kind: str
    status: int
    seconds: float
    since_sent: float
    ended: float
    retry_after: str


@dataclass
class OpenLoop:
    """One generator in front of one address."""

    url: str
    outcomes: list[Outcome] = field(default_factory=list)
    why: Counter[str] = field(default_factory=Counter)

    async def run(self, ask: Callable[[int], Ask], *, rate: float, until: Callable[[], bool] | float) -> None:
        """So many a second, for so many seconds or until something holds; returns when all are answered."""
        lines = Lines(self.url, random.Random(1))
        running: set[asyncio.Task[None]] = set()
        began, sent = time.monotonic(), 0
        is_over = until if callable(until) else lambda: sent >= rate * until
        while not is_over():
            due = min(int((time.monotonic() - began) * rate) + 1, sent + 50)
            for number in range(sent, due):
                task = asyncio.create_task(self._one(lines, ask(number), began + number / rate))
                running.add(task)
                task.add_done_callback(running.discard)
            sent = max(sent, due)
            await asyncio.sleep(max(0.001, began + sent / rate - time.monotonic()))
        while running:
            await asyncio.wait(running)
        lines.close()

    async def _one(self, lines: Lines, ask: Ask, due: float) -> None:
        sent = time.monotonic()
        try:
            got: Got = await asyncio.wait_for(lines.ask(ask), PATIENCE)
            status, again = got.status, got.retry_after
        except (OSError, EOFError, TimeoutError) as error:
            self.why[type(error).__name__] += 1
            status, again = UNREACHED, ""
        now = time.monotonic()
        self.outcomes.append(Outcome(ask.kind, status, now - due, now - sent, now, again))

    def statuses(self, *kinds: str) -> Counter[int]:
        """How many answers of each status, of some kinds or of all."""
        return Counter(outcome.status for outcome in self.outcomes if not kinds or outcome.kind in kinds)


def part(times: list[float], share: float) -> float:
    """The percentile of times in seconds, in milliseconds."""
    return round(sorted(times)[min(len(times) - 1, int(len(times) * share))] * 1000, 1) if times else 0.0
