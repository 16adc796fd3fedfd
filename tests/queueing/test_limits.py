"""Rates over the fleet, priority, uniqueness, progress, cancellation, Retry-After, schedules: on real worker processes."""

import asyncio
import json
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import uuid4

import asyncpg

from nollycrewhub.platform.db.pool import leave_as_is
from nollycrewhub.platform.queue import Cron, Rate, Task, Work
from nollycrewhub.platform.queue.claiming import Claimer, Claims
from nollycrewhub.platform.worker.ticking import begin, last_tick, tick
from tests.conftest import FULL
from tests.measuring import Measure
from tests.queueing.conftest import Field
from tests.queueing.toys import Mark

CONNECTIONS = "select count(*)::int from pg_stat_activity where usename in ('nollycrewhub_app', 'nollycrewhub_reader')"
KILLED_TWICE = """
insert into platform.pgqueuer (priority, entrypoint, payload, status, kills)
select 0, 'toy.long', convert_to(json_build_object('n', n, 'seconds', 8)::text, 'UTF8'), 'queued', 2 from generate_series(1, 5) as n
"""
CANCEL = "update platform.pgqueuer set cancelled = true where entrypoint = 'toy.long' and status = 'picked' returning id"


async def until(field: Field, statement: str, *, seconds: float = 30) -> asyncpg.Record:
    """The first row, once there is one."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if rows := await field.sql(statement):
            return rows[0]
        await asyncio.sleep(0.05)
    raise AssertionError(f"no row in {seconds} s: {statement}")


async def test_a_rate_holds_over_the_whole_fleet(field: Field, measured: Measure) -> None:
    jobs = 400 if FULL else 60
    await field.add("toy.limited", [Mark(n) for n in range(jobs)])
    field.start(3 if FULL else 2)
    await field.ready()
    await field.until_empty(seconds=60)
    assert await field.effects() == list(range(jobs))
    grants = await field.sql("select extract(epoch from at)::float8 as at, n from platform.job_grant order by at")
    moments = [row["at"] for row in grants for _ in range(row["n"])]
    worst = max(sum(1 for moment in moments if first <= moment < first + 1.0) for first in moments)
    assert worst <= 20
    starts = [row[0] for row in await field.sql("select extract(epoch from at)::float8 from platform.toy_start order by 1")]
    assert starts[-1] - starts[0] > (jobs / 20 - 1) * 0.9
    measured("rate", limit=20, jobs=jobs, most_granted_in_a_second=worst, seconds=round(starts[-1] - starts[0], 1))


async def test_higher_priority_runs_first(field: Field) -> None:
    await field.add("toy.long", [Mark(n, 0.1) for n in range(20)])
    await field.add("toy.long", [Mark(100, 0.1)], priority=5)
    field.start(1)
    await field.ready()
    await field.until_empty(seconds=30)
    order = [row[0] for row in await field.sql("select n from platform.toy_start order by at limit 10")]
    assert 100 in order


async def test_progress_is_read_by_others_and_a_running_job_is_cancelled(field: Field) -> None:
    await field.add("toy.long", [Mark(1, 30)])
    field.start(1)
    told = await until(field, "select progress::text from platform.pgqueuer where progress is not null and (progress->>'done')::int > 2")
    progress = json.loads(told[0])
    assert progress["of"] == 300
    assert progress["note"] == "walking"
    asked = time.monotonic()
    assert await field.sql(CANCEL)
    await field.sql("select pg_notify('nch_queue', 'cancel')")
    await field.until_empty(seconds=10, replace=False)
    assert time.monotonic() - asked < 5
    assert await field.left() == {}
    assert await field.effects() == []
    assert field.workers[0].poll() is None


async def test_retry_after_is_honoured(field: Field) -> None:
    await field.add("toy.polite", [Mark(n, 1.0) for n in range(20)])
    field.start(1)
    await field.until_empty(seconds=30)
    assert await field.effects() == list(range(20))
    rows = await field.sql("select n, extract(epoch from at)::float8 as at from platform.toy_start order by n, at")
    waits = [later["at"] - sooner["at"] for sooner, later in pairwise(rows) if sooner["n"] == later["n"]]
    assert len(waits) == 20
    assert min(waits) >= 1.0
    assert max(waits) - min(waits) > 0.2


async def nothing(work: Work) -> None:
    """A schedule's work."""


async def test_a_tick_becomes_one_job_however_many_workers_store_it(field: Field) -> None:
    schedule = Cron("toy.five", "*/5 * * * *", nothing, "every five minutes")
    start = datetime(2026, 12, 31, 23, 58, tzinfo=UTC)
    async with asyncpg.create_pool(field.stack.addresses().database_url, min_size=8, max_size=8) as pool:
        await begin(pool, [schedule])
        await field.sql("update platform.job_tick set due = $1", last_tick(schedule, start))
        made = []
        for minute in range(16):
            now = start + timedelta(minutes=minute, seconds=1)
            made.append(sum(await asyncio.gather(*(tick(pool, [schedule], now) for _ in range(8)))))
            await field.sql("delete from platform.pgqueuer")
    assert made == [0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0]


async def test_a_tick_does_not_stand_in_the_pile_that_it_would_tell_of(field: Field) -> None:
    await field.add("toy.mark", [Mark(n, 3.0) for n in range(1001)])  # as many at once as a worker has room for: two minutes of work
    await field.sql("insert into platform.job_tick (name, due) values ('toy.tick', now() - interval '1 hour')")
    field.start(1, TOY_CRON="yes")
    await until(field, "select at from platform.toy_tick", seconds=20)
    assert (await field.left())["queued"] > 800


