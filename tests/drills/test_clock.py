"""Instances whose clocks are five minutes fast and slow beside a right one (bar L9): nobody is signed out, nothing is missed or done twice."""

import asyncio
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import httpx
import pytest

from nollycrewhub.platform.settings import Settings
from nollycrewhub.services import monolith
from tests.faults.scene import Scene
from tests.journeys.conftest import JOB, PASSWORD
from tests.measuring import Measure
from tests.served import Served, environment

OFF = {"right": "", "fast": "+300", "slow": "-300"}
PLACES = ("/usr/lib/*/faketime/libfaketime.so.1", "/usr/lib/faketime/libfaketime.so.1", "/opt/homebrew/lib/faketime/libfaketime.1.dylib")


def library() -> str:
    """What makes a process believe in another time; a missing one fails the test, as every missing tool does."""
    found = [path for place in PLACES for path in Path("/").glob(place.lstrip("/"))]
    assert found, "faketime is missing: make tools"
    return str(found[0])


@pytest.fixture
def instances(settings: Settings, tmp_path: Path) -> Iterator[dict[str, Served]]:
    """Three, on the same servers."""
    started: dict[str, Served] = {}
    for name, off in OFF.items():
        (folder := tmp_path / name).mkdir()
        skew = {"LD_PRELOAD": library(), "FAKETIME": off, "FAKETIME_DONT_FAKE_MONOTONIC": "1"} if off else {}
        started[name] = Served(folder, ["serve"], environment(settings, INSTANCE_ID=name, POOL_WAIT="5", **skew))
    yield {name: served.ready() for name, served in started.items()}
    for served in started.values():
        served.stop()


@pytest.mark.full
async def test_nobody_notices(settings: Settings, instances: dict[str, Served], measured: Measure) -> None:
    process = monolith.create_app(settings)
    await process.runtime.start()
    scene = await Scene(process).build()
    await process.runtime.stop()
    clients = {
        name: httpx.AsyncClient(base_url=served.url, timeout=20, headers={"origin": served.url}) for name, served in instances.items()
    }
    entered = kept = seen = once = ended = 0
    for name, here in clients.items():
        answer = await here.post("/api/auth/login", json={"email": str(scene.people["poster"].email), "password": PASSWORD})
        entered += answer.status_code == 200
        bearer = {"authorization": f"Bearer {answer.json()['token']}"}
        kept += sum([(await there.get("/api/profile", headers=bearer)).status_code == 200 for there in clients.values()])
        key = {**bearer, "idempotency-key": f"clock-drill-{name}"}
        posted = await here.post("/api/jobs", json={**JOB, "title": f"Clock {name} wanted"}, headers=key)
        assert posted.status_code == 201, posted.text
        job, mark = posted.json()["job"]["id"], {"x-nch-position": posted.headers["x-nch-position"]}
        for there in clients.values():
            seen += (await there.get(f"/api/jobs/{job}", headers={**bearer, **mark})).status_code == 200
            again = await there.post("/api/jobs", json={**JOB, "title": f"Clock {name} wanted"}, headers=key)
            once += again.json()["job"]["id"] == job
        await here.post("/api/auth/logout", headers=bearer)
        await asyncio.sleep(1)
        ended += sum([(await there.get("/api/profile", headers=bearer)).status_code == 401 for there in clients.values()])
    for client in clients.values():
        await client.aclose()
    measured(
        "L9",
        what="five minutes fast, and slow",
        signed_in=entered,
        sessions_known=kept,
        posts_seen=seen,
        done_once=once,
        signed_out=ended,
        of=9,
    )
    assert (entered, kept, seen, once, ended) == (3, 9, 9, 9, 9)


@pytest.mark.full
def test_the_clocks_are_really_off(instances: dict[str, Served]) -> None:
    """Each instance's own log says the time it believes in."""
    at = {name: datetime.fromisoformat(served.lines()[0]["timestamp"]) for name, served in instances.items()}
    assert 270 < (at["fast"] - at["right"]).total_seconds() < 330
    assert 270 < (at["right"] - at["slow"]).total_seconds() < 330
