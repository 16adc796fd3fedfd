"""Accept-Encoding is read by one rule, whoever packs: the shared answers, the framework, or the build."""

import httpx
import pytest

from nollycrewhub.platform.app import Process
from nollycrewhub.web import assets
from nollycrewhub.web.build import build
from tests.journeys.conftest import Join

REFUSED = ("gzip;q=0", "br, gzip; q=0.000", "identity, GZIP;Q=0")
TAKEN = ("gzip", "br;q=1.0, gzip;q=0.5", "*;q=0, gzip")
PATHS = (
    "/sitemap-jobs.xml",
    "/schema/openapi.json",
    "/schema",
    "/jobs",
    "/docs",
    "/api/users/me/export",
    "main.css",
    "/api/jobs?sort=wrong",
    "/me",
)


async def encoding_of(client: httpx.AsyncClient, path: str, accepts: str) -> tuple[str | None, int]:
    """How an answer is packed, and how long it is unpacked."""
    answer = await client.get(path, headers={"accept-encoding": accepts})
    assert answer.status_code in (200, 422)
    return answer.headers.get("content-encoding"), len(answer.content)


@pytest.mark.parametrize("path", PATHS)
async def test_gzip_is_never_forced_on_who_refuses_it(process: Process, join: Join, path: str) -> None:
    build()
    client = (await join()).client
    path = path if path.startswith("/") else assets.asset(path)
    for accepts in REFUSED:
        assert (await encoding_of(client, path, accepts))[0] is None, accepts
    for accepts in TAKEN:
        encoding, length = await encoding_of(client, path, accepts)
        assert encoding == ("gzip" if length >= 800 else None), accepts


async def test_a_refusal_in_a_header_of_its_own_is_heard(join: Join) -> None:
    client = (await join()).client
    answer = await client.get("/docs", headers=[("accept-encoding", "br"), ("accept-encoding", "gzip;q=0")])
    assert "content-encoding" not in answer.headers