async def test_a_task_with_a_rate_stands_in_one_line_with_those_that_have_none(field: Field) -> None:
    free = Task("toy.mark", Mark, marked, 60, 12, 0.2, "as many at once as a worker has room for", at_once=20)
    limited = [Task(f"toy.limited{n}", Mark, marked, 60, 12, 0.2, "some", rate=Rate(3, 60.0)) for n in range(2)]
    await field.add("toy.mark", [Mark(n) for n in range(5)])
    await field.add("toy.limited0", [Mark(n) for n in range(2)])
    await field.add("toy.mark", [Mark(n) for n in range(60)])
    await field.add("toy.limited1", [Mark(n) for n in range(20)], priority=1)
    async with asyncpg.create_pool(field.stack.addresses().database_url, min_size=1, max_size=1) as pool:
        claimer = Claimer(pool, uuid4(), alone=False)
        room = [(free, 20), *((task, 10) for task in limited)]
        first = (await claimer.claim(room, most=20)).jobs
        later = [Counter(job.entrypoint for job in (await claimer.claim(room, most=20)).jobs) for _ in range(2)]
    # Ten turns are the first one's, and its rate has room for three; when it says no, no place is held for it any more.
    assert Counter(job.entrypoint for job in first) == {"toy.limited1": 3, "toy.mark": 8, "toy.limited0": 2}
    assert later == [{"toy.mark": 10}, {"toy.mark": 20}]


async def test_jobs_that_run_in_processes_of_their_own_take_few_connections(field: Field) -> None:
    field.start(1)
    await field.ready()
    before = (await field.sql(CONNECTIONS))[0][0]
    await field.sql(KILLED_TWICE)
    await until(field, "select 1 from platform.toy_start having count(*) = 5")
    assert (await field.sql("select count(distinct pid)::int from platform.toy_start"))[0][0] == 5
    assert (await field.sql(CONNECTIONS))[0][0] - before <= 30


async def test_after_a_long_pause_a_schedule_runs_once(field: Field) -> None:
    schedule = Cron("toy.hourly", "0 * * * *", nothing, "every hour")
    async with asyncpg.create_pool(field.stack.addresses().database_url, min_size=1, max_size=2) as pool:
        await begin(pool, [schedule])
        assert await tick(pool, [schedule]) == 0
        later = datetime.now(UTC) + timedelta(hours=30)
        assert await tick(pool, [schedule], later) == 1
        assert await tick(pool, [schedule], later) == 0
    assert (await field.sql("select count(*)::int from platform.pgqueuer where entrypoint = 'cron:toy.hourly'"))[0][0] == 1


async def test_a_stored_tick_is_not_asked_about_again(field: Field) -> None:
    schedule = Cron("toy.hourly", "0 * * * *", nothing, "every hour")
    now, stored = datetime(2026, 12, 31, 23, 10, 30, 5, tzinfo=UTC), dict[str, datetime]()
    async with asyncpg.create_pool(field.stack.addresses().database_url, min_size=1, max_size=2) as pool:
        await begin(pool, [schedule])
        await field.sql("update platform.job_tick set due = $1", last_tick(schedule, now))
        assert await tick(pool, [schedule], now, stored=stored) == 0
    later = now + timedelta(minutes=49, seconds=29)
    assert await tick(pool, [schedule], later, stored=stored) == 0  # the pool is closed: whoever asked would hear an error
    async with asyncpg.create_pool(field.stack.addresses().database_url, min_size=1, max_size=2) as pool:
        assert await tick(pool, [schedule], later + timedelta(seconds=1), stored=stored) == 1


async def marked(payload: Mark, work: Work) -> None:
    """A task's work."""


async def test_a_round_asks_twice_however_many_tasks_have_a_rate(field: Field) -> None:
    free = Task("toy.mark", Mark, marked, 60, 12, 0.2, "many")
    limited = [Task(f"toy.limited{n}", Mark, marked, 60, 12, 0.2, "many", rate=Rate(2, 1.0)) for n in range(6)]
    asked: list[str] = []

    async def listen(connection: asyncpg.Connection) -> None:
        connection.add_query_logger(lambda record: asked.append(record.query))

    async with asyncpg.create_pool(field.stack.addresses().database_url, min_size=1, max_size=1, init=listen, reset=leave_as_is) as pool:
        claimer = Claimer(pool, uuid4(), alone=False)
        room = [(task, 10) for task in (free, *limited)]
        await claimer.claim(room, most=20)  # the driver looks up the types it has not seen
        asked.clear()
        assert await claimer.claim(room, most=20) == Claims([], None)
        assert len(asked) == 2
        await field.add("toy.limited3", [Mark(n) for n in range(3)])
        await field.add("toy.mark", [Mark(9)])
        found = await claimer.claim(room, most=20)
        assert [job.entrypoint for job in found.jobs] == ["toy.mark", "toy.limited3", "toy.limited3"]
        assert found.again_in == 0.05  # one of them waits, and its rate has not been looked at since
        full = await claimer.claim(room, most=20)
        assert full.jobs == []
        assert full.again_in is not None
        assert 0.05 < full.again_in <= 1.0  # until the rate has room
        await field.sql("update platform.pgqueuer set execute_after = now() + interval '30 seconds' where status = 'queued'")
        later = await claimer.claim(room, most=20)
        assert later.jobs == []
        assert later.again_in is not None
        assert 25 < later.again_in <= 30
