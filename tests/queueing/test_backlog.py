"""What workers count is seen by whoever reads the figures of a web process; a pile of waiting jobs is said aloud too, a small one not."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import pytest
import structlog

from nollycrewhub.kit.events import Event
from nollycrewhub.platform import backlog
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.db import Query
from nollycrewhub.platform.events import delivery_task, emit
from nollycrewhub.platform.queue import Work, looking
from nollycrewhub.platform.queue.claiming import Claimed, Claimer
from nollycrewhub.platform.settings import Settings
from tests.queueing.toys import mark
from tests.served import Served, environment, wait_until
from tests.servers import FIGURES

PILE = "insert into platform.pgqueuer (priority, entrypoint, payload, status) select 0, 'script-analysis', '{}', 'queued' from generate_series(1, $1::int)"
TOLD = Query(int, "select count(*)::int from platform.event where name = 'queue.backlog' and body->>'queue' = 'script-analysis'")
UNREADABLE = "insert into platform.pgqueuer (priority, entrypoint, payload, status) values (0, 'mail.send', '{}', 'queued')"
MANY = """
insert into platform.pgqueuer (priority, entrypoint, payload, status, created, execute_after, first_due)
select 0, $1, '{}', $3::platform.pgqueuer_status, now() - interval '2 days', now() + make_interval(secs => $4), now() - make_interval(secs => $5)
from generate_series(1, $2::int)
"""
TROUBLE = {"queue", "event", "incident", "alert"}
DUE, LATER, HOUR = -60.0, 600.0, 3600.0
ALARMS = 'nch_queue_backlog_alarms_total{queue="script-analysis"}'
RETRIED = 'nch_jobs_total{outcome="retried",task="mail.send"}'


@pytest.fixture(scope="module")
def web(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A web process, which works on no job."""
    found = Served(tmp_path_factory.mktemp("web"), ["serve"], environment(settings)).ready()
    yield found
    found.stop()


