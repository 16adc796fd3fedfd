"""Runs a scenario against a target from its first look to its verdict."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

from nollycrewhub.loadtest.ceiling import ceiling
from nollycrewhub.loadtest.generator import Load, uncollected
from nollycrewhub.loadtest.line import Lines
from nollycrewhub.loadtest.progress import Progress
from nollycrewhub.loadtest.results import Curves, Machine, Result, bins, machine, thinned
from nollycrewhub.loadtest.scenario import Asked, Ground, Recipe, Scenario, Seen
from nollycrewhub.loadtest.sockets import Crowd, Heard
from nollycrewhub.loadtest.steadiness import Change
from nollycrewhub.loadtest.tally import Kind, Tally, part
from nollycrewhub.loadtest.targets import Target
from nollycrewhub.loadtest.verdict import backlog, error_rate, mean, resources, response_times, throughput, worth
from nollycrewhub.loadtest.watching import SEARCH_EVERY, SEARCH_OFTEN, AskInside, Inside, Look, Watch
from nollycrewhub.loadtest.world import people_signed_in, surveyed
from nollycrewhub.platform.ending import ended

CORES = os.cpu_count() or 1
OPENING_SHARE = 0.5  # of the time before what is judged begins, in which open pages are opened
SETTLES = 30.0
AskChanges = Callable[[datetime], Awaitable[list[Change]]]
AskEffects = Callable[[datetime], Awaitable[float]]
FROM_MEMORY = frozenset({"hit", "stale", "not-modified"})


@dataclass(kw_only=True)
class Run:
    """What a run is told: what, against whom, how, and whom to ask about the inside of the servers."""

    recipe: Recipe
    target: Target
    named: str
    asked: Asked
    progress: Progress
    inside: AskInside | None = None
    decided: AskChanges | None = None
    effects: AskEffects | None = None

    async def go(self) -> Result:
        """Runs it; NothingThere when the target does not hold what is asked for."""
        on, rng = machine(), Random(self.asked.seed)  # noqa: S311 - the chance of a load test
        lines = Lines(self.target, rng)
        world = await surveyed(lines, rng)
        hashes = await asyncio.to_thread(ceiling) if self.recipe.name == "plan" and self.target.is_here else 0.0
        if self.recipe.signs_in_first:
            await people_signed_in(lines, world)
        crowd = Crowd(lines, 0, seed=self.asked.seed)
        scenario = await self.recipe.make(Ground(world, lines, crowd, rng), self.asked)
        crowd.wanted = scenario.sockets
        tally = Tally(scenario.phases)
        watch = Watch(self.target.port if self.target.is_here else 0, self.inside, SEARCH_OFTEN if scenario.has_scaler else SEARCH_EVERY)
        began = datetime.now(UTC)
        cores, heard = await self._drive(scenario, lines=lines, crowd=crowd, tally=tally, watch=watch)
        after = await self._settled()
        lines.close()
        changes = await self.decided(began) if self.decided is not None else []
        looks = [look for look in watch.looks if look.at <= scenario.seconds]
        seen = Seen(tally, tally.kind(phases=scenario.judged, apart=scenario.apart), looks, heard, hashes, changes)
        result = self._told(on, scenario, seen, after=after, cores=cores)
        if self.effects is not None:
            result.notes["effects of events follow their commit within (p95), ms"] = await self.effects(began)
        return result

    async def _drive(
        self, scenario: Scenario, *, lines: Lines, crowd: Crowd, tally: Tally, watch: Watch
    ) -> tuple[float, Heard | None]:  # fmt: skip
        """Everything at once until the last answer; the generator's cores, and what open pages heard."""
        load = Load(lines, scenario.layers, tally, seed=self.asked.seed, comes_again=scenario.comes_again)
        beside = [asyncio.create_task(watch.run()), asyncio.create_task(self.progress.run(tally, scenario.seconds, watch))]
        if scenario.sockets:
            begin = scenario.phases[0].seconds * OPENING_SHARE
            beside.append(asyncio.create_task(crowd.open(min(10.0, begin))))
        spent, began = time.process_time(), time.monotonic()
        try:
            with uncollected():
                await load.run()
            cores = (time.process_time() - spent) / (time.monotonic() - began)
            heard = await crowd.close() if scenario.sockets else None
        finally:
            became = await ended(*beside)
        for error in became:
            if isinstance(error, Exception):
                raise error
        return cores, heard

    async def _settled(self) -> Inside | None:
        """The inside once the queue is worked off, or as it is after half a minute."""
        if self.inside is None:
            return None
        until, found = time.monotonic() + SETTLES, await self.inside()
        while found.waiting and time.monotonic() < until:
            await asyncio.sleep(1)
            found = await self.inside()
        return found

    def _told(self, on: Machine, scenario: Scenario, seen: Seen, *, after: Inside | None, cores: float) -> Result:
        tally, judged, looks = seen.tally, seen.judged, seen.looks
        late = part(sorted(tally.lags), 0.99)
        return Result(
            name=self.recipe.name, says=self.recipe.says, machine=on, target=self.named, seconds=scenario.seconds, seed=self.asked.seed,
            phases=scenario.phases, kinds={name: tally.kind(kinds=[name], phases=scenario.judged) for name in tally.kinds()},
            by_phase=[by_kind(tally, number) for number in range(len(scenario.phases))], whole=judged,
            planned=sum(row.asked for row in tally.rows.values()) + tally.dropped, dropped=tally.dropped, impossible=tally.impossible,
            generator_cores=round(cores, 2), generator_late_p99_ms=late, sockets=seen.heard,
            curves=curves(tally, scenario.seconds, looks),
            criteria=[
                response_times(judged), error_rate(judged, below=scenario.errors_below),
                throughput(judged, seconds=scenario.judged_seconds, dropped=tally.dropped), *resources(looks, cpu_below=scenario.cpu_below), backlog(looks, after),
                *scenario.own(seen),
            ],
            void=[*worth(looks, late_p99_ms=late), *scenario.void(seen)], changes=list(seen.changes),
            notes={**scenario.notes, **sides(judged, looks), **(spent(looks, scenario.seconds) if scenario.has_scaler else {})},
        )  # fmt: skip


