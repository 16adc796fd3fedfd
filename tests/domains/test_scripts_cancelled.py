"""A script whose reading was cancelled or given up says so for good, is in nobody's way, and can be read again or deleted."""

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from nollycrewhub.domains.projects import repository
from nollycrewhub.domains.projects.service import scripts
from nollycrewhub.platform import pruning
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.db import Query
from nollycrewhub.platform.queue import DeclaredTasks
from nollycrewhub.platform.worker import drain
from tests.domains.test_messages import handle_of
from tests.journeys.conftest import Join, Member
from tests.journeys.conftest import join as join  # noqa: PLC0414 - pytest finds fixtures by name
from tests.queueing.conftest import shell as shell

Drain = Callable[[], Awaitable[int]]
JOB = Query(int, "select job_id from projects.script where id = $1")
SET_ASIDE = "update platform.pgqueuer set status = 'failed', updated = now() - interval '31 days' where id = $1"
JOBS = Query(int, "select count(*)::int from platform.pgqueuer where entrypoint = 'script-analysis'")
AHEAD = {"x-nch-position": "1/ffffffffffff"}
TEXT = {"content-type": "text/plain; charset=utf-8"}


async def headers(process: Process, *, operator: bool = False) -> dict[str, str]:
    """Of somebody new, who sees what workers and operators have just done, too."""
    token = await process.runtime.sessions.create(uuid4(), name="Ada", operator=operator, confirmed=operator)
    return {"authorization": f"Bearer {token}", **AHEAD}


async def send(client: httpx.AsyncClient, ada: dict[str, str]) -> httpx.Response:
    return await client.post("/api/projects/scripts", content=b"INT. A - DAY", headers={**ada, **TEXT})


async def job_of(process: Process, sent: httpx.Response) -> int:
    """Which job reads it."""
    found = await process.runtime.db.read_session(primary=True).value(JOB, UUID(sent.json()["script"]["id"]))
    assert found is not None
    return found


async def give_up(process: Process, job_id: int, *, prune: bool = False) -> None:
    """As after the third attempt, a month ago; and what the schedule then does with old failed jobs."""
    async with process.runtime.db.write_session() as session:
        await session.sql(SET_ASIDE, job_id)
        await session.commit()
    if prune:
        async with asyncpg.create_pool(process.runtime.settings.database_direct_url, min_size=1, max_size=1) as pool:
            await pruning.prune_ended(pool, process.runtime.ports.find(DeclaredTasks))


async def cancel(process: Process, client: httpx.AsyncClient, job_id: int) -> None:
    """As an operator does under /ops."""
    operator = {**await headers(process, operator=True), "accept": "text/html"}
    assert (await client.post(f"/ops/queues/jobs/{job_id}/cancel", headers=operator)).status_code == 303


async def state_of(client: httpx.AsyncClient, ada: dict[str, str], sent: httpx.Response) -> dict[str, Any]:
    """The script as its owner sees it."""
    found: dict[str, Any] = (await client.get(f"/api/projects/scripts/{sent.json()['script']['id']}", headers=ada)).json()["script"]
    return found


async def again(client: httpx.AsyncClient, ada: dict[str, str], sent: httpx.Response) -> httpx.Response:
    return await client.post(f"/api/projects/scripts/{sent.json()['script']['id']}/again", headers=ada)


@pytest.mark.parametrize("status", ["queued", "failed"])
async def test_a_cancelled_reading_is_over_and_the_owner_may_send_the_next(
    process: Process, app_client: httpx.AsyncClient, status: str
) -> None:
    ada = await headers(process)
    sent = [await send(app_client, ada) for _ in range(10)]
    assert (await send(app_client, ada)).status_code == 429
    job_id = await job_of(process, sent[3])
    if status == "failed":
        await give_up(process, job_id)
    await cancel(process, app_client, job_id)
    script = await state_of(app_client, ada, sent[3])
    assert (script["state"], script["problem"]) == ("cancelled", scripts.CANCELLED)
    assert (await send(app_client, ada)).status_code == 201
    assert (await send(app_client, ada)).status_code == 429


async def test_the_shell_cancels_it_alike(process: Process, app_client: httpx.AsyncClient, shell: dict[str, str]) -> None:
    ada = await headers(process)
    sent = await send(app_client, ada)
    command = [sys.executable, "-m", "nollycrewhub.cli.main", "jobs", "cancel", str(await job_of(process, sent))]
    await asyncio.to_thread(subprocess.run, command, env=shell, capture_output=True, check=True)
    assert (await state_of(app_client, ada, sent))["state"] == "cancelled"


