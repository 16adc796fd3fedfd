"""Operators see queues and failed jobs, retry and cancel with their password typed again, and leave a trail; the shell does the same."""

import subprocess
import sys
from uuid import uuid4

import httpx
import pytest

from nollycrewhub.platform.app import Process
from nollycrewhub.platform.db import Query
from nollycrewhub.platform.metrics import BACKLOG_ALARMS
from nollycrewhub.platform.tallies import tally
from tests.servers import FIGURES

FAILED = """
insert into platform.pgqueuer (priority, entrypoint, payload, status, attempts, kills, error)
values (0, $1, '{"secret": "08031234567"}', $2::platform.pgqueuer_status, 3, 1, 'SMTPServerDisconnected') returning id
"""
STATUS = Query(str, "select status::text from platform.pgqueuer where id = $1")
TRAIL = Query(int, "select count(*)::int from platform.audit where subject = $1 and action = $2")
PAGE = {"accept": "text/html"}


async def planted(process: Process, queue: str, status: str = "failed") -> int:
    """A job in a state."""
    async with process.runtime.db.write_session() as session:
        await session.sql("delete from platform.pgqueuer")
        job_id = (await session.sql(FAILED, queue, status))[0][0]
        await session.commit()
    return int(job_id)


async def operator(process: Process, *, confirmed: bool = True) -> dict[str, str]:
    """Headers of an operator."""
    token = await process.runtime.sessions.create(uuid4(), name="Op", operator=True, confirmed=confirmed)
    return {"authorization": f"Bearer {token}", **PAGE}


async def status(process: Process, job_id: int) -> str | None:
    return await process.runtime.db.read_session(primary=True).value(STATUS, job_id)


async def trail(process: Process, job_id: int, action: str) -> int | None:
    return await process.runtime.db.read_session(primary=True).value(TRAIL, f"job:{job_id}", action)


async def test_the_page_shows_queues_failures_and_dead_events_but_no_payload(process: Process, app_client: httpx.AsyncClient) -> None:
    job_id = await planted(process, "event:notifications.job_closed")
    shown = await app_client.get("/ops/queues", headers=await operator(process))
    assert shown.status_code == 200
    for word in (str(job_id), "event:notifications.job_closed", "SMTPServerDisconnected", "Replay all"):
        assert word in shown.text
    assert "08031234567" not in shown.text
    member = await process.runtime.sessions.create(uuid4(), name="Ada")
    assert (await app_client.get("/ops/queues", headers={"authorization": f"Bearer {member}"})).status_code == 404


@pytest.mark.parametrize("what", ["retry", "cancel"])
async def test_changes_need_the_password_again_and_are_audited(process: Process, app_client: httpx.AsyncClient, what: str) -> None:
    job_id = await planted(process, "mail.send")
    path = f"/ops/queues/jobs/{job_id}/{what}"
    refused = await app_client.post(path, headers=await operator(process, confirmed=False))
    assert refused.status_code == 403
    assert await status(process, job_id) == "failed"
    done = await app_client.post(path, headers=await operator(process))
    assert done.status_code == 303
    assert await status(process, job_id) == ("queued" if what == "retry" else None)
    assert await trail(process, job_id, f"job.{what}") == 1
    assert (await app_client.post(path, headers=await operator(process))).status_code == 409


async def test_dead_events_are_replayed_together(process: Process, app_client: httpx.AsyncClient) -> None:
    job_id = await planted(process, "event:notifications.job_closed")
    assert (await app_client.post("/ops/queues/events/replay", headers=await operator(process))).status_code == 303
    assert await status(process, job_id) == "queued"


async def test_figures_of_the_queues_are_measured_when_they_are_asked_for(process: Process, app_client: httpx.AsyncClient) -> None:
    await planted(process, "mail.send", "queued")
    text = (await app_client.get("/metrics", headers=FIGURES)).text
    assert 'nch_queue_depth{queue="mail.send",state="waiting"} 1.0' in text
    assert 'nch_queue_oldest_seconds{queue="mail.send"}' in text


async def test_what_cannot_be_measured_is_not_told_from_memory(process: Process, app_client: httpx.AsyncClient) -> None:
    await planted(process, "mail.send", "queued")
    async with process.runtime.db.write_session() as session:
        await tally(session, BACKLOG_ALARMS, "mail.send")
        await session.commit()
    series = ('nch_queue_depth{queue="mail.send"', 'nch_queue_backlog_alarms_total{queue="mail.send"}', "nch_requests_total{")
    text = (await app_client.get("/metrics", headers=FIGURES)).text
    assert [name in text for name in series] == [True, True, True]
    await process.runtime.db.primary.close()
    text = (await app_client.get("/metrics", headers=FIGURES)).text
    assert [name in text for name in series] == [False, False, True]


async def test_the_shell_lists_retries_and_cancels(process: Process, shell: dict[str, str]) -> None:
    job_id = await planted(process, "event:notifications.job_closed")

    def say(*words: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "nollycrewhub.cli.main", *words], env=shell, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout

    code, listed = say("events", "dead")
    assert code == 0
    assert str(job_id) in listed
    assert "08031234567" not in listed
    assert say("events", "replay") == (0, "One job waits to run again.\n")
    assert await status(process, job_id) == "queued"
    code, shown = say("jobs", "show", str(job_id))
    assert code == 0
    assert "queued" in shown
    assert say("jobs", "cancel", str(job_id))[0] == 0
    assert await status(process, job_id) is None
    assert say("jobs", "retry", str(job_id))[0] == 1