def sides(judged: Kind, looks: Sequence[Look]) -> dict[str, float | str]:
    """What came from memory of what could, and the processors of everything but the generator."""
    kept, found = sum(judged.found.get(name, 0) for name in FROM_MEMORY), sum(judged.found.values())
    cpus = [look.cpu / 100 * CORES - look.own for look in looks if look.cpu is not None]
    notes: dict[str, float | str] = {"from a process's memory, of what may come from there": f"{kept / found:.0%}"} if found else {}
    return notes | ({"cores of all but the generator, in the mean": round(mean(cpus), 2)} if cpus else {})


def spent(looks: Sequence[Look], seconds: float) -> dict[str, float | str]:
    """What a fleet cost: instance-minutes as they were counted on the machine."""
    counts = [len(look.web_mb) for look in looks]
    return {"instance-minutes": round(mean(counts) * seconds / 60, 1)} if counts else {}


def by_kind(tally: Tally, number: int) -> dict[str, Kind]:
    """What a phase saw of each kind."""
    found = {name: tally.kind(phases=[number], kinds=[name]) for name in tally.kinds()}
    return {name: kind for name, kind in found.items() if kind.asked}


def curves(tally: Tally, seconds: float, looks: Sequence[Look]) -> Curves:
    """The run over time."""
    at, points = bins(tally, seconds)
    wide = max(1, -(-len(looks) // 400))
    cores = [mean([look.own for look in looks[n : n + wide]]) for n in range(0, len(looks), wide)]
    return Curves(
        at=at, **{name: [point[name] for point in points] for name in points[0]},
        watched_at=[round(look.at, 1) for look in looks[::wide]], machine_cpu=thinned([look.cpu for look in looks]),
        generator_cpu=[round(each, 2) for each in cores], memory=thinned([look.memory for look in looks]),
        web=thinned([float(len(look.web_mb)) or None for look in looks]), web_mb=thinned([max(look.web_mb, default=None) for look in looks]),
        connections=thinned([float(look.inside.connections) if look.inside else None for look in looks]),
        waiting=thinned([float(look.inside.waiting) if look.inside else None for look in looks]),
    )  # fmt: skip