def counted(web: Served, series: str) -> float:
    """What the web process says of a counter; nothing was counted where it says nothing."""
    lines = httpx.get(f"{web.url}/metrics", headers=FIGURES, timeout=10).text.splitlines()
    return next((float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{series} ")), 0.0)


@pytest.mark.parametrize(("waiting", "alarms"), [(1000, 0), (1001, 1)])
async def test_above_a_thousand_waiting_is_an_alarm(
    process: Process, web: Served, waiting: int, alarms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = structlog.testing.CapturingLogger()
    monkeypatch.setattr(backlog, "LOG", said)
    db = process.runtime.db
    read = db.read_session(primary=True)
    before, rung = await read.value(TOLD) or 0, counted(web, ALARMS)
    async with db.write_session() as session:
        await session.sql("delete from platform.pgqueuer")
        await session.sql(PILE, waiting)
        await session.commit()
    async with db.write_session() as session:
        await backlog.watch.run(Work(session, read, db, process.runtime.ports, process.runtime.settings))
        await session.commit()
    assert (await read.value(TOLD) or 0) - before == alarms
    assert counted(web, ALARMS) - rung == alarms
    assert [call.args[0] for call in said.calls].count("queue backlog") == alarms
    async with db.write_session() as session:
        await session.sql("delete from platform.pgqueuer")
        await session.commit()


async def test_what_a_worker_did_is_counted_where_it_is_asked_for(
    process: Process, web: Served, settings: Settings, tmp_path: Path
) -> None:
    before = counted(web, RETRIED)
    worker = Served(tmp_path, ["worker"], environment(settings)).working()
    async with process.runtime.db.write_session() as session:
        await session.sql(UNREADABLE)
        await session.commit()
    try:
        wait_until(lambda: '"job failed"' in worker.said(), what="the job was never tried")
    finally:
        assert worker.stop() == 0
    assert counted(web, RETRIED) > before


@pytest.fixture
async def emptied(process: Process) -> AsyncIterator[Process]:
    """Nothing waits, before and after."""
    await planted(process)
    yield process
    await planted(process)


async def planted(process: Process, *rows: tuple[str, int, str, float, float | None]) -> None:
    """These jobs alone: queue, how many, status, seconds until they can run, and since when they were due the first time, if they were."""
    async with process.runtime.db.write_session() as session:
        await session.sql("delete from platform.pgqueuer")
        for row in rows:
            await session.sql(MANY, *row)
        await session.commit()


async def alarmed(process: Process, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """What a look at the queues says: the queues that alarm, and how many jobs of them wait."""
    said = structlog.testing.CapturingLogger()
    monkeypatch.setattr(backlog, "LOG", said)
    db = process.runtime.db
    async with db.write_session() as session:
        await backlog.watch.run(Work(session, db.read_session(primary=True), db, process.runtime.ports, process.runtime.settings))
        await session.commit()
    return [(call.kwargs["queue"], call.kwargs["waiting"]) for call in said.calls if call.args[0] == "queue backlog"]


@pytest.mark.parametrize(
    ("rows", "alarms"),
    [
        ([("mail.send", 600, "queued", DUE, None), ("mail.send", 401, "queued", LATER, 60.0)], [("mail.send", 1001)]),
        ([("mail.send", 600, "queued", DUE, None), ("mail.send", 401, "queued", LATER, None)], []),  # planned for later
        ([("mail.send", 1, "queued", LATER, HOUR + 60)], [("mail.send", 1)]),  # failed again and again, and pauses
        ([("mail.send", 1, "picked", DUE, HOUR + 60)], [("mail.send", 0)]),  # and while it is tried once more
        ([("mail.send", 1, "queued", -HOUR - 60, None)], [("mail.send", 1)]),  # nobody got round to it
        ([("mail.send", 1, "queued", LATER, HOUR - 60), ("mail.send", 1, "queued", -HOUR + 60, None)], []),
        (
            [("mail.send", 1, "queued", LATER, None), ("mail.send", 1, "picked", -HOUR - 60, None)],
            [],
        ),  # stored two days ago, due in the future
        ([("event:notifications.job_closed", 1, "queued", LATER, 2 * HOUR)], []),  # the alarm for late events tells of it
    ],
)
async def test_what_pauses_between_tries_is_in_depth_and_age_and_what_is_planned_is_not(
    emptied: Process, rows: list[tuple[str, int, str, float, float | None]], alarms: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    await planted(emptied, *rows)
    assert await alarmed(emptied, monkeypatch) == alarms
    await planted(emptied)
    assert await alarmed(emptied, monkeypatch) == []


async def test_however_often_a_job_is_put_back_its_age_is_counted_from_when_it_was_first_due(emptied: Process) -> None:
    """Failed, stopped with its worker, lost with one, and killed in a process of its own; an operator's retry begins anew."""
    db = emptied.runtime.db
    read = db.read_session(primary=True)

    async def seen() -> tuple[int, int, bool, bool]:
        (state,) = [one for one in await looking.states(read) if one.queue == mark.name]
        return state.due, state.retrying, state.late > HOUR, state.oldest > HOUR

    await planted(emptied, (mark.name, 1, "queued", -HOUR - 60, None))
    assert await seen() == (1, 0, True, True)
    async with asyncpg.create_pool(emptied.runtime.settings.database_direct_url, min_size=1, max_size=1) as pool:
        claimer = Claimer(pool, uuid4(), alone=False)

        async def taken() -> Claimed:
            await pool.execute("update platform.pgqueuer set execute_after = now() where status = 'queued'")
            (job,) = (await claimer.claim([(mark, 1)], most=1)).jobs
            assert await seen() == (0, 0, True, False)
            return job

        await claimer.again((await claimer.claim([(mark, 1)], most=1)).jobs[0], error="TimeoutError", pause=600)
        assert await seen() == (0, 1, True, False)
        await claimer.again(await taken(), error="WorkerStopped", pause=0, unspent=True)
        assert await seen() == (1, 0, True, False)
        await taken()
        await pool.execute("update platform.pgqueuer set heartbeat = now() - interval '1 hour'")
        assert [row["status"] for row in await claimer.rescue([mark])] == ["queued"]
        assert await seen() == (1, 0, True, False)
        assert await claimer.killed_alone(await taken()) == "queued"
        assert await seen() == (1, 0, True, False)
        job = await taken()
        await claimer.set_aside(job, error="ValueError")
    async with db.write_session() as session:
        assert await looking.retry(session, job.id)
        await session.commit()
    assert await seen() == (1, 0, False, False)


async def test_what_operators_are_told_does_not_stand_in_the_pile(emptied: Process) -> None:
    db = emptied.runtime.db
    await planted(emptied, (mark.name, 40, "queued", DUE, None))
    handlers = [each for module in emptied.runtime.modules for each in module.handlers if each.event.name.partition(".")[0] in TROUBLE]
    assert len(handlers) == 8
    async with db.write_session() as session:
        for kind in {handler.event for handler in handlers}:
            words = {field: None for field in kind.__struct_fields__ if field not in Event.__struct_fields__}
            await emit(session, kind(aggregate_id="pile", version=1, **words))
        await session.commit()
    async with asyncpg.create_pool(emptied.runtime.settings.database_direct_url, min_size=1, max_size=1) as pool:
        room = [(task, 20) for task in (mark, *map(delivery_task, handlers))]
        first = (await Claimer(pool, uuid4(), alone=False).claim(room, most=20)).jobs
    assert {job.entrypoint for job in first[:8]} == {f"event:{handler.consumer}" for handler in handlers}
