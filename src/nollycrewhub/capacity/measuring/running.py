"""One run of everything: each kind alone at each level, then the mix, and what that cost whom."""

import asyncio
import os
import platform
import random
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path

from nollycrewhub.capacity.law import Level, fit
from nollycrewhub.capacity.measured import AtLevel, Kind, Machine, Measured, Memory, Query
from nollycrewhub.capacity.measuring import repository
from nollycrewhub.capacity.measuring.line import Ask, Lines, here
from nollycrewhub.capacity.measuring.loops import LEVELS, ROUNDS, Tally, level
from nollycrewhub.capacity.measuring.processes import Watched
from nollycrewhub.capacity.measuring.repository import AskSql, Statement
from nollycrewhub.capacity.measuring.world import SHARES, World, discovered

IDLE_SECONDS, SETTLE_SECONDS, DRAIN_ROUNDS = 4.0, 1.5, 400  # ten minutes: a kind leaves tens of thousands of jobs behind
MIX_SECONDS_TIMES = 2  # the mix is longer, it holds kinds that are rare
Say = Callable[[str], None]


class NeverSettled(RuntimeError):
    """What a kind left behind does not get done; the message says how much."""


@dataclass
class Bench:
    """A running `make up` and the doors to it: SQL by server, the folder of its servers, a token for its figures."""

    address: str
    folder: Path
    servers: Mapping[str, AskSql]
    memory: Callable[[], tuple[float, float, int]]
    metrics_token: str
    seconds: float
    seed: int
    say: Say
    idle: dict[str, float] = field(default_factory=dict)

    @property
    def watched(self) -> Watched:
        """Its processes; found anew by each run."""
        return Watched(here(self.address)[1], self.folder)


def machine(before: float) -> Machine:
    """This one, with the load average before and now."""
    done = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)  # noqa: S607 - git, wherever it is
    about = Path("/proc/cpuinfo")
    lines = about.read_text().splitlines() if about.exists() else []
    name = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.processor())
    return Machine(
        when=datetime.now(UTC).strftime("%Y-%m-%d %H:%M"), revision=done.stdout.strip(), cores=os.cpu_count() or 1, processor=name,
        memory_mb=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1_000_000, system=platform.system(),
        python=platform.python_version(), busy_before=round(before, 2), busy_after=round(os.getloadavg()[0], 2),
    )  # fmt: skip


def jobs_done(bench: Bench) -> float:
    """How many background jobs the fleet has ended so far, by its own figures, but for purges of an edge."""
    line = HTTPConnection(*here(bench.address), timeout=20)
    line.request("GET", "/metrics", headers={"Authorization": f"Bearer {bench.metrics_token}"})
    lines = line.getresponse().read().decode().splitlines()
    line.close()
    counted = [text for text in lines if text.startswith("nch_jobs_total{") and f'"{repository.LEFT_OUT}"' not in text]
    return sum(float(text.rpartition(" ")[2]) for text in counted)


def less(after: Mapping[str, float], before: Mapping[str, float], idle: Mapping[str, float], seconds: float) -> dict[str, float]:
    """What was spent in between, without what is spent when nobody asks."""
    return {group: max(0.0, after[group] - before.get(group, 0.0) - idle.get(group, 0.0) * seconds) for group in after}


def statements(bench: Bench) -> dict[str, dict[str, Statement]]:
    """What each server has run so far."""
    return {name: repository.statements(ask) for name, ask in bench.servers.items()}


def between(before: dict[str, dict[str, Statement]], after: dict[str, dict[str, Statement]], requests: int) -> list[Query]:
    """The statements of all servers that took most time, the costliest first."""
    found = [query for name in after for query in repository.ran(before[name], after[name], name, requests)]
    return sorted(found, key=lambda query: -query.a_request * query.mean)[: repository.MOST_QUERIES]


