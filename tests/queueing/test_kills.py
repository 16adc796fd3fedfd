"""J1, J2 and J3: workers, PostgreSQL and Valkey are killed; nothing is lost, nothing happens twice, poison is set aside."""

import asyncio
import shutil
import time
from collections import Counter
from itertools import pairwise

import psutil
import pytest
import redis.asyncio as redis

from nollycrewhub.platform.mail import Sms
from tests.conftest import FULL
from tests.measuring import Measure
from tests.queueing.conftest import Field, dice
from tests.queueing.toys import Mark
from tests.twins import plan_queue

JOBS, KILLS, EVERY, SECONDS, WORKERS = (10_000, 100, 2.0, 1.2, 3) if FULL else (200, 2, 0.8, 0.3, 2)
HEARTBEAT = "15" if FULL else "2"
ADD_ONCE = """
insert into platform.pgqueuer (priority, entrypoint, payload, status) select 0, 'toy.mark', $1, 'queued'
where not exists (select 1 from platform.toy_effect where n = $2) and not exists (select 1 from platform.pgqueuer where payload = $1)
"""
P95 = """
select percentile_cont(0.95) within group (order by extract(epoch from at) - added)::float8 from platform.toy_effect where n = any($1)
"""


def assert_all_once(wanted: int, effects: list[int]) -> None:
    """The bar itself; the bad twin is held to the same words."""
    counted = Counter(effects)
    lost = sorted(set(range(wanted)) - set(counted))
    twice = sorted(n for n, times in counted.items() if times > 1)
    assert not lost, f"{len(lost)} jobs lost, such as {lost[:5]}"
    assert not twice, f"{len(twice)} effects happened twice, such as {twice[:5]}"


async def longest_orphan(field: Field) -> float:
    """Of all jobs that were in a worker when it was killed: the longest time until they were started anew."""
    rows = await field.sql("select n, pid, extract(epoch from at)::float8 as at from platform.toy_start order by n, at")
    starts: dict[int, list[tuple[int, float]]] = {}
    for row in rows:
        starts.setdefault(row["n"], []).append((row["pid"], row["at"]))
    waits = [
        later - field.killed[pid]
        for each in starts.values()
        for (pid, _), (_, later) in pairwise(each)
        if pid in field.killed and later > field.killed[pid]
    ]
    return max(waits, default=0.0)


