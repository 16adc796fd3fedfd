"""The port to the edge: Cloudflare's adapter against the simulator and its moods, and what is purged after a commit."""

import asyncio
import contextlib
from datetime import timedelta

import httpx
import pytest

from nollycrewhub.devstack.cdn import EdgeSimulator
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.httpcache import touching
from nollycrewhub.platform.httpcache.cdn import LONGEST, PATIENCE, Cloudflare, NoCdn, PurgeRefused
from nollycrewhub.platform.queue import Retry
from nollycrewhub.platform.worker import drain
from tests.cdn.conftest import Join, at_edge

DUE = "update platform.pgqueuer set execute_after = now() where entrypoint = 'cache.purge'"


async def test_no_edge_has_nothing_to_forget() -> None:
    nowhere = NoCdn()
    assert await nowhere.purge(["jobs"]) is False
    await nowhere.stop()


async def test_the_adapter_purges_in_calls_the_edge_accepts(clean: Process, edge: EdgeSimulator) -> None:
    cdn = clean.runtime.caches.cdn
    assert await cdn.purge([f"job-{n}" for n in range(65)]) is True
    assert [len(tags) for tags in edge.purged] == [30, 30, 5]


async def test_the_adapter_tells_apart_what_is_busy_and_what_is_refused(clean: Process, edge: EdgeSimulator) -> None:
    cdn = clean.runtime.caches.cdn
    for wish, waited in ((7, 7.0), (86_400, LONGEST)):
        edge.faults.append("busy")
        edge.retry_after = wish
        with pytest.raises(Retry) as asked:
            await cdn.purge(["jobs"])
        assert asked.value.after == waited
    assert PATIENCE < LONGEST
    for fault in ("broken", "gone", "page"):
        edge.faults.append(fault)  # type: ignore[arg-type]
        with pytest.raises(PurgeRefused):
            await cdn.purge(["jobs"])
    assert edge.purged == []
    edge.faults.extend(("slow", "twice"))
    assert await cdn.purge(["jobs"]) is True
    assert await cdn.purge(["talent"]) is True
    assert edge.purged == [["jobs"], ["talent"], ["talent"]]


async def test_a_wrong_token_or_zone_purges_nothing(clean: Process, edge: EdgeSimulator) -> None:
    url = str(clean.runtime.caches.cdn.client.base_url)  # type: ignore[attr-defined]
    for wrong in (Cloudflare(api_url=url, zone=edge.zone, token="other"), Cloudflare(api_url=url, zone="other", token=edge.token)):  # noqa: S106
        with pytest.raises(PurgeRefused, match=r"40[34]"):
            await wrong.purge(["jobs"])
        await wrong.stop()
    assert edge.purged == []


async def state(client: httpx.AsyncClient, path: str) -> str:
    """How the edge answered."""
    answer = await client.get(path)
    assert answer.status_code == 200
    return answer.headers["cf-cache-status"]


async def test_the_edge_keeps_what_is_everyones_and_lets_people_through(clean: Process, edge: EdgeSimulator, join: Join) -> None:
    person = await join()
    token = person.client.cookies["session"]
    async with at_edge(edge, clean) as stranger:
        for path in ("/", "/jobs", "/talent", "/api/jobs?view=full", "/api/jobs?view=compact"):
            assert [await state(stranger, path), await state(stranger, path)] == ["MISS", "HIT"]
            for headers in (
                {"cookie": f"session={token}"}, {"cookie": "nch_mark=x"}, {"authorization": f"Bearer {token}"}, {"x-nch-position": "1/5"},
            ):  # fmt: skip
                assert (await stranger.get(path, headers=headers)).headers["cf-cache-status"] == "BYPASS"
        assert [await state(stranger, "/api/jobs"), await state(stranger, "/api/jobs")] == ["DYNAMIC", "DYNAMIC"]
        tag = (await stranger.get("/jobs")).headers["etag"]
        assert (await stranger.get("/jobs", headers={"if-none-match": tag})).status_code == 304
        assert "cache-tag" not in (await stranger.get("/jobs")).headers


