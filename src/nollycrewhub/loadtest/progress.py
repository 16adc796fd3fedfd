"""What is said while a run goes on: one line that is drawn again on a terminal, a plain line now and then elsewhere."""

import asyncio
from dataclasses import dataclass
from typing import TextIO

from nollycrewhub.loadtest.tally import Tally, part
from nollycrewhub.loadtest.watching import Watch

LOOK_BACK = 5
DRAWN_EVERY, SAID_EVERY = 0.5, 5.0
WIDE = 20


@dataclass
class Progress:
    """Where it is said."""

    out: TextIO

    async def run(self, tally: Tally, seconds: float, watch: Watch) -> None:
        """Until it is cancelled."""
        loop = asyncio.get_running_loop()
        began, drawn = loop.time(), self.out.isatty()
        try:
            while True:
                await asyncio.sleep(DRAWN_EVERY if drawn else SAID_EVERY)
                self._say(line(tally, loop.time() - began, seconds, cpu=watch.looks[-1].cpu if watch.looks else None), drawn=drawn)
        finally:
            if drawn:
                self.out.write("\n")
                self.out.flush()

    def _say(self, text: str, *, drawn: bool) -> None:
        self.out.write(f"\r\x1b[K{text}" if drawn else f"{text}\n")
        self.out.flush()


def line(tally: Tally, at: float, seconds: float, *, cpu: float | None) -> str:
    """One line: how far it is, and the last five seconds' rate, p95 and errors; the current second is left out, it is not whole."""
    lately = tally.between(max(0, int(at) - LOOK_BACK), int(at))
    wrong = sum(row.asked - row.right for row in tally.rows.values())
    asked = sum(row.asked for row in tally.rows.values())
    over = min(LOOK_BACK, max(1, int(at)))
    done = min(1.0, at / seconds)
    bar = "█" * round(done * WIDE) + "░" * (WIDE - round(done * WIDE))
    share = 100 * wrong / asked if asked else 0.0
    busy = "" if cpu is None else f"  cpu {cpu:3.0f} %"
    return (
        f"{bar} {min(at, seconds):4.0f}/{seconds:.0f} s  {len(lately.times) / over:6.0f}/s  p95 {part(sorted(lately.times), 0.95):6.0f} ms  "
        f"errors {wrong} ({share:.2f} %)  under way {tally.under_way}{busy}"
    )
