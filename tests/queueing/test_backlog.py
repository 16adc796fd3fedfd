"""A pile of waiting jobs is said aloud, by the minute's look: a log line, a figure, an event; a small pile is not."""

import pytest
import structlog

from nollycrewhub.platform import backlog, metrics
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.db import Query
from nollycrewhub.platform.queue import Work

PILE = "insert into platform.pgqueuer (priority, entrypoint, payload, status) select 0, 'script-analysis', '{}', 'queued' from generate_series(1, $1::int)"
TOLD = Query(int, "select count(*)::int from platform.event where name = 'queue.backlog' and body->>'queue' = 'script-analysis'")


@pytest.mark.parametrize(("waiting", "alarms"), [(1000, 0), (1001, 1)])
async def test_above_a_thousand_waiting_is_an_alarm(process: Process, waiting: int, alarms: int, monkeypatch: pytest.MonkeyPatch) -> None:
    said = structlog.testing.CapturingLogger()
    monkeypatch.setattr(backlog, "LOG", said)
    db = process.runtime.db
    read = db.read_session(primary=True)
    before, counted = await read.value(TOLD) or 0, metrics.BACKLOG_ALARMS.labels("script-analysis")._value.get()
    async with db.write_session() as session:
        await session.sql("delete from platform.pgqueuer")
        await session.sql(PILE, waiting)
        await session.commit()
    async with db.write_session() as session:
        await backlog.watch.run(Work(session, read, db, process.runtime.ports, process.runtime.settings))
        await session.commit()
    assert (await read.value(TOLD) or 0) - before == alarms
    assert metrics.BACKLOG_ALARMS.labels("script-analysis")._value.get() - counted == alarms
    assert [call.args[0] for call in said.calls].count("queue backlog") == alarms
    async with db.write_session() as session:
        await session.sql("delete from platform.pgqueuer")
        await session.commit()
