"""A running job that is cancelled is told so to its task, in the transaction in which it leaves, whoever ends it."""

import asyncio
import inspect

from nollycrewhub.platform.app import Runtime
from nollycrewhub.platform.queue import CancelHooks, looking
from tests.queueing.conftest import Field
from tests.queueing.test_limits import until
from tests.queueing.toys import CANCELLED, TOYS, Mark
from tests.servers import settings_on

STARTED = "select 1 from platform.toy_start"
RUNNING = "select id from platform.pgqueuer where status = 'picked'"


async def cancel(field: Field) -> str:
    """As an operator does, from a process of its own, the one job there is."""
    job_id = (await field.sql("select id from platform.pgqueuer"))[0][0]
    runtime = Runtime(settings_on(field.stack.addresses(), instance_id="operator"), [TOYS], {})
    await runtime.db.start()
    try:
        async with runtime.db.write_session() as session:
            became = await looking.cancel(session, job_id, hooks=runtime.ports.get(CancelHooks))
            await runtime.db.commit(session)
        return became
    finally:
        await runtime.db.stop()


def test_whoever_cancels_has_to_say_whether_the_task_is_told() -> None:
    hooks = inspect.signature(looking.cancel).parameters["hooks"]
    assert (hooks.kind, hooks.default) == (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.empty)


async def test_a_waiting_one_is_told_at_once(field: Field) -> None:
    await field.add("toy.told", [Mark(1, 30)])
    assert await cancel(field) == "cancelled"
    assert await field.left() == {}
    assert await field.effects() == [CANCELLED + 1]


async def test_a_running_one_is_told_by_its_worker(field: Field) -> None:
    await field.add("toy.told", [Mark(1, 30)])
    field.start(1)
    await until(field, STARTED)
    assert await cancel(field) == "asked"
    await field.until_empty(seconds=10, replace=False)
    assert await field.left() == {}
    assert await field.effects() == [CANCELLED + 1]


async def test_one_that_runs_in_a_process_of_its_own_is_told(field: Field) -> None:
    await field.add("toy.told", [Mark(1, 30)])
    await field.sql("update platform.pgqueuer set kills = 2 returning id")
    field.start(1)
    await until(field, STARTED, seconds=60)
    assert await cancel(field) == "asked"
    await field.until_empty(seconds=20, replace=False)
    assert await field.left() == {}
    assert await field.effects() == [CANCELLED + 1]


async def test_one_whose_worker_was_killed_is_told_by_the_next_and_not_begun_again(field: Field) -> None:
    await field.add("toy.told", [Mark(1, 30)])
    field.start(1)
    await until(field, STARTED)
    field.stop()
    assert await cancel(field) == "asked"
    field.start(1)
    await field.until_empty(seconds=30)
    await asyncio.sleep(0.5)
    assert await field.left() == {}
    assert await field.effects() == [CANCELLED + 1]
    assert len(await field.sql("select 1 from platform.toy_start")) == 1
