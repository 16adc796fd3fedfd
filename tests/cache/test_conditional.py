"""Bar C6: 304 without a body, a strong ETag for each representation, Vary that tells the truth, HEAD as GET."""

from collections.abc import Iterable

import httpx
import pytest

from nollycrewhub.platform.app import Process
from tests.cache.conftest import Join, visitor
from tests.measuring import Measure
from tests.twins.plan_cache import PlanHttp

PHONE = {"user-agent": "Mozilla/5.0 (Linux; Android 12) Mobile"}
FORMS: tuple[dict[str, str], ...] = (
    {"accept-encoding": "identity"},
    {"accept-encoding": "gzip"},
    {"accept-encoding": "identity", **PHONE},
    {"accept-encoding": "gzip", **PHONE},
)
OF_ITS_OWN = frozenset({"date", "x-request-id", "x-cache", "server"})
NAMED = {"accept-encoding": "accept-encoding", "user-agent": "user-agent"}


async def raw(client: httpx.AsyncClient, path: str, *, method: str = "GET", **headers: str) -> tuple[httpx.Response, bytes]:
    """An answer and its bytes as they travelled."""
    async with client.stream(method, path, headers=headers) as answer:
        return answer, b"".join([part async for part in answer.aiter_raw()])


async def holds_c6(client: httpx.AsyncClient, paths: Iterable[str]) -> int:
    """Over addresses and forms; the number of comparisons made."""
    seen = 0
    for path in paths:
        tags: dict[str, bytes] = {}
        bodies: list[tuple[dict[str, str], bytes, set[str]]] = []
        for form in FORMS:
            answer, body = await raw(client, path, **form)
            tag = answer.headers.get("etag", "")
            assert answer.status_code == 200, path
            assert tag.startswith('"'), f"{path}: no strong ETag"
            assert tags.setdefault(tag, body) == body, f"{path}: one ETag for two representations"
            again, nothing = await raw(client, path, **form, **{"if-none-match": tag})
            assert (again.status_code, nothing) == (304, b""), f"{path}: a known ETag was answered with {again.status_code}"
            assert {name: again.headers.get(name) for name in ("etag", "vary", "cache-control")} == {
                name: answer.headers.get(name) for name in ("etag", "vary", "cache-control")
            }
            assert "content-length" not in again.headers or again.headers["content-length"] == "0"
            head, none = await raw(client, path, method="HEAD", **form)
            assert none == b""
            assert plain(head) == plain(answer), f"{path}: HEAD differs"
            bodies.append((form, body, {word.strip().lower() for word in answer.headers.get("vary", "").split(",")}))
            seen += 1
        for form, body, varies in bodies:
            for other, another, _ in bodies:
                changed = {NAMED[name] for name in NAMED if form.get(name) != other.get(name)}
                assert body == another or changed & varies, f"{path}: {changed} change it and Vary says {varies}"
    return seen


def plain(answer: httpx.Response) -> dict[str, str]:
    """The headers that an answer and its HEAD share."""
    return {name: value for name, value in answer.headers.items() if name not in OF_ITS_OWN}


async def test_every_cached_address_speaks_http(clean: Process, join: Join, measured: Measure) -> None:
    poster = await join("Ngozi Bello")
    job = await poster.post_job()
    await poster.client.put("/api/profile", json={"name": "Ngozi Bello", "listed": True})
    handle = (await poster.client.get("/api/profile")).json()["user"]["handle"]
    table = clean.front.table
    values = {"job_id": str(job["id"]), "handle": handle}
    paths = [*table.exact, *(f"{head}/{values[name]}" for head, (_, name, _, _) in table.prefixes.items())]
    paths.remove(f"/cards/talent/{handle}")  # who has no photo has no picture
    paths += ["/api/jobs?view=compact", "/api/jobs?view=full", "/jobs?kind=crew", "/api/users?view=compact"]
    assert len(paths) >= 13
    async with visitor(clean) as client:
        seen = await holds_c6(client, paths)
        of_nobody = [path for path in paths if "x-cache" not in (await client.get(path)).headers]
    assert of_nobody == [], "declared as everyone's, and never kept"
    measured("C6", addresses=len(paths), forms=seen, wrong=0)


async def test_the_plans_handlers_do_not() -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=PlanHttp()), base_url="http://127.0.0.1") as client:
        with pytest.raises(AssertionError, match="answered with 200"):
            await holds_c6(client, ["/api/jobs"])
        small, large = (await client.get("/api/jobs", headers=PHONE), await client.get("/api/jobs"))
        assert small.content != large.content
        assert "vary" not in large.headers
