"""An operator who cancels the reading of a script leaves it in a final state, and its owner free to send the next one."""

import asyncio
import subprocess
import sys
from uuid import UUID, uuid4

import httpx
import pytest

from nollycrewhub.platform.app import Process
from nollycrewhub.platform.db import Query
from tests.queueing.conftest import shell as shell

JOB = Query(int, "select job_id from projects.script where id = $1")
SET_ASIDE = "update platform.pgqueuer set status = 'failed' where id = $1"
TEXT = {"content-type": "text/plain; charset=utf-8"}


async def headers(process: Process, *, operator: bool = False) -> dict[str, str]:
    """Of somebody new."""
    token = await process.runtime.sessions.create(uuid4(), name="Ada", operator=operator, confirmed=operator)
    return {"authorization": f"Bearer {token}"}


async def send(client: httpx.AsyncClient, ada: dict[str, str]) -> httpx.Response:
    return await client.post("/api/projects/scripts", content=b"INT. A - DAY", headers={**ada, **TEXT})


async def job_of(process: Process, sent: httpx.Response) -> int:
    """Which job reads it."""
    found = await process.runtime.db.read_session(primary=True).value(JOB, UUID(sent.json()["script"]["id"]))
    assert found is not None
    return found


@pytest.mark.parametrize("status", ["queued", "failed"])
async def test_a_cancelled_reading_is_over_and_the_owner_may_send_the_next(
    process: Process, app_client: httpx.AsyncClient, status: str
) -> None:
    ada = await headers(process)
    sent = [await send(app_client, ada) for _ in range(10)]
    assert (await send(app_client, ada)).status_code == 429
    job_id = await job_of(process, sent[3])
    if status == "failed":
        async with process.runtime.db.write_session() as session:
            await session.sql(SET_ASIDE, job_id)
            await session.commit()
    done = await app_client.post(
        f"/ops/queues/jobs/{job_id}/cancel", headers={**await headers(process, operator=True), "accept": "text/html"}
    )
    assert done.status_code == 303
    script = (await app_client.get(f"/api/projects/scripts/{sent[3].json()['script']['id']}", headers=ada)).json()["script"]
    assert script["state"] == "failed"
    assert script["problem"]
    assert (await send(app_client, ada)).status_code == 201
    assert (await send(app_client, ada)).status_code == 429


async def test_the_shell_cancels_it_alike(process: Process, app_client: httpx.AsyncClient, shell: dict[str, str]) -> None:
    ada = await headers(process)
    sent = await send(app_client, ada)
    command = [sys.executable, "-m", "nollycrewhub.cli.main", "jobs", "cancel", str(await job_of(process, sent))]
    await asyncio.to_thread(subprocess.run, command, env=shell, capture_output=True, check=True)
    script = (await app_client.get(f"/api/projects/scripts/{sent.json()['script']['id']}", headers=ada)).json()["script"]
    assert script["state"] == "failed"