async def test_a_commit_takes_the_edges_copies_with_it(clean: Process, edge: EdgeSimulator, join: Join) -> None:
    """Posted, then closed: each time the copies are gone by the job, and the rest stays."""
    poster = await join()
    async with at_edge(edge, clean) as stranger:
        await state(stranger, "/talent")
        assert "Focus puller by night" not in (await stranger.get("/jobs")).text
        job = await poster.post_job(title="Focus puller by night")
        await drain(clean.runtime)
        path = f"/api/jobs/{job['id']}?view=full"  # without a view the device decides, and no edge keeps that
        assert "Focus puller by night" in await until_seen(stranger, "/jobs", "Focus puller by night")
        assert (await stranger.get(path)).json()["job"]["status"] == "open"
        assert await state(stranger, path) == "HIT"
        await poster.client.post(f"/api/jobs/{job['id']}/close")
        await drain(clean.runtime)
        assert (await stranger.get(path)).json()["job"]["status"] == "closed"
        assert await state(stranger, "/talent") == "HIT"


async def until_seen(client: httpx.AsyncClient, path: str, words: str) -> str:
    """The page once it has the words; a namespace rises once a second and is renewed behind a reader."""
    for _ in range(200):
        text = (await client.get(path)).text
        if words in text:
            return text
        await asyncio.sleep(0.02)
    return text


async def test_a_purge_outlives_the_edges_bad_hour(clean: Process, edge: EdgeSimulator, join: Join) -> None:
    """The interface is busy, broken and behind a sign-in page; the job is tried again, and the copy goes."""
    poster = await join()
    job = await poster.post_job()
    await drain(clean.runtime)
    path = f"/api/jobs/{job['id']}?view=full"  # without a view the device decides, and no edge keeps that
    async with at_edge(edge, clean) as stranger:
        assert [await state(stranger, path), await state(stranger, path)] == ["MISS", "HIT"]
        edge.faults.extend(("busy", "broken", "page"))
        edge.purged.clear()

        def is_purged() -> bool:
            return any(f"job-{job['id']}" in tags for tags in edge.purged)

        await poster.client.post(f"/api/jobs/{job['id']}/close")
        for _ in range(12):
            await due(clean)
            with contextlib.suppress(Retry, PurgeRefused):
                await drain(clean.runtime)
            if is_purged():
                break
        assert not edge.faults
        assert is_purged()
        assert (await stranger.get(path)).json()["job"]["status"] == "closed"


async def due(process: Process) -> None:
    """Time passes for the jobs that wait."""
    async with process.runtime.db.write_session() as session:
        await session.sql(DUE)
        await process.runtime.db.commit(session)


async def test_an_old_answer_on_its_way_during_the_purge_goes_with_the_second(clean: Process, edge: EdgeSimulator, join: Join) -> None:
    """The origin has answered, the purge passes, and then the edge keeps the old answer: three seconds later it is purged again."""
    assert timedelta(seconds=3) == touching.AGAIN_AFTER
    poster = await join()
    job = await poster.post_job()
    await drain(clean.runtime)
    path = f"/api/jobs/{job['id']}?view=full"  # without a view the device decides, and no edge keeps that
    async with at_edge(edge, clean) as stranger:
        edge.held = asyncio.Event()
        late = asyncio.create_task(stranger.get(path))
        for _ in range(200):
            if any(path in key for key in clean.runtime.caches.memory.entries):
                break
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        await poster.client.post(f"/api/jobs/{job['id']}/close")
        await drain(clean.runtime)
        edge.held.set()
        assert (await late).json()["job"]["status"] == "open"
        edge.held = None
        assert (await stranger.get(path)).json()["job"]["status"] == "open", "the edge kept no old answer, so nothing was tried"
        await due(clean)
        await drain(clean.runtime)
        assert (await stranger.get(path)).json()["job"]["status"] == "closed"
