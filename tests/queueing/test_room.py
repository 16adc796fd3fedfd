"""J6: a million jobs that finish or fail leave the table as small as they found it, and as many failures as were asked for.

And what a worker asks of a long queue costs no more than of a short one.
"""

import json

import asyncpg

from nollycrewhub.platform.pruning import prune_ended, tidy
from nollycrewhub.platform.queue import DeclaredTasks
from nollycrewhub.platform.queue.claiming import NEXT_DUE
from nollycrewhub.platform.queue.looking import STATES
from tests.conftest import FULL
from tests.measuring import Measure
from tests.queueing.conftest import Field
from tests.queueing.toys import TOYS, fails

JOBS = 1_000_000 if FULL else 60_000
PUSH = 20_000
SIZE = "select pg_total_relation_size('platform.pgqueuer')::bigint"
ADD = """
insert into platform.pgqueuer (priority, entrypoint, payload, status)
select 0, case when n % 2 = 0 then 'toy.fails' else 'toy.mark' end, '{"n":1}', 'queued' from generate_series(1, $1::int) as n
"""
TAKE = "update platform.pgqueuer set status = 'picked', attempts = 1, heartbeat = now() where status = 'queued'"
DONE = "delete from platform.pgqueuer where status = 'picked' and entrypoint = 'toy.mark'"
FAIL = "update platform.pgqueuer set status = 'failed', updated = clock_timestamp(), error = 'ValueError' where status = 'picked'"


async def test_a_million_ended_jobs_leave_no_trace(field: Field, measured: Measure) -> None:
    async with asyncpg.create_pool(field.stack.addresses().database_url, min_size=1, max_size=3) as pool:
        declared = DeclaredTasks(TOYS.tasks)
        await push_and_end(pool)
        baseline, peak = await settled(pool, declared), 0
        for _ in range(0, JOBS, PUSH):
            await push_and_end(pool)
            peak = max(peak, await pool.fetchval(SIZE))
        after = await settled(pool, declared)
        kept = await pool.fetchval("select count(*) from platform.pgqueuer")
    assert kept == fails.keep_failed.most
    assert after <= baseline * 1.1
    assert baseline < peak / 2
    measured("J6", jobs=JOBS, bytes_before=baseline, bytes_at_the_peak=peak, bytes_after=after, failures_kept=kept)


async def push_and_end(pool: asyncpg.Pool) -> None:
    """Jobs are added, taken, and finish or fail by halves."""
    await pool.execute(ADD, PUSH, timeout=60)
    for statement in (TAKE, DONE, FAIL):
        await pool.execute(statement, timeout=60)


async def settled(pool: asyncpg.Pool, declared: DeclaredTasks) -> int:
    """The table's size after the regular pruning and tidying."""
    await prune_ended(pool, declared)
    await tidy(pool)
    size: int = await pool.fetchval(SIZE)
    return size


LATER = """
insert into platform.pgqueuer (priority, entrypoint, payload, status, execute_after)
select 0, 'toy.mark', '{"n":1}', 'queued', now() - interval '1 hour' + n * interval '1 second' from generate_series(1, 20000) as n
"""


async def test_to_know_when_the_next_job_is_due_reads_few_rows_however_many_wait(field: Field) -> None:
    async with asyncpg.create_pool(field.stack.addresses().database_url, min_size=1, max_size=1) as pool:
        await pool.execute(LATER, timeout=60)
        await pool.execute("analyze platform.pgqueuer")
        names = ["toy.mark", *(f"nobody.{number}" for number in range(80))]
        plan = json.loads(await pool.fetchval("explain (analyze, buffers, format json) " + NEXT_DUE, names))[0]["Plan"]
        seconds = dict(await pool.fetch(NEXT_DUE, names))
        await pool.execute(
            "update platform.pgqueuer set execute_after = now() + interval '1 minute' where entrypoint = 'toy.mark'", timeout=60
        )
        soon = dict(await pool.fetch(NEXT_DUE, names))
        await pool.execute("delete from platform.pgqueuer", timeout=60)
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < 20 * len(names)
    assert (seconds["toy.mark"], seconds["nobody.1"]) == (0, None)
    assert 55 < soon["toy.mark"] <= 60


PAUSING = """
insert into platform.pgqueuer (priority, entrypoint, payload, status, execute_after, first_due)
select 0, 'nobody.' || n % 80, '{"n":1}', 'queued', now() + interval '1 hour', case when n % 2 = 0 then now() - n * interval '1 second' end
from generate_series(1, 20000) as n
"""


async def test_the_watch_reads_the_table_once_however_many_wait(field: Field) -> None:
    async with asyncpg.create_pool(field.stack.addresses().database_url, min_size=1, max_size=1) as pool:
        for statement in (LATER, PAUSING, "vacuum (analyze) platform.pgqueuer"):
            await pool.execute(statement, timeout=60)
        plan = json.loads(await pool.fetchval("explain (analyze, buffers, format json) " + STATES.sql))[0]["Plan"]
        pages = await pool.fetchval("select pg_relation_size('platform.pgqueuer') / 8192")
        await pool.execute("delete from platform.pgqueuer", timeout=60)
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < pages + 50