@pytest.mark.timeout(1500)
async def test_killed_workers_lose_nothing_and_do_nothing_twice(field: Field, measured: Measure) -> None:
    throw = dice("J1")
    await field.add("toy.mark", [Mark(n, SECONDS) for n in range(JOBS // 2)])
    await field.add("toy.shared", [Mark(n, SECONDS / 20) for n in range(JOBS // 2, JOBS)])
    field.start(WORKERS, TOY_HEARTBEAT=HEARTBEAT)
    await field.ready()
    for kill in range(KILLS):
        await asyncio.sleep(EVERY)
        field.kill_one(throw)
        if kill == KILLS // 3:
            await field.kill_postgres()
        if kill == 2 * KILLS // 3:
            await wipe_valkey(field)
    await field.until_empty(seconds=900 if FULL else 60)
    effects = await field.effects()
    given_up = await field.sql("select payload, attempts, kills, alone, error from platform.pgqueuer")
    assert given_up == []
    assert_all_once(JOBS, effects)
    orphan = await longest_orphan(field)
    assert orphan <= 60
    repeats = (await field.sql("select count(*)::int from platform.toy_start"))[0][0] - JOBS
    measured("J1", jobs=JOBS, kills=KILLS, effects=len(effects), lost=0, twice=0, started_again=repeats, longest_orphan_s=round(orphan, 1))


async def test_the_plans_own_queue_fails_the_same_test(field: Field) -> None:
    """The bad twin is held to J1's words, and must break them."""
    throw = dice("J1, bad twin")
    field.program = "tests.twins.plan_queue"
    valkey = redis.from_url(field.stack.addresses().session_url)
    await plan_queue.enqueue(valkey, [{"n": n, "seconds": 0.4} for n in range(200)])
    field.start(2)
    await field.ready()
    for _ in range(3):
        await asyncio.sleep(0.5)
        field.kill_one(throw)
    while await valkey.llen(plan_queue.KEY):  # noqa: ASYNC110 - another process empties it
        await asyncio.sleep(0.1)
    await asyncio.sleep(1.0)
    await valkey.aclose()
    with pytest.raises(AssertionError, match="jobs lost"):
        assert_all_once(200, await field.effects())


async def wipe_valkey(field: Field) -> None:
    """SIGKILL to both Valkeys, and a start with nothing on disk."""
    for valkey in field.stack.valkeys:
        valkey.process.kill()
        valkey.process.wait()
        shutil.rmtree(valkey.folder)
        await asyncio.to_thread(valkey.ensure)


async def test_acknowledged_jobs_survive_the_crash_of_their_server(field: Field, measured: Measure) -> None:
    rounds, batch = (10, 50) if FULL else (1, 30)
    throw = dice("J2")
    field.start(2)
    await field.ready()
    acknowledged = 0
    for _ in range(rounds):
        adding = asyncio.create_task(add_one_by_one(field, acknowledged, batch))
        await asyncio.sleep(throw.uniform(0.1, 0.6))
        await field.kill_postgres()
        acknowledged = await adding
        await wipe_valkey(field)
    await field.until_empty(seconds=120)
    assert_all_once(acknowledged, await field.effects())
    measured("J2", crashes=rounds, acknowledged=acknowledged, lost=0, twice=0)


async def add_one_by_one(field: Field, first: int, most: int) -> int:
    """Adds jobs as a client does that repeats what was not acknowledged: under a key, so that a repeat adds no second one."""
    for n in range(first, first + most):
        await field.sql(ADD_ONCE, b'{"n":%d}' % n, n)
        await asyncio.sleep(0.01)
    return first + most


async def test_a_poison_job_is_set_aside_after_three_kills(field: Field, measured: Measure) -> None:
    seconds, rate = (90, 20) if FULL else (4, 20)
    field.start(2, TOY_HEARTBEAT="15" if FULL else "2")
    await field.ready()
    before = await stream(field, 0, seconds, rate)
    await field.add("toy.poison", [Mark(-1)], priority=9)
    after = await stream(field, 100_000, seconds, rate)
    await field.until_empty(seconds=90)
    row = (await field.sql("select status::text, kills, attempts, error from platform.pgqueuer where entrypoint = 'toy.poison'"))[0]
    assert (row["status"], row["kills"], row["error"]) == ("failed", 3, "WorkerKilled")
    starts = (await field.sql("select count(*)::int from platform.toy_start where n = -1"))[0][0]
    assert starts <= 3
    assert await field.left() == {"failed": 1}
    assert Counter(await field.effects()) == Counter([*before, *after])
    quiet, loud = await p95(field, before), await p95(field, after)
    if FULL:
        assert loud <= quiet * 1.1
    measured("J3", kills=starts, others=len(after), others_lost=0, p95_ms_before=round(quiet * 1000), p95_ms_with=round(loud * 1000))


async def test_a_job_that_runs_apart_outlives_the_worker_that_held_it(field: Field) -> None:
    """The worker dies under it, another is there to take it for dead: it beats for itself, and has its effect once."""
    await field.add("toy.long", [Mark(1, 5.0)])
    await field.sql("update platform.pgqueuer set kills = 2 where entrypoint = 'toy.long'")
    field.start(1)
    await field.ready()
    while not (starts := await field.sql("select pid from platform.toy_start")):  # noqa: ASYNC110 - another process starts it
        await asyncio.sleep(0.1)
    assert starts[0]["pid"] != field.workers[0].pid
    field.kill_one(dice("apart"))
    await field.until_empty(seconds=60)
    assert await field.effects() == [1]
    assert [row["pid"] for row in await field.sql("select pid from platform.toy_start")] == [starts[0]["pid"]]


async def test_the_programs_own_worker_runs_a_suspect_apart(field: Field) -> None:
    """As `nollycrewhub worker` is started: the process that is copied knows the program's tasks."""
    await field.sql("truncate platform.mailbox")
    await field.add("sms.send", [Sms(to="+2348030000000", text="Call time is 6 am.")])
    await field.sql("update platform.pgqueuer set kills = 2 where entrypoint = 'sms.send'")
    field.program, field.options = "nollycrewhub.cli.main", ("worker",)
    field.start(1)
    while await field.sql("select 1 from platform.pgqueuer where entrypoint = 'sms.send'"):  # noqa: ASYNC110 - another process empties it
        assert field.workers[0].poll() is None
        await asyncio.sleep(0.1)
    assert len(await field.sql("select 1 from platform.mailbox where recipient = '+2348030000000'")) == 1
    assert any("forkserver" in " ".join(child.cmdline()) for child in psutil.Process(field.workers[0].pid).children())


async def stream(field: Field, first: int, seconds: int, rate: int) -> list[int]:
    """Adds jobs evenly, and starts workers anew that died, as a supervisor does."""
    numbers, begun = [], time.monotonic()
    for n in range(seconds * rate):
        await field.add("toy.mark", [Mark(first + n, added=time.time())])
        numbers.append(first + n)
        if n % 10 == 0:
            field.replace_dead()
        await asyncio.sleep(max(0.0, begun + (n + 1) / rate - time.monotonic()))
    return numbers


async def p95(field: Field, numbers: list[int]) -> float:
    """How long after it was added a job had its effect, for 95 of 100."""
    return float((await field.sql(P95, numbers))[0][0] or 0)
