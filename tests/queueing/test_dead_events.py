"""A delivery that was given up stays, with its event, until an operator replays or drops it; `true_at` waits for it."""

import subprocess
import sys
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from nollycrewhub.platform.app import Process
from nollycrewhub.platform.db import Query
from nollycrewhub.platform.pruning import USUAL, prune, prune_ended
from nollycrewhub.platform.queue import CancelHooks, DeclaredTasks, Work
from nollycrewhub.platform.queue.looking import felt_until
from nollycrewhub.platform.worker import tasks_of
from nollycrewhub.scaling import service
from tests.queueing.test_console import operator

OLD = "100 days"
DEAD = f"""
insert into platform.pgqueuer (priority, entrypoint, payload, status, created, updated)
select 0, $1, convert_to(json_build_object('event_id', $2::text)::text, 'UTF8'), 'failed', now() - interval '{OLD}', now() - interval '{OLD}'
from generate_series(1, $3::int) returning id
"""  # noqa: S608 - constants of this file
EVENT = f"""
insert into platform.event (id, name, aggregate_id, version, at, body) values ($1, 'toy.done', 'toy:1', 1, now() - interval '{OLD}', '{{}}')
"""  # noqa: S608 - constants of this file
LEFT = Query(int, "select count(*)::int from platform.pgqueuer where entrypoint = $1")
STORED = Query(int, "select count(*)::int from platform.event where id = $1")
CONSUMER = "event:analytics.job_created"


async def planted(process: Process, queue: str, count: int, event_id: UUID | None = None) -> int:
    """Failed jobs that are old, alone in the queue; the number of the last."""
    async with process.runtime.db.write_session() as session:
        await session.sql("delete from platform.pgqueuer")
        rows = await session.sql(DEAD, queue, str(event_id or uuid4()), count)
        if event_id:
            await session.sql(EVENT, event_id)
        await session.commit()
    return int(rows[-1][0])


async def left(process: Process, queue: str) -> int | None:
    return await process.runtime.db.read_session(primary=True).value(LEFT, queue)


@pytest.mark.parametrize("is_known", [True, False])
async def test_pruning_leaves_what_was_given_up_and_true_at_waits(process: Process, is_known: bool) -> None:
    count = USUAL.most + 50
    await planted(process, CONSUMER, count)
    tasks = tuple(tasks_of(process.runtime)) if is_known else ()
    async with asyncpg.create_pool(process.runtime.settings.database_direct_url, min_size=1, max_size=1) as pool:
        before = await felt_until(process.runtime.db.read_session(primary=True), "analytics")
        await prune_ended(pool, DeclaredTasks(tasks))
        assert await left(process, CONSUMER) == count
        assert await felt_until(process.runtime.db.read_session(primary=True), "analytics") == before
        await planted(process, "mail.send", 5)
        await prune_ended(pool, DeclaredTasks(tasks))
        assert await left(process, "mail.send") == 0


async def test_its_event_stays_as_long_and_goes_when_an_operator_drops_the_delivery(process: Process) -> None:
    runtime, event_id = process.runtime, uuid4()
    job_id = await planted(process, CONSUMER, 1, event_id)

    async def pruned() -> int | None:
        async with runtime.db.write_session() as session:
            await prune.run(Work(session, runtime.db.read_session(primary=True), runtime.db, runtime.ports, runtime.settings))
        return await runtime.db.read_session(primary=True).value(STORED, event_id)

    assert await pruned() == 1
    async with runtime.db.write_session() as session:
        assert await service.cancel(session, None, job_id, runtime.ports.get(CancelHooks)) == "cancelled"
        await session.commit()
    assert await left(process, CONSUMER) == 0
    assert await pruned() == 0


async def test_the_shell_says_how_many_more_there_are(process: Process, shell: dict[str, str]) -> None:
    def dead() -> list[str]:
        command = [sys.executable, "-m", "nollycrewhub.cli.main", "events", "dead"]
        return subprocess.run(command, env=shell, capture_output=True, text=True, check=True).stdout.splitlines()

    await planted(process, CONSUMER, 100)
    assert len(dead()) == 100
    await planted(process, CONSUMER, 1234)
    lines = dead()
    assert len(lines) == 101
    assert lines[-1] == "and 1,134 more, older than these."


async def test_the_page_says_of_how_many_it_shows_the_newest_fifty(process: Process, app_client: httpx.AsyncClient) -> None:
    last = await planted(process, CONSUMER, 1234)
    headers = await operator(process)
    shown = (await app_client.get("/ops/queues", headers=headers)).text
    assert shown.count("<p>50 of 1,234, the newest first.") == 2  # among the failed jobs, and as deliveries
    older = (await app_client.get(f"/ops/queues?status=failed&cursor={last - 1200}", headers=headers)).text
    assert f"<p>33 of 1,234, the newest first, older than job {last - 1200}.</p>" in older
    await planted(process, "mail.send", 3)
    shown = (await app_client.get("/ops/queues", headers=headers)).text
    assert "<p>3 of 3, the newest first.</p>" in shown
    assert "Every event arrived" in shown
