"""The pure cores on virtual time (bar L10): a thousand seeds each, invariants at every step, and the same trace again for the same seed."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from nollycrewhub.backup.keeping import Kept, superfluous, windows
from nollycrewhub.backup.records import Base, Held, Progress
from nollycrewhub.backup.segments import Segment, as_text, lineage
from nollycrewhub.platform.breaker import Breaker
from nollycrewhub.platform.ratelimit import Gcra
from nollycrewhub.scaling.rules.deciding import INVESTIGATE, Policy, Sample, State, decide
from tests.conftest import FULL
from tests.measuring import Measure

SEEDS = 1_000 if FULL else 60
STEPS = 120
SIZE = 16 << 20
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
Trace = list[object]


def scaler(rng: random.Random) -> Trace:
    """A fleet whose load wanders, whose gauges fail now and then, and which starts what it is told to start a look late."""
    policy, state, trace = Policy(), State(), Trace()
    web, workers, asked = policy.least_web, policy.least_workers, (policy.least_web, policy.least_workers)
    load, now = rng.uniform(10, 300), 0.0
    for _ in range(STEPS):
        now += rng.uniform(5, 60)
        load = max(0.0, load * rng.uniform(0.7, 1.45))
        blind = rng.random() < 0.1
        sample = Sample(
            at=now, web=web, workers=workers, web_asked=asked[0], workers_asked=asked[1], in_flight=None if blind else min(100.0, load / max(1, web)),
            cpu_percent=None if blind else min(100.0, load / max(1, web)), response_ms=rng.uniform(20, 1500), error_percent=rng.choice((0.0, 0.0, 0.2, 4.0)),
            waiting=rng.randrange(400), oldest_s=rng.uniform(0, 120), ready_for=rng.choice((1.0, 1.0, 2.0, 10.0)),
        )  # fmt: skip
        decision, state = decide(policy, state, sample)
        assert policy.least_web <= decision.web <= policy.most_web
        assert policy.least_workers <= decision.workers <= policy.most_workers
        assert decision.web * policy.connections_a_web + decision.workers * policy.connections_a_worker <= policy.connections
        if INVESTIGATE in decision.actions:
            assert decision.web >= asked[0], "an instance was taken away while requests fail"
        web, workers, asked = asked[0], asked[1], (decision.web, decision.workers)
        trace.append(decision)
    return trace


def breaker(rng: random.Random) -> Trace:
    """A dependency that is well and ill by turns: an open circuit lets one caller a pause through, a closed one lets all."""
    now, trace, tries = 0.0, Trace(), list[float]()
    circuit = Breaker(failures=rng.randint(1, 5), pause=rng.uniform(0.5, 3), clock=lambda: now)
    well, row = True, 0
    for _ in range(STEPS * 5):
        now += rng.expovariate(5)
        well = not well if rng.random() < 0.05 else well
        admitted = circuit.admits()
        assert admitted or row >= circuit.most, "a well dependency was kept from its callers"
        if admitted and row >= circuit.most:
            assert not tries or now - tries[-1] >= circuit.pause, "two callers tried within one pause"
            tries.append(now)
        if admitted:
            (circuit.worked if well else circuit.failed)()
            row = 0 if well else row + 1
            if not well and row >= circuit.most:
                tries.append(now)
        trace.append((round(now, 9), admitted, circuit.is_open))
    return trace


def limiter(rng: random.Random) -> Trace:
    """Callers of three keys: over every span no more than burst and rate admit, and who waits as told is let in."""
    gcra, interval, burst, now, trace = Gcra(), rng.randint(1_000, 200_000), rng.randint(1, 12), 0, Trace()
    admitted: dict[str, list[int]] = {}
    for _ in range(STEPS):
        now += rng.randint(0, interval)
        key = rng.choice("abc")
        wait = gcra.admit(key, interval, burst, now=now)
        if wait:
            now += wait
            assert gcra.admit(key, interval, burst, now=now) == 0
        mine = admitted.setdefault(key, [])
        mine.append(now)
        for first in range(max(0, len(mine) - burst - 5), len(mine)):
            assert len(mine) - first <= burst + (now - mine[first]) / interval
        trace.append((key, wait))
    return trace


def backups(rng: random.Random) -> Trace:
    """Backups are taken, log comes, things are pruned: no moment that was promised is ever lost by pruning."""
    bases, held, number, now, trace = list[Base](), set[Segment](), 1, NOON, Trace()
    keep_days, keep_least = rng.randint(1, 5), rng.randint(1, 3)
    for _ in range(STEPS // 2):
        now += timedelta(hours=rng.uniform(1, 20))
        for _ in range(rng.randint(0, 3)):
            held.add(Segment(1, number))
            number += 1
        if rng.random() < 0.5 or not bases:
            bases.append(a_base(now, number))
        found = Kept(
            SIZE,
            Held(frozenset(held), frozenset({Segment(1, number)}), {1: lineage(1, "")}),
            Progress(1, as_text(number * SIZE + 9), now),
            bases,
        )
        promised = [each for each in windows(found) if each.base.ended > now - timedelta(days=keep_days)]
        gone, log = superfluous(found, now, keep_days=keep_days, keep_least=keep_least)
        bases = [base for base in bases if base not in gone]
        held -= set(log)
        after = Kept(SIZE, Held(frozenset(held), found.held.unfinished, found.held.lines), found.progress, bases)
        assert all(each.until == now and not each.missing for each in windows(after)), "pruning tore a hole"
        assert {each.base.name for each in promised} <= {each.base.name for each in windows(after)}
        assert len(bases) >= min(keep_least, len(found.bases))
        horizon = now - timedelta(days=keep_days)
        if any(base.ended <= horizon for base in found.bases):
            assert min(base.ended for base in bases) <= horizon, "the oldest promised moment has no backup before it"
        trace.append((len(bases), len(held), [base.name for base in gone]))
    return trace


def a_base(at: datetime, number: int) -> Base:
    """A backup that ended now, in the segment that is being written."""
    return Base(
        name=at.isoformat(), began=at, ended=at, timeline=1, start_lsn=as_text(number * SIZE + 1), end_lsn=as_text(number * SIZE + 2), version=180006,
        superuser="postgres", database="postgres", pieces=(), cluster_bytes=1,
    )  # fmt: skip


CORES: dict[str, Callable[[random.Random], Trace]] = {"scaler": scaler, "breaker": breaker, "limiter": limiter, "backups": backups}


@pytest.mark.parametrize("name", CORES)
def test_a_core(name: str, measured: Measure) -> None:
    core = CORES[name]
    for seed in range(SEEDS):
        try:
            assert core(random.Random(seed)) == core(random.Random(seed)), "the same seed did not give the same trace"
        except AssertionError as error:
            raise AssertionError(f"{name}, seed {seed}: {error}") from error
    measured("L10", what=name, seeds=SEEDS, steps=SEEDS * STEPS, each_seed_twice=True, broken=0)
