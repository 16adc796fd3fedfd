"""A deploy that nobody notices: every process replaced under load, no request failed (bar L1, without sockets)."""

import asyncio
import signal
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from nollycrewhub.loadtest.line import Ask
from nollycrewhub.platform.settings import Settings
from tests.conftest import FULL
from tests.measuring import Measure
from tests.openloop import OpenLoop, part
from tests.served import Served, environment

ROLLS = 50 if FULL else 2
RATE = 300.0 if FULL else 40.0
PATHS = ["/jobs", "/api/jobs?view=compact", "/talent", "/api/jobs?view=full&q=nobody", "/livez"]


async def test_a_rolling_restart_fails_no_request(
    settings: Settings, tmp_path: Path, balanced: Callable[[list[str]], str], measured: Measure
) -> None:
    served = Served(tmp_path, ["serve", "--workers", "2"], environment(settings, DRAIN_WAIT="0.5")).ready()
    try:
        url = balanced([served.url])
        done = asyncio.Event()
        load = OpenLoop(url)
        running = asyncio.create_task(load.run(lambda n: Ask("page", "GET", PATHS[n % len(PATHS)]), rate=RATE, until=done.is_set))
        for roll in range(1, ROLLS + 1):
            served.process.send_signal(signal.SIGUSR1)
            until = time.monotonic() + 90
            while served.said().count("Every process is a new one") + served.stdout.read_text().count("Every process is a new one") < roll:
                assert time.monotonic() < until, served.said()[-2000:]
                await asyncio.sleep(0.1)
        done.set()
        await running
        statuses = load.statuses()
        failed = sum(statuses.values()) - statuses[200]
        measured("L1", rolls=ROLLS, rate=RATE, requests=sum(statuses.values()), failed=failed,
                 p95_ms=part([outcome.seconds for outcome in load.outcomes], 0.95))  # fmt: skip
        assert set(statuses) == {200}, (statuses, load.why)
    finally:
        assert served.stop() == 0


async def test_not_ready_first_and_then_gone(settings: Settings, tmp_path: Path, measured: Measure) -> None:
    """SIGTERM: /readyz says no while requests are still answered, each closing its connection; then exit 0."""
    served = Served(tmp_path, ["serve"], environment(settings, DRAIN_WAIT="2")).ready()
    async with httpx.AsyncClient(base_url=served.url) as client:
        assert (await client.get("/readyz")).status_code == 200
        served.process.terminate()
        told = time.monotonic()
        for _ in range(100):
            answer = await client.get("/readyz")
            if answer.status_code == 503:
                break
            await asyncio.sleep(0.01)
        seconds = time.monotonic() - told
        assert (answer.status_code, answer.headers["connection"]) == (503, "close")
        other = await client.get("/jobs")
        assert (other.status_code, other.headers["connection"]) == (200, "close")
        assert (await client.get("/livez")).status_code == 200
    assert served.process.wait(20) == 0
    measured("L2", what="SIGTERM", not_ready_after_s=round(seconds, 3))
    if FULL:
        assert seconds <= 1.0
