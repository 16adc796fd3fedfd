"""Bar D1 through all four caches: browser, edge, process and Valkey are warm, the replica stands still, and one's own job is there."""

from typing import Any

import httpx
import pytest

from nollycrewhub.devstack.cdn import EdgeSimulator
from nollycrewhub.kit.ids import token
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.worker import drain
from tests.cdn.browser import PrivateCache
from tests.conftest import FULL
from tests.faults.scene import member
from tests.faults.test_own_writes import PATHS, SIGNED_IN, reads, standing_still
from tests.journeys.conftest import JOB
from tests.measuring import Measure
from tests.twins.plan_headers import PlanHeaders

__all__ = ["standing_still"]
POSTS = 1000 if FULL else 6


def browser(process: Process, application: Any, **headers: str) -> httpx.AsyncClient:
    """A browser with a cache of its own."""
    url = process.runtime.settings.public_url
    headers = {"origin": url, "accept-encoding": "identity", **headers}
    return httpx.AsyncClient(transport=PrivateCache(application), base_url=url, headers=headers, timeout=60)


async def holds_d1(process: Process, application: Any, *, posts: int) -> dict[str, int]:
    """Every post of a person is on every list and page, on both devices, at once; a stranger keeps all caches warm meanwhile."""
    person, _ = await member(process)
    sessions = process.runtime.sessions
    cookies = [f"{process.gate.session_cookie}={await sessions.create(person.id, name=person.name)}" for _ in range(2)]
    missing: list[str] = []
    async with (
        browser(process, application, cookie=cookies[0]) as phone,
        browser(process, application, cookie=cookies[1]) as laptop,
        browser(process, application) as stranger,
    ):
        for client in (phone, laptop, stranger):
            await warm(client)
        for n in range(posts):
            word = f"Zq{token(9).lower().replace('-', 'x').replace('_', 'y')}"
            posted = await phone.post("/api/jobs", json={**JOB, "title": f"{word} wanted in Enugu"})
            assert posted.status_code == 201, posted.text
            job_id = posted.json()["job"]["id"]
            for device, client in (("phone", phone), ("laptop", laptop)):
                missing += [f"post {n}, {device}: {path}" for path in await reads(client, job_id, word)]
            await warm(stranger)
        seen = {"browser_304": sum(client._transport.unchanged for client in (phone, laptop, stranger))}  # type: ignore[attr-defined]
    assert not missing, f"one's own job is missing: {missing[:5]}"
    return seen


async def warm(client: httpx.AsyncClient) -> None:
    """Lists and pages, so that there is something to be shown instead."""
    for path in PATHS:
        if path not in SIGNED_IN and "{id}" not in path:
            await client.get(path.format(word="gaffer"))


async def test_ones_own_job_is_never_missing_behind_four_caches(
    clean: Process, standing_still: Process, edge: EdgeSimulator, measured: Measure
) -> None:
    """With the worker's purges coming late or not at all: what a person sees does not depend on them."""
    seen = await holds_d1(standing_still, edge.proxy, posts=POSTS)
    assert edge.hits > 0, "the edge kept nothing, so nothing was tried"
    before = len(edge.purged)
    await drain(standing_still.runtime)
    assert len(edge.purged) > before
    measured("D1", through="browser, edge, process, Valkey", posts=POSTS, devices=2, edge_hits=edge.hits, missing=0, **seen)


async def test_the_plans_header_hides_ones_own_job(clean: Process, standing_still: Process) -> None:
    with pytest.raises(AssertionError, match="one's own job is missing"):
        await holds_d1(standing_still, PlanHeaders(standing_still), posts=1)