async def settled(bench: Bench) -> None:
    """Until the jobs that were left behind are done, so that the next kind is asked for alone; NeverSettled when it takes too long."""
    waiting = 0
    for _ in range(DRAIN_ROUNDS):
        await asyncio.sleep(SETTLE_SECONDS)
        waiting = int(await asyncio.to_thread(bench.servers["primary"], repository.WAITING))
        if not waiting:
            return
    raise NeverSettled(
        f"{waiting} background jobs still wait {DRAIN_ROUNDS * SETTLE_SECONDS / 60:.0f} minutes after they were asked for, and would be charged "
        "to what is asked for next. Does a worker run at the address?"
    )


async def levels_of(lines: Lines, draw: Callable[[], Ask], seconds: float, watched: Watched) -> tuple[list[AtLevel], Tally]:
    """All levels in turn, some rounds long; of each level its best round."""
    best: dict[int, AtLevel] = {}
    whole = Tally()
    for _ in range(ROUNDS):
        for at_once in LEVELS:
            found, tally = await level(lines, draw, at_once, seconds)
            best[at_once] = max(best.get(at_once, found), found, key=lambda one: one.per_second)
            whole.add(tally)
            watched.spent()
    return list(best.values()), whole


async def kind_of(bench: Bench, lines: Lines, world: World, watched: Watched, name: str) -> Kind:
    """One kind alone at every level, what each group of processes spent on it, and its statements."""
    seconds = bench.seconds * (MIX_SECONDS_TIMES if name == "mix" else 1)
    asked_before = await asyncio.to_thread(statements, bench)
    before, began = watched.spent(), time.monotonic()
    levels, whole = await levels_of(lines, lambda: world.of(name), seconds, watched)
    await settled(bench)
    spent, passed = watched.spent(), time.monotonic() - began
    requests = max(1, len(whole.times))
    cost = {group: seconds / requests for group, seconds in less(spent, before, bench.idle, passed).items()}
    law = fit([Level(one.at_once, max(one.per_second, 1e-6)) for one in levels])
    bench.say(
        f"{name}: {levels[0].per_second:.0f} a second alone, {max(one.per_second for one in levels):.0f} at most, "
        f"{1000 * levels[0].mean:.1f} ms alone, {1000 * sum(cost.values()):.2f} ms of processor, R² {law.r_squared:.3f}"
    )
    return Kind(
        name=name, share=SHARES.get(name, 1.0), levels=levels, law=law, processor=dict(sorted(cost.items())),
        bytes_out=whole.size / max(1, sum(whole.statuses.values())), found=dict(sorted(whole.found.items())),
        statuses=dict(sorted(whole.statuses.items())), queries=between(asked_before, await asyncio.to_thread(statements, bench), requests),
    )  # fmt: skip


async def run(bench: Bench) -> Measured:
    """All of it; a `make up` with its sample must run at the address."""
    here(bench.address)
    load, rng, watched = os.getloadavg()[0], random.Random(bench.seed), bench.watched  # noqa: S311 - what to ask for, no secret
    lines = Lines(bench.address, rng)
    try:
        world = await discovered(lines, rng)
        for _ in range(2):
            await level(lines, lambda: world.of("list"), 4, 1.0)
        before = watched.spent()
        await asyncio.sleep(IDLE_SECONDS)
        bench.idle = less(watched.spent(), before, {}, 0.0)
        bench.idle = {group: seconds / IDLE_SECONDS for group, seconds in bench.idle.items()}
        kinds = [await kind_of(bench, lines, world, watched, name) for name in SHARES]
        jobs = await asyncio.to_thread(jobs_done, bench)
        mix = await kind_of(bench, lines, world, watched, "mix")
        left = (await asyncio.to_thread(jobs_done, bench) - jobs) / max(1, sum(mix.statuses.values()))
    finally:
        lines.close()
    session, answer, answers = await asyncio.to_thread(bench.memory)
    return Measured(
        machine=machine(load), seconds=bench.seconds, kinds=kinds, mix=mix, jobs=left,
        tables=await asyncio.to_thread(repository.tables, bench.servers["primary"]),
        memory=Memory(session=session, answer=answer, answers=answers, web=watched.memory("web"), worker=watched.memory("worker")),
    )  # fmt: skip
