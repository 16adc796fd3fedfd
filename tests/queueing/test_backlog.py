"""What workers count is seen by whoever reads the figures of a web process; a pile of waiting jobs is said aloud too, a small one not."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import structlog

from nollycrewhub.platform import backlog
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.db import Query
from nollycrewhub.platform.queue import Work
from nollycrewhub.platform.settings import Settings
from tests.served import Served, environment, wait_until
from tests.servers import FIGURES

PILE = "insert into platform.pgqueuer (priority, entrypoint, payload, status) select 0, 'script-analysis', '{}', 'queued' from generate_series(1, $1::int)"
TOLD = Query(int, "select count(*)::int from platform.event where name = 'queue.backlog' and body->>'queue' = 'script-analysis'")
UNREADABLE = "insert into platform.pgqueuer (priority, entrypoint, payload, status) values (0, 'mail.send', '{}', 'queued')"
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
