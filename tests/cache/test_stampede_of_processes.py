"""Bar C1 over real processes: a write overtakes a hot answer while reading is slow, and the fleet asks the database once."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from nollycrewhub.devstack.postgres import DATABASE
from nollycrewhub.devstack.stack import Stack
from nollycrewhub.kit.ids import token
from nollycrewhub.loadtest.line import Ask
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.httpcache.touching import Touched
from nollycrewhub.platform.settings import Settings
from tests.cache.conftest import eventually
from tests.conftest import FULL
from tests.measuring import Measure
from tests.openloop import OpenLoop, part
from tests.served import Served, environment

INSTANCES = 4
ROUNDS = 30 if FULL else 2
RATE = 500.0 if FULL else 80.0  # of all instances together
RECOMPUTE = 1.0 if FULL else 0.4
HOT = Ask("hot", "GET", "/api/jobs?view=full")
LOCK = "lock table jobs.job in access exclusive mode"
CALLS = "select queryid, sum(calls)::bigint from pg_stat_statements where query like '%from jobs.job%' and query not ilike '%pg_stat%' group by 1"


@pytest.fixture
def instances(settings: Settings, tmp_path: Path) -> Iterator[list[Served]]:
    """Processes of their own on the same servers."""
    found = []
    for number in range(INSTANCES):
        (tmp_path / str(number)).mkdir()
        found.append(Served(tmp_path / str(number), ["serve"], environment(settings)))
    yield [one.ready() for one in found]
    for one in found:
        one.stop()


def calls(stack: Stack) -> dict[str, int]:
    """How often each question about jobs was asked so far, over all database servers."""
    found: dict[str, int] = {}
    for server in (stack.primary, *stack.standbys):
        for line in server.sql(CALLS, database=DATABASE).split():
            query, _, count = line.partition("|")
            found[query] = found.get(query, 0) + int(count)
    return found


async def renewed(process: Process, line: asyncpg.Connection, before: dict[str, int], stack: Stack) -> int:
    """Overtakes the list while nobody can read jobs; the most often any one question was asked until it was new again."""
    async with line.transaction():
        await line.execute(LOCK)
        touched = Touched(token(8), lists=["jobs"])
        assert await process.runtime.caches.tell(touched, await process.runtime.db.write_position())
        await asyncio.sleep(RECOMPUTE)
    await asyncio.sleep(max(1.0, RECOMPUTE))  # the refill ends, its copy travels, and the namespace may rise again
    after = await asyncio.to_thread(calls, stack)
    asked = max((count - before.get(query, 0) for query, count in after.items()), default=0)
    before.clear()
    before.update(after)
    return asked


async def test_the_fleets_processes_ask_once(
    clean: Process, stack: Stack, settings: Settings, instances: list[Served], measured: Measure
) -> None:
    loops, over = [OpenLoop(one.url) for one in instances], False
    running = [asyncio.create_task(loop.run(lambda _: HOT, rate=RATE / INSTANCES, until=lambda: over)) for loop in loops]
    assert await eventually(lambda: all(len(loop.outcomes) > 10 for loop in loops))
    line = await asyncpg.connect(settings.database_owner_url)
    try:
        await asyncio.sleep(1.2)
        before = await asyncio.to_thread(calls, stack)
        for loop in loops:
            loop.outcomes.clear()
        asked = [await renewed(clean, line, before, stack) for _ in range(ROUNDS)]
    finally:
        over = True
        await asyncio.gather(*running)
        await line.close()
    outcomes = [outcome for loop in loops for outcome in loop.outcomes]
    measured("C1", what="separate processes", processes=INSTANCES, rounds=ROUNDS, rate=RATE, readers=len(outcomes), recompute_seconds=RECOMPUTE,
             most_computations=max(asked), fewest_computations=min(asked), failed=sum(outcome.status != 200 for outcome in outcomes),
             p99_ms=part([outcome.since_sent for outcome in outcomes], 0.99))  # fmt: skip
    assert {outcome.status for outcome in outcomes} == {200}
    assert (min(asked), max(asked)) == (1, 1), asked
    if FULL:
        assert part([outcome.since_sent for outcome in outcomes], 0.99) < 50
