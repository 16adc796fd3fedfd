"""Bar C5: the cache's Valkey hangs or is killed. Every cached address is answered, at a bounded wait, and all heals by itself."""

import asyncio
import os
import signal
import time
from collections.abc import Iterator

import pytest

from nollycrewhub.devstack.stack import Stack
from nollycrewhub.devstack.valkey import Valkey
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.breaker import FAILURES, PAUSE, Breaker
from tests.cache.conftest import eventually, visitor
from tests.conftest import FULL
from tests.faults.scene import member
from tests.journeys.conftest import JOB
from tests.measuring import Measure

AWAY = 10.0 if FULL else 2.5
POSTS = 40 if FULL else 5
PATHS = ("/", "/jobs", "/talent", "/api/jobs?view=full", "/api/jobs?view=compact", "/api/users?view=full")
PATIENCE = 0.05


class CountingBreaker(Breaker):
    """Counts the waits that ended with nothing: each is one patience long at most."""

    waits = 0

    def failed(self) -> None:
        self.waits += 1
        super().failed()


@pytest.fixture
def server(stack: Stack) -> Iterator[Valkey]:
    """The cache's Valkey, which is well again afterwards."""
    found = stack.valkeys[1]
    yield found
    if found.is_running():
        os.kill(found._pid(), signal.SIGCONT)
    found.ensure()


OF_A_TIMER = 0.01  # by which a wait of so long ends late


async def bear(process: Process, *, seconds: float) -> tuple[list[int], list[float]]:
    """All cached addresses over and over, old ones and ones nobody has asked for: statuses and times."""
    statuses, times = [], []
    until, n = time.monotonic() + seconds, 0
    async with visitor(process) as client:
        while time.monotonic() < until:
            for path in (*PATHS, f"/api/jobs?view=full&pay_min={1_000 + n}"):
                began = time.perf_counter()
                statuses.append((await client.get(path)).status_code)
                times.append(time.perf_counter() - began)
            n += 1
            await asyncio.sleep(0.05)
    return statuses, sorted(times)


@pytest.mark.parametrize("end", [signal.SIGSTOP, signal.SIGKILL], ids=["hung", "killed"])
async def test_no_address_fails_while_the_cache_is_away(clean: Process, server: Valkey, measured: Measure, end: signal.Signals) -> None:
    fleet = clean.runtime.caches.fleet
    assert fleet.client.connection_pool.connection_kwargs["socket_timeout"] == PATIENCE
    breaker = fleet.breaker = CountingBreaker()
    usual = (await bear(clean, seconds=1.0))[1]
    os.kill(server._pid(), end)
    began = time.monotonic()
    statuses, times = await bear(clean, seconds=AWAY)
    took = time.monotonic() - began
    assert set(statuses) == {200}
    assert breaker.in_a_row >= FAILURES, "the breaker never opened"
    assert 0 < breaker.waits <= FAILURES + 1 + took / PAUSE, "more was waited for than the breaker allows"
    if end == signal.SIGSTOP:
        os.kill(server._pid(), signal.SIGCONT)
    else:
        server.ensure()
    async with visitor(clean) as client:
        for _ in range(200):
            await client.get(f"/api/jobs?view=full&pay_min={time.monotonic_ns()}")
            if not breaker.in_a_row:
                break
            await asyncio.sleep(0.05)
    assert breaker.in_a_row == 0, "it did not come back by itself"
    assert await eventually(lambda: clean.runtime.caches.channel.trusted_until > time.monotonic())
    measured(
        "C5", how=end.name, away_seconds=round(took, 1), requests=len(statuses), errors=0, bounded_waits=breaker.waits,
        patience_ms=PATIENCE * 1000, usual_p99_ms=at(usual, 0.99), away_p50_ms=at(times, 0.5), away_p99_ms=at(times, 0.99),
    )  # fmt: skip
    if FULL:
        assert at(times, 0.99) <= at(usual, 0.99) + PATIENCE * 1000, "the wait was paid more than once"


async def post(process: Process, headers: dict[str, str], *, many: int) -> list[float]:
    """Posts one job after another: how long each took."""
    times = []
    async with visitor(process, **headers) as client:
        for number in range(many):
            began = time.perf_counter()
            answer = await client.post("/api/jobs", json={**JOB, "title": f"Gaffer for night {number}"})
            times.append(time.perf_counter() - began)
            assert answer.status_code == 201, answer.text
    return sorted(times)


async def test_who_writes_does_not_wait_for_a_cache_that_hangs(clean: Process, server: Valkey, measured: Measure) -> None:
    """The generations are waited for at most one patience; the sockets are told without the writer."""
    _, headers = await member(clean)
    usual = await post(clean, headers, many=POSTS)
    os.kill(server._pid(), signal.SIGSTOP)
    first = await post(clean, headers, many=1)
    assert clean.runtime.teller.is_sending, "the writer waited until the sockets were given up"
    times = sorted([*first, *await post(clean, headers, many=POSTS)])
    os.kill(server._pid(), signal.SIGCONT)
    assert await eventually(lambda: not clean.runtime.teller.is_sending)
    measured(
        "C5",
        how="writes, SIGSTOP",
        posts=len(times),
        errors=0,
        usual_p50_ms=at(usual, 0.5),
        away_p50_ms=at(times, 0.5),
        slowest_ms=at(times, 1.0),
    )
    if FULL:
        assert times[-1] - usual[len(usual) // 2] <= PATIENCE + OF_A_TIMER


def at(times: list[float], share: float) -> float:
    """A quantile in milliseconds."""
    return round(times[min(len(times) - 1, int(len(times) * share))] * 1000, 1)
