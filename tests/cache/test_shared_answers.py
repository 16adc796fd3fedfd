"""Shared answers at the front door: found again, overtaken by writes, never in a writer's way, never anybody's own."""

import asyncio
import gzip
import time

import pytest

from nollycrewhub.platform import metrics
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.httpcache.counting import RESULTS
from nollycrewhub.platform.worker import drain
from tests.cache.conftest import Join, eventually, visitor

PAGES = ("/", "/jobs", "/jobs?state=LA&kind=crew", "/api/jobs?view=full", "/api/jobs?view=compact", "/talent", "/api/users?view=full")


@pytest.mark.parametrize("path", PAGES)
async def test_a_second_visitor_is_answered_from_memory(clean: Process, path: str) -> None:
    async with visitor(clean) as client:
        first = await client.get(path)
        second = await client.get(path)
        assert (first.status_code, first.headers["x-cache"]) == (200, "filled")
        assert (second.status_code, second.headers["x-cache"]) == (200, "hit")
        assert second.content == first.content
        assert second.headers["etag"] == first.headers["etag"]
        assert second.headers["cache-control"] == "public, no-cache"
        assert second.headers["cdn-cache-control"] == "max-age=900"
        assert second.headers["cache-tag"] in ("jobs", "jobs-s-LA", "talent,talent-withdrawn")
        assert "script-src 'self'" in second.headers["content-security-policy"]


async def test_not_modified_head_and_packed_forms(clean: Process) -> None:
    async with visitor(clean, **{"accept-encoding": "identity"}) as client:
        plain = await client.get("/jobs")
        async with client.stream("GET", "/jobs", headers={"accept-encoding": "gzip"}) as answer:
            packed = b"".join([part async for part in answer.aiter_raw()])
        assert answer.headers["content-encoding"] == "gzip"
        assert gzip.decompress(packed) == plain.content
        assert answer.headers["etag"] != plain.headers["etag"]
        assert "Accept-Encoding" in answer.headers["vary"]
        assert int(answer.headers["content-length"]) == len(packed)
        for tag in (plain.headers["etag"], f"W/{plain.headers['etag']}", f'"x", {answer.headers["etag"]}', "*"):
            again = await client.get("/jobs", headers={"if-none-match": tag})
            assert (again.status_code, again.content) == (304, b"")
            assert "content-type" not in again.headers
            assert again.headers["etag"] == plain.headers["etag"]
        assert (await client.get("/jobs", headers={"if-none-match": '"other"'})).status_code == 200
        head = await client.head("/jobs")
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == plain.headers["content-length"]


async def test_a_phone_and_a_desktop_have_copies_of_their_own(clean: Process) -> None:
    phone = {"user-agent": "Mozilla/5.0 (Linux; Android 12) Mobile"}
    async with visitor(clean) as client:
        for _ in range(2):
            small, large = await client.get("/api/jobs", headers=phone), await client.get("/api/jobs")
            for answer in (small, large):
                assert answer.headers["cdn-cache-control"] == "no-store"
                assert "User-Agent" in answer.headers["vary"]
            assert all(len(job) == 6 for job in small.json()["jobs"])
            assert all(len(job) > 6 for job in large.json()["jobs"])
        assert small.headers["x-cache"] == large.headers["x-cache"] == "hit"


async def test_one_spelling_of_equal_questions(clean: Process) -> None:
    async with visitor(clean) as client:
        await client.get("/api/jobs?view=full&state=LA&kind=crew&limit=20")
        for same in (
            "kind=crew&state=LA&view=full",
            "view=full&kind=crew&state=LA&open=true&sort=newest&q=",
            "state=LA&kind=casting&kind=crew&view=full",
        ):
            assert (await client.get(f"/api/jobs?{same}")).headers["x-cache"] == "hit"
        wrong = await client.get("/api/jobs?view=full&state=XX")
        assert (wrong.status_code, wrong.json()["field"], "x-cache" in wrong.headers) == (422, "state", False)


async def test_the_writer_reads_their_own_and_everyone_soon(clean: Process, other: Process, join: Join) -> None:
    """The list was kept everywhere before the post; the poster finds it at once, strangers at both instances a moment later."""
    poster = await join()
    paths = ("/jobs", "/api/jobs?view=full", "/")
    async with visitor(clean) as here, visitor(other) as there:
        for path in paths:
            await here.get(path)
            await there.get(path)
        job = await poster.post_job(title="Gaffer for the night scenes")
        for path in paths:
            own = await poster.client.get(path)
            assert str(job["id"]) in own.text
        for client in (here, there):

            async def is_there(path: str, client=client) -> bool:  # type: ignore[no-untyped-def]
                return str(job["id"]) in (await client.get(path)).text

            for path in paths:
                for _ in range(200):
                    if await is_there(path):
                        break
                    await asyncio.sleep(0.01)
                assert await is_there(path)


