"""Own writes over the whole front door (bar D1): posted, then listed, opened and searched, while the replica stands still.

Nothing here knows what answers in between: replica, primary or a cache.
"""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from nollycrewhub.devstack.stack import Stack
from nollycrewhub.kit.ids import token
from nollycrewhub.platform.app import Process
from tests.conftest import FULL
from tests.faults.scene import member
from tests.journeys.conftest import JOB
from tests.measuring import Measure

POSTS = 1000 if FULL else 20
PATHS = (
    "/api/jobs?limit=5",
    "/api/jobs?limit=5&view=compact",
    "/jobs",
    "/api/jobs/{id}",
    "/jobs/{id}",
    "/api/jobs?q={word}",
    "/jobs?q={word}",
    "/api/jobs/mine",
    "/me/jobs",
)
REPLAYED = "select pg_last_wal_replay_lsn()"
SIGNED_IN = ("/api/jobs/mine", "/me/jobs")


@pytest.fixture
async def standing_still(stack: Stack, process: Process) -> AsyncIterator[Process]:
    """The program, its caches warm, with a replica that has been seen and then stops replaying."""
    db = process.runtime.db
    db.primary_until = 0.0
    for _ in range(200):
        if db.replicas[0].seen is not None:
            break
        await asyncio.sleep(0.05)
    assert db.replicas[0].seen is not None
    stack.standbys[0].sql("select pg_wal_replay_pause()")
    yield process
    stack.standbys[0].sql("select pg_wal_replay_resume()")


def browser(process: Process, **headers: str) -> httpx.AsyncClient:
    """A client at the front door."""
    url = process.runtime.settings.public_url
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=process), base_url=url, headers={"origin": url, **headers}, timeout=60)


async def reads(client: httpx.AsyncClient, job_id: int, word: str) -> list[str]:
    """The paths on which this client does not find the job."""
    missing = []
    for path in PATHS:
        answer = await client.get(path.format(id=job_id, word=word))
        if answer.status_code != 200 or word not in answer.text:
            missing.append(f"{path} {answer.status_code}")
    return missing


async def test_ones_own_job_is_never_missing(stack: Stack, standing_still: Process, measured: Measure) -> None:
    process, replayed = standing_still, stack.standbys[0].sql(REPLAYED)
    person, bearer = await member(process)
    second = await process.runtime.sessions.create(person.id, name=person.name)
    cookie = process.gate.session_cookie
    missing: list[str] = []
    strangers = 0
    async with (
        browser(process, **bearer) as phone,
        browser(process, authorization=f"Bearer {second}") as other_phone,
        browser(process, cookie=f"{cookie}={second}") as laptop,
        browser(process) as stranger,
    ):
        for path in PATHS:
            if path not in SIGNED_IN:
                await stranger.get(path.format(id=1, word="gaffer"))
        for n in range(POSTS):
            word = f"Zq{token(9).lower().replace('-', 'x').replace('_', 'y')}"
            posted = await phone.post("/api/jobs", json={**JOB, "title": f"{word} wanted in Enugu"})
            assert posted.status_code == 201, posted.text
            job_id = posted.json()["job"]["id"]
            found = [await reads(device, job_id, word) for device in (phone, other_phone, laptop)]
            missing += [f"post {n}, device {device}: {path}" for device, paths in enumerate(found) for path in paths]
            strangers += (await stranger.get(f"/api/jobs/{job_id}")).status_code == 200
    assert missing == []
    assert stack.standbys[0].sql(REPLAYED) == replayed, "the replica did not stand still, so nothing was tried"
    measured("D1", posts=POSTS, devices=3, reads=POSTS * 3 * len(PATHS), missing=0, strangers_who_saw_it=strangers)
