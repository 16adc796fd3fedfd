"""Own writes are never missing, with the replica's replay paused (bar D1), and a lost replica is no outage."""

import asyncio
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from nollycrewhub.devstack.stack import Stack
from nollycrewhub.kit.ids import token, uuid7
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.db import Position
from nollycrewhub.platform.worker import drain
from tests.conftest import FULL

PAIRS = 1000 if FULL else 25


async def eventually(true: Callable[[], bool], *, within: float = 10.0) -> bool:
    """Waits for a background observation; the answer, not the time, is what a test asserts."""
    for _ in range(int(within / 0.05)):
        if true():
            return True
        await asyncio.sleep(0.05)
    return False


@pytest.fixture
async def paused(stack: Stack, toy: Process) -> AsyncIterator[Process]:
    """The toy process with a replica that has stopped replaying, and has been seen by the probe."""
    replica = toy.runtime.db.replicas[0]
    toy.runtime.db.primary_until = 0.0
    assert await eventually(lambda: replica.is_in)
    stack.standbys[0].sql("select pg_wal_replay_pause()")
    yield toy
    stack.standbys[0].sql("select pg_wal_replay_resume()")


async def test_own_writes_are_never_missing(paused: Process, client: httpx.AsyncClient) -> None:
    """Each write is followed by the writer's read by cookie, and by header from another client."""
    for _ in range(PAIRS):
        subject = token(8)
        wrote = await client.post("/api/things", json={"name": subject})
        assert wrote.status_code == 201
        await drain(paused.runtime)
        again = await client.post("/api/things", json={"name": f"{subject}-after"})
        own = await client.get(f"/api/things?view=full&subject={subject}")
        assert own.json()["count"] == 1
        mark = {"x-nch-position": again.headers["x-nch-position"]}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=paused), base_url="http://127.0.0.1:8000") as other:
            phone = await other.get(f"/api/things?view=full&subject={subject}", headers=mark)
            stranger = await other.get(f"/api/things?view=full&subject={subject}")
        assert phone.json()["count"] == 1
        assert stranger.json()["count"] == 0


async def test_the_mark_follows_the_person_to_another_device(paused: Process, client: httpx.AsyncClient) -> None:
    sessions, person = paused.runtime.sessions, uuid7()
    first, second = [await sessions.create(person, name="Ada") for _ in range(2)]
    subject = token(8)
    headers = {"authorization": f"Bearer {first}"}
    await client.post("/api/things", json={"name": subject}, headers=headers)
    await drain(paused.runtime)
    await client.post("/api/things", json={"name": "after"}, headers=headers)
    client.cookies.clear()
    answer = await client.get(f"/api/things?view=full&subject={subject}", headers={"authorization": f"Bearer {second}"})
    assert answer.json()["count"] == 1


async def test_a_lost_replica_is_left_and_comes_back(stack: Stack, toy: Process, client: httpx.AsyncClient) -> None:
    replica = toy.runtime.db.replicas[0]
    assert await eventually(lambda: replica.is_in)
    stack.standbys[0].stop()
    try:
        assert await eventually(lambda: not replica.is_in)
        assert (await client.get("/api/things?view=full")).status_code == 200
    finally:
        stack.standbys[0].start()
    assert await eventually(lambda: replica.is_in, within=20)
    assert (await client.get("/api/things?view=full")).status_code == 200


async def test_a_mark_of_another_timeline_reads_the_primary(toy: Process) -> None:
    db = toy.runtime.db
    db.primary_until = 0.0
    assert await eventually(lambda: db.replicas[0].is_in)
    seen = db.replicas[0].seen
    assert seen is not None
    assert db.read_source("africa", Position(seen.timeline, 0))[0] == "africa"
    assert db.read_source("africa", Position(seen.timeline + 1, 0))[0] == "primary"
