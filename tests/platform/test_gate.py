"""The gate: commit at the edge, headers, ETag and HEAD, refusals that store nothing."""

import httpx
import pytest

from nollycrewhub.platform.app import Process
from tests.platform.conftest import QUEUED


async def queued(toy: Process) -> int | None:
    """How many mails wait."""
    return await toy.runtime.db.read_session(primary=True).value(QUEUED)


async def test_success_commits_and_tells_the_position(toy: Process, client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/things", json={"name": "a"})
    assert answer.status_code == 201
    assert await queued(toy) == 1
    assert "/" in answer.headers["x-nch-position"]
    assert answer.headers["set-cookie"].startswith("nch_mark=")
    assert answer.headers["cache-control"] == "private, no-store"


async def test_refusal_rolls_back(toy: Process, client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/things", json={"name": "a", "fail": True})
    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/conflict"
    assert await queued(toy) == 0
    assert "x-nch-position" not in answer.headers


async def test_etag_304_and_head(client: httpx.AsyncClient) -> None:
    first = await client.get("/api/things?view=full")
    assert first.status_code == 200
    tag = first.headers["etag"]
    assert tag.startswith('"') and tag.endswith('"')
    again = await client.get("/api/things?view=full", headers={"if-none-match": f'"other", W/{tag}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == tag
    head = await client.head("/api/things?view=full")
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["etag"] == tag
    assert head.headers["content-length"] == first.headers["content-length"]
    other = await client.get("/api/things?view=compact")
    assert other.headers["etag"] != tag


async def test_allow_names_head_wherever_get_is_served(client: httpx.AsyncClient) -> None:
    refused = await client.patch("/api/things")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, OPTIONS, POST")
    assert (await client.delete("/api/mine")).headers["allow"] == "GET, HEAD, OPTIONS"
    asked = await client.options("/api/things")
    assert (asked.status_code, asked.content, asked.headers["allow"]) == (204, b"", "GET, HEAD, OPTIONS, POST")
    assert (await client.head("/api/things")).status_code == 200


async def test_shape_by_url_is_shared_and_by_device_is_not(client: httpx.AsyncClient) -> None:
    asked = await client.get("/api/things?view=compact")
    assert asked.json()["compact"] is True
    assert asked.headers["cache-control"] == "public, no-cache"
    assert asked.headers["cdn-cache-control"] == "no-store"  # the toy route has no tag to be purged by
    assert "vary" not in asked.headers
    phone = await client.get("/api/things", headers={"user-agent": "Mozilla/5.0 (Linux; Android 12) Mobile"})
    assert phone.json()["compact"] is True
    assert phone.headers["cdn-cache-control"] == "no-store"
    assert phone.headers["vary"] == "User-Agent, Sec-CH-UA-Mobile"
    desktop = await client.get("/api/things", headers={"user-agent": "Mozilla/5.0 (X11; Linux)"})
    assert desktop.json()["compact"] is False
    wrong = await client.get("/api/things?view=tiny")
    assert (wrong.status_code, wrong.json()["field"]) == (422, "view")


async def test_every_answer_carries_the_security_headers(client: httpx.AsyncClient) -> None:
    for path in ("/api/things", "/api/nothing", "/api/mine", "/livez"):
        headers = (await client.get(path)).headers
        policy = headers["content-security-policy"]
        assert "script-src 'self'" in policy
        assert "unsafe-inline" not in policy and "nonce" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert len(headers["x-request-id"]) == 32


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"\xff\xfe{", 400),
        (b"[" * 50_000, 400),
        (b"{", 400),
        (b'{"name": 3}', 422),
        (b"{}", 422),
        (b'{"name": "a", "more": 1}', 422),
        (b'{"name": "' + b"a" * 1_100_000 + b'"}', 413),
    ],
)
async def test_bad_bodies_are_refused_and_store_nothing(toy: Process, client: httpx.AsyncClient, content: bytes, status: int) -> None:
    answer = await client.post("/api/things", content=content, headers={"content-type": "application/json"})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(answer.json()) >= {"type", "title", "status", "detail", "request_id"}
    assert await queued(toy) == 0


async def test_a_fault_of_ours_tells_nothing_but_its_number(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/broken")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


async def test_forwarded_headers_are_believed_only_from_the_edge(client: httpx.AsyncClient) -> None:
    spoofed = await client.get("/api/things", headers={"cf-ipcountry": "US", "x-forwarded-for": "8.8.8.8"})
    assert spoofed.headers["x-region"] == "africa"


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"cookie": "session=abc"},
    ],
)
async def test_unsafe_requests_from_elsewhere_do_nothing(toy: Process, client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    answer = await client.post("/api/things", json={"name": "a"}, headers=headers)
    assert answer.status_code == 403
    assert await queued(toy) == 0


async def test_own_origin_passes(toy: Process, client: httpx.AsyncClient) -> None:
    headers = {"origin": toy.runtime.settings.public_url, "sec-fetch-site": "same-origin"}
    assert (await client.post("/api/things", json={"name": "a"}, headers=headers)).status_code == 201
