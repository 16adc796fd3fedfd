"""No retry storm (bar L4): a provider that fails every second time is not asked more often because it fails."""

import asyncio
import contextlib
from pathlib import Path

import httpx
import msgspec
import pytest

from nollycrewhub.platform.settings import Settings
from tests.conftest import FULL
from tests.measuring import Measure
from tests.served import Served, environment

ASKED = 1_000 if FULL else 60
AT_ONCE = 8
BUDGET = 1.1


class Failing:
    """A provider that fails one question in so many (1: all), hanging up each time, and counts them."""

    def __init__(self, one_in: int) -> None:
        self.one_in = one_in
        self.calls = 0
        self.issuer = ""

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            self.calls += 1
            fails = self.calls % self.one_in == 0
            names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
            body = b"{}" if fails else msgspec.json.encode({"issuer": self.issuer, **{name: f"{self.issuer}/{name}" for name in names}})
            status = "503 Service Unavailable" if fails else "200 OK"
            head = f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
            writer.write(head.encode() + body)
            await writer.drain()
        writer.close()


@pytest.mark.full
@pytest.mark.parametrize("one_in", [1, 2])
async def test_a_failing_provider_is_not_asked_more_for_it(one_in: int, settings: Settings, tmp_path: Path, measured: Measure) -> None:
    provider = Failing(one_in)
    server = await asyncio.start_server(provider, "127.0.0.1", 0)
    issuer = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    provider.issuer = issuer
    env = environment(settings, GOOGLE_CLIENT_ID="client", GOOGLE_CLIENT_SECRET="a-secret-of-tests-only", GOOGLE_ISSUER=issuer)
    served = Served(tmp_path, ["serve"], env).ready()
    statuses: list[int] = []
    gate = asyncio.Semaphore(AT_ONCE)
    try:
        async with httpx.AsyncClient(base_url=served.url, timeout=20) as client:

            async def one() -> None:
                async with gate:
                    statuses.append((await client.get("/signin/google")).status_code)

            await asyncio.gather(*(one() for _ in range(ASKED)))
    finally:
        served.stop()
        server.close()
    measured("L4", what=f"sign-in with Google, one in {one_in} fails", requests=ASKED, calls_upstream=provider.calls, a_request=round(provider.calls / ASKED, 3),
             told_to_come_again=statuses.count(503))  # fmt: skip
    assert 0 < provider.calls <= ASKED * BUDGET
    assert not [status for status in statuses if status >= 500 and status != 503], statuses