async def test_what_is_closed_is_closed_for_everyone_at_once(clean: Process, other: Process, join: Join) -> None:
    poster = await join()
    job = await poster.post_job()
    async with visitor(clean) as here, visitor(other) as there:
        for client in (here, there):
            for _ in range(2):
                assert (await client.get(f"/api/jobs/{job['id']}")).json()["job"]["status"] == "open"
        assert (await poster.client.post(f"/api/jobs/{job['id']}/close")).status_code == 200
        assert (await here.get(f"/api/jobs/{job['id']}")).json()["job"]["status"] == "closed"
        memory = other.runtime.caches.memory
        assert await eventually(lambda: not any(f"/api/jobs/{job['id']}|" in key for key in memory.entries))
        assert (await there.get(f"/api/jobs/{job['id']}")).json()["job"]["status"] == "closed"


async def test_a_writer_killed_before_telling_is_mended_by_the_job(clean: Process, join: Join) -> None:
    poster = await join()
    job = await poster.post_job()
    await drain(clean.runtime)
    async with visitor(clean) as client:
        await client.get(f"/api/jobs/{job['id']}")
        told, clean.runtime.db.after_commit[:] = list(clean.runtime.db.after_commit), []
        await poster.client.post(f"/api/jobs/{job['id']}/close")
        assert (await client.get(f"/api/jobs/{job['id']}")).json()["job"]["status"] == "open"
        clean.runtime.db.after_commit[:] = told
        await drain(clean.runtime)
        assert (await client.get(f"/api/jobs/{job['id']}")).json()["job"]["status"] == "closed"


async def test_signed_in_people_share_the_bytes_and_private_pages_are_never_kept(clean: Process, join: Join) -> None:
    ada, bola = await join("Ada Obi"), await join("Bola Ojo")
    first, second = await ada.client.get("/jobs"), await bola.client.get("/jobs")
    assert first.content == second.content
    assert "set-cookie" not in first.headers
    for path in ("/me", "/me/jobs", "/api/profile", "/me/strip"):
        answer = await ada.client.get(path)
        assert answer.headers["cache-control"] == "private, no-store"
        assert "x-cache" not in answer.headers
    assert not any("/me" in key or "profile" in key for key in clean.runtime.caches.memory.entries)


async def test_the_cache_may_be_lost_or_gone(clean: Process, join: Join) -> None:
    poster = await join()
    async with visitor(clean) as client:
        await client.get("/jobs")
        await clean.runtime.valkeys.cache.flushdb()
        job = await poster.post_job(title="Boom operator after the loss")
        assert str(job["id"]) in (await poster.client.get("/jobs")).text
        assert str(job["id"]) in (await client.get("/jobs?sort=deadline&limit=100&q=loss")).text


async def test_strangers_questions_are_bounded(clean: Process) -> None:
    from nollycrewhub.platform.httpcache import front

    async with visitor(clean) as client:
        clean.front.newcomers["127.0.0.1"] = (int(time.monotonic() // 60), front.NEW_A_MINUTE)
        answer = await client.get("/api/jobs?view=full&q=unheard")
        assert (answer.status_code, "x-cache" in answer.headers) == (200, False)


async def test_each_level_is_counted(clean: Process, other: Process) -> None:
    """One refill, one copy from Valkey at the other instance, one hit, one answer of 304: the ratio of a level is its share."""

    def counted() -> dict[str, float]:
        return {
            result: metrics.REGISTRY.get_sample_value("nch_shared_answers_total", {"namespace": "jobs-page", "result": result}) or 0.0
            for result in RESULTS
        }

    before = counted()
    async with visitor(clean) as here, visitor(other) as there:
        tag = (await here.get("/jobs")).headers["etag"]
        for task in list(clean.front.background):
            await task
        await there.get("/jobs")
        await here.get("/jobs")
        await here.get("/jobs", headers={"if-none-match": tag})
    found = {result: after - before[result] for result, after in counted().items() if after != before[result]}
    assert found == {"filled": 1, "copied": 1, "hit": 1, "not-modified": 1}


def test_a_declaration_that_no_write_touches_is_refused() -> None:
    from nollycrewhub.platform.httpcache import shared

    with pytest.raises(ValueError, match="renewed"):
        shared("nothing")


async def test_a_post_elsewhere_leaves_a_list_alone(clean: Process, join: Join) -> None:
    poster = await join()
    async with visitor(clean) as client:
        for path in ("/jobs?state=KN", "/jobs?state=EN", "/jobs"):
            await client.get(path)
        await poster.post_job()
        assert await eventually(lambda: clean.runtime.caches.memory.entries["/jobs|/jobs|state=EN||en"].stale_since > 0)
        assert clean.runtime.caches.memory.entries["/jobs|/jobs|state=KN||en"].stale_since == 0
        assert (await client.get("/jobs?state=KN")).headers["x-cache"] == "hit"