@pytest.mark.parametrize("prune", [False, True])
async def test_a_script_that_was_given_up_stays_failed_and_can_be_read_again(
    process: Process, app_client: httpx.AsyncClient, worker_drain: Drain, prune: bool
) -> None:
    ada = await headers(process)
    sent = await send(app_client, ada)
    job_id = await job_of(process, sent)
    await give_up(process, job_id, prune=prune)
    script = await state_of(app_client, ada, sent)
    assert (script["state"], script["problem"]) == ("failed", scripts.GIVEN_UP if prune else scripts.FAILED)
    listed = (await app_client.get("/api/projects/scripts", headers=ada)).json()["scripts"]
    assert [one["state"] for one in listed] == ["failed"]
    for _ in range(10):
        assert (await send(app_client, ada)).status_code == 201, "it is in nobody's way"
    assert (await again(app_client, ada, sent)).status_code == 429, "and waits like any other once it is tried again"
    assert (await state_of(app_client, ada, sent))["state"] == "failed"
    await worker_drain()
    assert (await state_of(app_client, ada, sent))["state"] == "failed"
    for _ in range(2):
        tried = await again(app_client, ada, sent)
        assert (tried.status_code, tried.json()["script"]["state"]) == (200, "waiting")
    assert (await state_of(app_client, ada, sent))["state"] == "waiting"
    assert await process.runtime.db.read_session(primary=True).value(JOBS) == 1, "pressed twice, read once"
    assert (await job_of(process, sent) == job_id) is not prune
    await worker_drain()
    assert (await state_of(app_client, ada, sent))["scene_count"] == 1
    refused = await again(app_client, ada, sent)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/read-already")
    assert (await state_of(app_client, ada, sent))["state"] == "ready"


async def test_a_script_that_is_read_while_it_is_looked_at_has_not_failed(
    process: Process, app_client: httpx.AsyncClient, worker_drain: Drain
) -> None:
    ada = await headers(process)
    sent = await send(app_client, ada)
    read = process.runtime.db.read_session(primary=True)
    before = await repository.one(read, UUID(sent.json()["script"]["id"]))
    assert before is not None and before.state == "waiting"
    await worker_drain()
    assert (await scripts.view(read, before)).state == "ready"


async def project_with_script(process: Process, owner: Member) -> tuple[str, int]:
    """The page of a project whose script waits, and the job that is to read it."""
    page: str = (await owner.client.post("/me/projects", data={"title": "Ìyá Àgbà"})).headers["location"]
    sent = await owner.client.post(page + "/script", files={"script": ("iya.txt", b"INT. KITCHEN - DAY", "text/plain")})
    assert sent.status_code == 303
    listed = (await owner.client.get("/api/projects/scripts")).json()["scripts"]
    job_id = await process.runtime.db.read_session(primary=True).value(JOB, UUID(listed[0]["id"]))
    assert job_id is not None
    return page, job_id


async def test_the_project_offers_to_try_again_or_to_delete(process: Process, app_client: httpx.AsyncClient, join: Join) -> None:
    ada, bola = await join("Ada Obi"), await join("Bola Ade")
    for member in (ada, bola):
        member.client.headers.update(AHEAD)
    page, job_id = await project_with_script(process, ada)
    assert (await ada.client.post(page + "/members", data={"handle": await handle_of(bola)})).status_code == 303
    assert (await bola.client.post(page + "/turn/accept")).status_code == 303
    await cancel(process, app_client, job_id)
    shown, seen = (await ada.client.get(page)).text, (await bola.client.get(page)).text
    for turn in ("again", "delete"):
        assert f'action="{page}/script/{turn}"' in shown and f'action="{page}/script/{turn}"' not in seen
        assert (await bola.client.post(f"{page}/script/{turn}")).status_code == 409
    assert scripts.CANCELLED in shown and scripts.CANCELLED in seen
    spoken = (await ada.client.get(page, headers={"accept-language": "ha"})).text
    assert "An soke karanta shi." in spoken
    assert (await ada.client.post(page + "/script/again")).status_code == 303
    assert "is being read" in (await ada.client.get(page)).text
    await drain(process.runtime)
    shown = (await ada.client.get(page)).text
    assert "KITCHEN" in shown and "/script/again" not in shown
    assert (await ada.client.post(page + "/script/again")).status_code == 409
    assert (await ada.client.post(page + "/script/delete")).status_code == 303
    assert "They come from the script." in (await ada.client.get(page)).text
    assert (await ada.client.get("/api/projects/scripts")).json()["scripts"] == []
    for turn in ("again", "delete"):
        assert (await ada.client.post(f"{page}/script/{turn}")).status_code == 404
