"""A primary that is away (bar L2): nobody is restarted for it, readers go on, and only after a minute does the fleet say so."""

import asyncio
import time

import httpx
import pytest

from nollycrewhub.devstack.stack import Stack
from nollycrewhub.platform import health
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.health import TOLERANCE
from tests.conftest import FULL
from tests.measuring import Measure
from tests.replicas.conftest import eventually
from tests.replicas.test_lost_replicas import nobody, served
from tests.served import Served
from tests.servers import kill

__all__ = ["served"]
AWAY = TOLERANCE + 3 if FULL else 1.5


async def test_a_shared_blip_takes_no_instance_away(fleet: Stack, served: Served, measured: Measure) -> None:
    live: list[float] = []
    ready: list[tuple[float, int]] = []
    reads: list[int] = []
    assert await eventually(lambda: all(f'"{region}", "event": "server serves"' in served.said() for region in ("africa", "europe")))
    async with httpx.AsyncClient(base_url=served.url, timeout=20) as client:
        await asyncio.to_thread(kill, fleet.primary)
        lost = time.monotonic()
        try:
            while time.monotonic() - lost < AWAY:
                began = time.monotonic()
                assert (await client.get("/livez")).status_code == 200
                live.append(time.monotonic() - began)
                ready.append((time.monotonic() - lost, (await client.get("/readyz")).status_code))
                reads.append((await client.get(nobody(len(reads)).path)).status_code)
                await asyncio.sleep(0.1)
        finally:
            await asyncio.to_thread(fleet.primary.start)
        back = time.monotonic()
        statuses: list[int] = []

        async def look() -> None:
            while 200 not in statuses[-1:]:
                statuses.append((await client.get("/readyz")).status_code)
                await asyncio.sleep(0.02)

        await asyncio.wait_for(look(), 20)
        assert served.process.poll() is None
    no = [at for at, status in ready if status == 503]
    measured("L2", what="primary away", away_s=round(AWAY, 1), livez_slowest_ms=round(max(live) * 1000, 1), not_ready_first_at_s=round(min(no, default=0), 1),
             reads=len(reads), reads_failed=sum(status != 200 for status in reads), ready_again_s=round(time.monotonic() - back, 2))  # fmt: skip
    assert set(reads) == {200}
    if FULL:
        assert TOLERANCE - 1 <= min(no) <= TOLERANCE + 3
    else:
        assert no == []


async def test_a_blip_is_told_from_a_minute_by_its_own_length(process: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks seldom, or for the first time, hears no more of a blip than who asks all the time."""
    monkeypatch.setattr(health, "TOLERANCE", 0.5)
    primary = process.runtime.db.primary
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=process), base_url="http://127.0.0.1:8000") as client:
        assert await eventually(lambda: primary.is_in)
        await asyncio.sleep(0.7)
        primary.leave("closed the probe's connection")
        assert (await client.get("/readyz")).status_code == 200
        primary.leave("closed the probe's connection")
        primary.left -= 0.6
        assert (await client.get("/readyz")).status_code == 503
        assert await eventually(lambda: primary.is_in)
        assert (await client.get("/readyz")).status_code == 200


async def test_the_next_test_finds_all_servers(fleet: Stack) -> None:
    """The replicas follow again; said here, for a test that breaks a server mends it."""
    for standby in fleet.standbys:
        assert await eventually(lambda standby=standby: standby.sql("select count(*) from pg_stat_wal_receiver").strip() == "1")
