"""Jobs that are claimed together share a transaction: all of it is stored or none, and whoever spoils it harms nobody else."""

import asyncio

from tests.measuring import Measure
from tests.queueing.conftest import Field
from tests.queueing.test_kills import assert_all_once
from tests.queueing.test_limits import until
from tests.queueing.toys import Mark

TRANSACTIONS = "select count(distinct xmin::text)::int from platform.toy_effect"
CANCEL = "update platform.pgqueuer set cancelled = true where payload = $1 and status = 'picked' returning id"
ROWS = "select entrypoint, attempts, kills, error from platform.pgqueuer order by id"


async def test_jobs_that_come_together_share_a_transaction(field: Field, measured: Measure) -> None:
    await field.add("toy.shared", [Mark(n) for n in range(100)])
    await field.add("toy.other", [Mark(n) for n in range(100, 200)])
    field.start(1)
    await field.until_empty(seconds=30)
    assert_all_once(200, await field.effects())
    transactions = (await field.sql(TRANSACTIONS))[0][0]
    assert transactions <= 30  # a worker runs twenty jobs at once
    measured("shared", jobs=200, transactions=transactions)


async def test_one_that_raises_is_retried_alone_and_the_others_are_done_once(field: Field) -> None:
    await field.add("toy.shared", [Mark(n) for n in range(5)])
    await field.add("toy.other", [Mark(-1)])
    await field.add("toy.shared", [Mark(n) for n in range(5, 10)])
    field.start(1)
    await until(field, "select 1 from platform.toy_effect having count(*) >= 10")
    assert_all_once(10, await field.effects())
    [left] = await field.sql(ROWS)
    assert (left["entrypoint"], left["kills"], left["error"]) == ("toy.other", 0, "ValueError")
    before = (await field.sql(TRANSACTIONS))[0][0]
    await field.add("toy.shared", [Mark(n) for n in range(10, 20)])
    await field.add("toy.other", [Mark(-2)])
    await until(field, "select 1 from platform.toy_effect having count(*) >= 20")
    assert_all_once(20, await field.effects())
    assert (await field.sql(TRANSACTIONS))[0][0] <= before + 2, "a task that spoilt one keeps to itself for a while"


async def test_one_that_is_cancelled_takes_no_other_with_it(field: Field) -> None:
    await field.add("toy.shared", [Mark(0, 0.1), Mark(1, 3.0), Mark(2, 0.1)])
    field.start(1)
    await until(field, "select 1 from platform.toy_start where n = 1")
    assert len(await field.sql(CANCEL, b'{"n":1,"seconds":3.0,"added":0.0}')) == 1
    await field.sql("select pg_notify('nch_queue', 'cancel')")
    await field.until_empty(seconds=10, replace=False)
    assert await field.effects() == [0, 2]
    assert field.workers[0].poll() is None


async def test_a_worker_that_is_told_to_stop_gives_all_of_them_back(field: Field) -> None:
    await field.add("toy.shared", [Mark(n, 1.0) for n in range(8)])
    field.start(1, TOY_GRACE="0.5")
    await field.ready()
    await until(field, "select 1 from platform.toy_start")
    field.workers[0].terminate()
    assert await asyncio.to_thread(field.workers[0].wait, 20) == 0
    assert await field.effects() == []
    rows = await field.sql("select status::text, attempts, kills from platform.pgqueuer")
    assert [tuple(row) for row in rows] == [("queued", 0, 0)] * 8
