"""Bars with a count: small here, whole with NOLLYCREWHUB_FULL. The listeners are the benchmark's, on raw epoll."""

import asyncio
import resource
import time
from collections.abc import Awaitable, Callable

import httpx
import psutil

from bench.live.crowd import Crowd, Listener, handshake, subscription
from bench.live.results import percentiles
from nollycrewhub.kit.ids import uuid7
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.live.hub import LEAST_SPREAD, MOST_SPREAD, SOCKETS_A_SECOND
from tests.conftest import FULL
from tests.live.conftest import Start
from tests.measuring import Measure
from tests.served import Served

LISTENERS = 5000 if FULL else 200
BROADCASTS = 40 if FULL else 8


async def crowd_of(process: Process, served: Served, many: int) -> Crowd:
    """So many listeners of the job board on an instance, fifty pages a person."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 20_000)), hard))
    tokens = [await process.runtime.sessions.create(uuid7(), name="Ada") for _ in range(-(-many // 50))]
    listeners = [Listener(handshake(served.port, tokens[number // 50]), subscription(["jobs"])) for number in range(many)]
    return Crowd(served.port, listeners)


async def run(crowds: list[Crowd], over: asyncio.Event) -> None:
    """Reads for all of them."""
    while not over.is_set():
        for crowd in crowds:
            crowd.step(0.001)
        await asyncio.sleep(0.001)


async def test_a_broadcast_reaches_everyone_on_two_instances_once_and_in_order(
    process: Process, start: Start, tell: Callable[..., Awaitable[None]], measured: Measure
) -> None:
    instances = [start(), start()]
    crowds = [await crowd_of(process, served.ready(), LISTENERS // 2) for served in instances]
    for crowd in crowds:
        await asyncio.to_thread(crowd.connect_all, 400.0)
        assert (crowd.open, crowd.broken) == (LISTENERS // 2, 0)
    over = asyncio.Event()
    reading = asyncio.create_task(run(crowds, over))
    for _ in range(BROADCASTS):
        await tell("jobs", "posted", {"sent": round(time.time(), 6)})
        await asyncio.sleep(0.5 if FULL else 0.1)
    for _ in range(100):
        if sum(len(crowd.late[b"jobs"]) for crowd in crowds) >= LISTENERS * BROADCASTS:
            break
        await asyncio.sleep(0.1)
    over.set()
    await reading
    late = percentiles([one for crowd in crowds for one in crowd.late[b"jobs"]])
    assert (late.deliveries, sum(crowd.missed for crowd in crowds)) == (LISTENERS * BROADCASTS, 0)
    measured("W2", listeners=LISTENERS, broadcasts=BROADCASTS, missed_or_doubled=0, p50_ms=late.p50_ms, p99_ms=late.p99_ms)
    if FULL:
        assert late.p99_ms < 500
    for crowd in crowds:
        crowd.close()


async def test_the_clients_of_a_killed_instance_come_back_over_a_while_and_the_other_stays_ready(
    process: Process, start: Start, measured: Measure
) -> None:
    lost, left = start().ready(), start()
    left.ready()
    crowd = await crowd_of(process, lost, LISTENERS)
    await asyncio.to_thread(crowd.connect_all, 400.0)
    spread = min(MOST_SPREAD, max(LEAST_SPREAD, LISTENERS / SOCKETS_A_SECOND))
    lost.kill()
    crowd.close()
    storm = await crowd_of(process, left, LISTENERS)
    worker = psutil.Process(left.process.pid)
    before, ready, over = sum(worker.cpu_times()[:2]), [], asyncio.Event()

    async def look() -> None:
        async with httpx.AsyncClient(base_url=left.url, timeout=5) as client:
            while not over.is_set():
                ready.append((await client.get("/readyz")).status_code)
                await asyncio.sleep(0.1)

    looking = asyncio.create_task(look())
    took = await asyncio.to_thread(storm.connect_all, LISTENERS / spread)
    over.set()
    await looking
    cores = (sum(worker.cpu_times()[:2]) - before) / took
    assert (storm.open, storm.broken) == (LISTENERS, 0)
    assert set(ready) == {200}
    if FULL:
        assert spread >= 10 and took >= 10
    measured("W6", listeners=LISTENERS, spread_s=round(spread, 1), took_s=round(took, 1), cores=round(cores, 2), unready=0)
    storm.close()
