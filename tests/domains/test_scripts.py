"""A script is uploaded, read by the queue's job, and seen by its owner only; twenty megabytes do not fill the memory."""

import secrets
import tracemalloc
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from nollycrewhub.domains.projects.module import MODULE
from nollycrewhub.domains.projects.tasks import analyse
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.queue import Rate
from tests.unit.test_scene_rules import SCRIPT

Drain = Callable[[], Awaitable[int]]
TEXT = {"content-type": "text/plain; charset=utf-8"}


@pytest.fixture
async def ada(process: Process, app_client: httpx.AsyncClient) -> dict[str, str]:
    """A signed-in person's headers."""
    return await signed_in(process)


async def signed_in(process: Process) -> dict[str, str]:
    """Headers of somebody new."""
    token = await process.runtime.sessions.create(uuid4(), name="Ada")
    return {"authorization": f"Bearer {token}"}


def test_the_queue_has_exactly_the_plans_numbers() -> None:
    assert analyse.name == "script-analysis"
    assert analyse.rate == Rate(100, 1.0)
    assert (analyse.attempts, analyse.backoff, analyse.waits_whole, analyse.at_once, analyse.alarm_above) == (3, 1.0, True, 10, 1000)
    assert analyse.keep_done is None
    assert analyse.keep_failed.most > 0
    assert analyse in MODULE.tasks


async def test_from_upload_to_scenes(app_client: httpx.AsyncClient, ada: dict[str, str], worker_drain: Drain) -> None:
    sent = await app_client.post("/api/projects/scripts?title=Iya", content=SCRIPT.encode(), headers={**ada, **TEXT})
    assert sent.status_code == 201, sent.text
    script = sent.json()["script"]
    assert (script["title"], script["state"], script["size"]) == ("Iya", "waiting", len(SCRIPT.encode()))
    waiting = (await app_client.get(f"/api/projects/scripts/{script['id']}", headers=ada)).json()
    assert (waiting["script"]["state"], waiting["scenes"]) == ("waiting", [])
    await worker_drain()
    seen = (await app_client.get(f"/api/projects/scripts/{script['id']}?limit=5", headers=ada)).json()
    assert seen["script"]["state"] == "ready"
    assert seen["script"]["progress"] == {"done": script["size"], "of": script["size"]}
    assert seen["script"]["scene_count"] == 8
    assert [scene["place"] for scene in seen["scenes"]] == ["INT", "EXT", "INT/EXT", "INT/EXT", ""]
    rest = (await app_client.get(f"/api/projects/scripts/{script['id']}?cursor={seen['next']}", headers=ada)).json()
    assert [scene["n"] for scene in rest["scenes"]] == [6, 7, 8]
    assert rest["next"] is None


async def test_a_form_carries_the_file_too(app_client: httpx.AsyncClient, ada: dict[str, str], worker_drain: Drain) -> None:
    sent = await app_client.post("/api/projects/scripts", files={"script": ("danfo.fountain", SCRIPT.encode(), "text/plain")}, headers=ada)
    assert sent.status_code == 201, sent.text
    assert sent.json()["script"]["title"] == "danfo"
    await worker_drain()
    listed = (await app_client.get("/api/projects/scripts", headers=ada)).json()["scripts"]
    assert [(one["state"], one["scene_count"]) for one in listed] == [("ready", 8)]


async def test_only_the_owner_finds_it_and_deletes_it(
    process: Process, app_client: httpx.AsyncClient, ada: dict[str, str], worker_drain: Drain
) -> None:
    path = (
        "/api/projects/scripts/"
        + (await app_client.post("/api/projects/scripts", content=SCRIPT.encode(), headers={**ada, **TEXT})).json()["script"]["id"]
    )
    stranger = await signed_in(process)
    assert (await app_client.get(path, headers=stranger)).status_code == 404
    assert (await app_client.delete(path, headers=stranger)).status_code == 404
    assert (await app_client.get(path, headers=ada)).status_code == 200
    files = list((Path(process.runtime.settings.media_folder) / "scripts").iterdir())
    assert (await app_client.delete(path, headers=ada)).status_code == 204
    assert (await app_client.get(path, headers=ada)).status_code == 404
    await worker_drain()
    left = list((Path(process.runtime.settings.media_folder) / "scripts").iterdir())
    assert len(left) == len(files) - 1


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [(b"", "text/plain", 422), (b"{}", "application/json", 415), (b"INT. A - DAY", "text/html", 415)],
)
async def test_what_is_no_text_is_refused(
    app_client: httpx.AsyncClient, ada: dict[str, str], content: bytes, kind: str, status: int
) -> None:
    sent = await app_client.post("/api/projects/scripts", content=content, headers={**ada, "content-type": kind})
    assert sent.status_code == status
    assert (await app_client.get("/api/projects/scripts", headers=ada)).json()["scripts"] == []


@pytest.mark.parametrize(
    ("raw", "state", "count"),
    [
        ("INT. CAFÉ - DAY\n".encode("cp1252"), "ready", 1),
        (b"INT. A - DAY\n\0\0", "unreadable", 0),
        (b"\x81 not a letter in any of them", "unreadable", 0),
        ("INT. A\n".encode("utf-16"), "unreadable", 0),
    ],
)
async def test_encodings(
    app_client: httpx.AsyncClient, ada: dict[str, str], worker_drain: Drain, raw: bytes, state: str, count: int
) -> None:
    await app_client.post("/api/projects/scripts", content=raw, headers={**ada, **TEXT})
    await worker_drain()
    script = (await app_client.get("/api/projects/scripts", headers=ada)).json()["scripts"][0]
    assert (script["state"], script["scene_count"]) == (state, count)
    assert bool(script["problem"]) == (state == "unreadable")


async def test_the_eleventh_waiting_script_is_turned_away(app_client: httpx.AsyncClient, ada: dict[str, str], worker_drain: Drain) -> None:
    for _ in range(10):
        assert (await app_client.post("/api/projects/scripts", content=b"INT. A - DAY", headers={**ada, **TEXT})).status_code == 201
    assert (await app_client.post("/api/projects/scripts", content=b"INT. A - DAY", headers={**ada, **TEXT})).status_code == 429
    await worker_drain()
    assert (await app_client.post("/api/projects/scripts", content=b"INT. A - DAY", headers={**ada, **TEXT})).status_code == 201


async def test_twenty_megabytes_pass_through_little_memory(app_client: httpx.AsyncClient, ada: dict[str, str], worker_drain: Drain) -> None:
    page = (
        ("INT. ROOM - DAY\n\n" + "She looks at the door and says nothing at all. " * 4 + "\n").encode()
        + secrets.token_hex(8000).encode()
        + b"\n"
    )

    async def pieces(size: int):  # type: ignore[no-untyped-def]
        sent = 0
        while sent < size:
            piece = page[: size - sent]
            sent += len(piece)
            yield piece

    too_big = await app_client.post("/api/projects/scripts", content=pieces(20_100_000), headers={**ada, **TEXT})
    assert too_big.status_code == 413
    tracemalloc.start()
    try:
        sent = await app_client.post("/api/projects/scripts", content=pieces(20_000_000), headers={**ada, **TEXT})
        assert sent.status_code == 201, sent.text
        await worker_drain()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    script = (await app_client.get("/api/projects/scripts", headers=ada)).json()["scripts"][0]
    assert (script["state"], script["size"]) == ("ready", 20_000_000)
    assert script["scene_count"] > 1000
    assert peak < 16_000_000
