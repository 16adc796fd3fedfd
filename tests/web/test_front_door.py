"""What the whole program really sends for pages and their files: types, encodings, where crawlers may go."""

import gzip

import httpx
import pytest

from nollycrewhub.web import assets
from nollycrewhub.web.build import build


@pytest.mark.parametrize("name", ["main.css", "main.js", "manifest.webmanifest"])
async def test_a_file_is_packed_once(app_client: httpx.AsyncClient, name: str) -> None:
    build()
    plain = (assets.DIST / "assets" / assets.manifest()[name]).read_bytes()
    async with app_client.stream("GET", assets.asset(name), headers={"accept-encoding": "gzip"}) as answer:
        raw = b"".join([part async for part in answer.aiter_raw()])
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(raw) == plain
    unpacked = await app_client.get(assets.asset(name), headers={"accept-encoding": "identity"})
    assert (unpacked.headers.get("content-encoding"), unpacked.content) == (None, plain)


async def test_types_are_said_once(app_client: httpx.AsyncClient) -> None:
    told = {
        path: (await app_client.get(path)).headers["content-type"]
        for path in ("/", "/jobs", assets.asset("main.css"), assets.asset("main.js"))
    }
    assert told == {
        "/": "text/html; charset=utf-8", "/jobs": "text/html; charset=utf-8",
        assets.asset("main.css"): "text/css; charset=utf-8", assets.asset("main.js"): "text/javascript; charset=utf-8",
    }  # fmt: skip
    missing = await app_client.get("/jobs/99999999", headers={"accept": "text/html"})
    assert (missing.status_code, missing.headers["content-type"]) == (404, "text/html; charset=utf-8")
