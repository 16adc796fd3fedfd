"""`python -m loadtest.cost`: what one request of each kind costs in processor time, over every process that works for it.

Each kind alone, a few at a time, against a market of its own; what the processes spend when nobody asks is taken off.
Processor time says the same on a busy machine as on a quiet one, more or less, which no waiting time does.
"""

import argparse
import asyncio
import contextlib
import random
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path

import psutil
import uvloop

from nollycrewhub.cli.loadtesting.market import market, where
from nollycrewhub.loadtest.line import Ask, Lines, plainly
from nollycrewhub.loadtest.scenarios.mix import SHARES
from nollycrewhub.loadtest.world import World, people_signed_in, surveyed

GROUPS = ("web", "hashing", "worker", "primary", "replicas", "valkey", "other")
AT_ONCE = 8
IDLE_SECONDS = 5.0
SETTLE_SECONDS = 3.0
REQUESTS = {"list": 1500, "talent": 1500, "one": 1000, "search": 600, "apply": 300, "post": 60, "sign-in": 200}
Spent = dict[str, float]
MARKS = (
    ("platform.hashing", "hashing"), ("--fd", "web"), ("main worker", "worker"), ("valkey", "valkey"), ("replica", "replicas"),
    ("primary", "primary"),
)  # fmt: skip


class Watched:
    """All processes of a market by what they do, and how much they have spent."""

    def __init__(self, folder: Path, pid: int) -> None:
        self.folder = where(folder)
        self.pid = pid
        self.last: dict[int, tuple[str, float]] = {}
        self.groups: dict[int, str] = {}

    def group(self, process: psutil.Process) -> str:
        """What a process does, by its command line and whose child it is; empty for others' processes."""
        above = [process, *process.parents()]
        lines = [" ".join(one.cmdline()) for one in above]
        if not any(str(self.folder) in line or str(self.pid) == str(one.pid) for one, line in zip(above, lines, strict=True)):
            return ""
        for mark, group in MARKS:
            if any(mark in line for line in lines[: 2 if group in ("primary", "replicas") else 1]):
                return group
        return "other"

    def spent(self) -> Spent:
        """Seconds by group since the processes began; one that has ended keeps what was last seen of it."""
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
                self._note(process)
        total: Spent = defaultdict(float)
        for group, seconds in self.last.values():
            total[group] += seconds
        return dict(total)

    def _note(self, process: psutil.Process) -> None:
        known = self.groups.get(process.pid)
        if known is None:
            known = self.groups[process.pid] = self.group(process)
        if known:
            times = process.cpu_times()
            self.last[process.pid] = (known, times.user + times.system)


async def closed(lines: Lines, asks: list[Ask]) -> tuple[Counter[int], Counter[str]]:
    """All of them, a few at a time; statuses, and where answers were found."""
    statuses, found, left = Counter[int](), Counter[str](), iter(asks)

    async def line() -> None:
        for ask in left:
            got = await lines.ask(ask)
            statuses[got.status] += 1
            found[got.cache] += bool(got.cache)

    await asyncio.gather(*(line() for _ in range(AT_ONCE)))
    return statuses, found


def asks_of(world: World, kind: str, count: int) -> list[Ask]:
    """So many requests of one kind."""
    return [world.of(kind) for _ in range(count)]


def row(kind: str, cost: dict[str, float]) -> str:
    """One line of the table, in milliseconds."""
    cells = " | ".join(f"{cost.get(group, 0.0):.2f}" for group in GROUPS)
    return f"| {kind} | {sum(cost.values()):.2f} | {cells} |"


async def measure(address: str, watched: Watched, kinds: list[str], seed: int) -> dict[str, dict[str, float]]:
    """Milliseconds a request, by kind and group."""
    rng = random.Random(seed)
    lines = Lines(plainly(address), rng)
    world = await surveyed(lines, rng)
    await people_signed_in(lines, world)
    for path in (*world.lists, *world.talents) * 2:
        await lines.ask(Ask("warm", "GET", path))
    before = watched.spent()
    await asyncio.sleep(IDLE_SECONDS)
    after = watched.spent()
    idle = {group: (after[group] - before.get(group, 0.0)) / IDLE_SECONDS for group in after}
    print(f"idle, ms a second: { {group: round(rate * 1000) for group, rate in idle.items()} }")
    costs = {}
    for kind in kinds:
        asks = asks_of(world, kind, REQUESTS[kind])
        before, began = watched.spent(), time.monotonic()
        statuses, found = await closed(lines, asks)
        took = time.monotonic() - began
        await asyncio.sleep(SETTLE_SECONDS)
        after, passed = watched.spent(), time.monotonic() - began
        costs[kind] = {
            group: max(0.0, (after[group] - before.get(group, 0.0) - idle.get(group, 0.0) * passed) / len(asks) * 1000) for group in after
        }
        print(row(kind, costs[kind]), f"{len(asks) / took:.0f}/s", dict(statuses), dict(+found), flush=True)
    lines.close()
    return costs


def main() -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="python -m loadtest.cost")
    parser.add_argument("--kinds", default=",".join(REQUESTS))
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with market() as own, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(f"| kind | all | {' | '.join(GROUPS)} |")
        costs = runner.run(measure(own.address, Watched(own.folder, own.process.pid), arguments.kinds.split(","), arguments.seed))
    shares = dict(SHARES)
    mixed = {group: sum(shares[kind] * cost.get(group, 0.0) for kind, cost in costs.items()) for group in GROUPS}
    print(row("the mix", mixed))
    return 0


if __name__ == "__main__":
    sys.exit(main())
