"""Load is shed early and kindly, rates hold over the fleet, and a hung provider stays in its compartment (L2, L3, L5, L6)."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import get, post

from nollycrewhub.kit.ids import token
from nollycrewhub.platform.app import Process, build
from nollycrewhub.platform.breaker import Breaker
from nollycrewhub.platform.bulkhead import Bulkhead
from nollycrewhub.platform.errors import TooMany, Unavailable
from nollycrewhub.platform.module import Module
from nollycrewhub.platform.ratelimit import Gcra, Limiter, failed
from nollycrewhub.platform.settings import Settings
from tests.conftest import FULL
from tests.measuring import Measure

HELD: list[asyncio.Event] = []


@get("/api/slow", access="public")
async def slow() -> dict[str, str]:
    """Answers when it is let go."""
    await HELD[-1].wait()
    return {"done": "yes"}


@get("/api/auth/quick", access="public")
async def quick() -> dict[str, str]:
    """Stands for signing in."""
    return {"done": "yes"}


@post("/api/echo", access="public")
async def echo(data: dict[str, int]) -> dict[str, int]:
    """Says what it is told."""
    return data


@pytest.fixture
async def small(settings: Settings) -> AsyncIterator[Process]:
    """A process with room for three requests."""
    import msgspec

    HELD.append(asyncio.Event())
    process = build(msgspec.structs.replace(settings, most_in_flight=3), [Module(name="slow", routes=(slow, quick, echo))], hearers={})
    await process.runtime.start()
    yield process
    await process.runtime.stop()


async def test_past_the_bound_requests_are_shed_and_sign_in_is_last(small: Process) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=small), base_url="http://127.0.0.1:8000") as client:
        waiting = [asyncio.create_task(client.get("/api/slow")) for _ in range(3)]
        for _ in range(1000):
            if small.gate.admission.under_way == 3:
                break
            await asyncio.sleep(0)
        shed = await client.get("/api/slow")
        assert (shed.status_code, shed.json()["type"]) == (503, "/problems/unavailable")
        assert 1 <= int(shed.headers["retry-after"]) <= 3
        assert shed.headers["x-region"] == "africa"
        assert "script-src 'self'" in shed.headers["content-security-policy"]
        assert (await client.get("/api/auth/quick")).status_code == 200
        assert (await client.get("/livez")).status_code == 200
        HELD[-1].set()
        assert [answer.status_code for answer in await asyncio.gather(*waiting)] == [200, 200, 200]
        assert (await client.get("/api/slow")).status_code == 200
        assert small.gate.admission.under_way == 0


async def test_who_sends_slowly_takes_no_room(small: Process) -> None:
    """Three phones whose bodies come for a minute do not shut out the fourth, who is answered meanwhile."""
    sending, asked = asyncio.Event(), asyncio.Semaphore(0)

    async def body() -> AsyncIterator[bytes]:
        yield b'{"a":'
        asked.release()
        await sending.wait()
        yield b"1}"

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=small), base_url="http://127.0.0.1:8000") as client:
        slowly = []
        for _ in range(5):
            slowly.append(asyncio.create_task(client.post("/api/echo", content=body())))
            await asked.acquire()
            assert small.gate.admission.under_way == 0
        HELD[-1].set()
        assert (await client.get("/api/slow")).status_code == 200
        sending.set()
        assert [answer.status_code for answer in await asyncio.gather(*slowly)] == [201] * 5
        assert small.gate.admission.under_way == 0


async def test_failures_are_counted_from_the_first_one_on(small: Process) -> None:
    client = small.runtime.valkeys.sessions
    limiter, key, name = Limiter(client), token(), ""
    for count in range(3):
        await limiter.refuse_after(key, limit=3, per=900)
        await limiter.fail(key, per=900)
        name = failed(key, 900)
        assert await limiter.failures(key, per=900) == count + 1
    assert 890 <= await client.ttl(name) <= 900
    await client.expire(name, 7)
    await limiter.fail(key, per=900)
    assert await client.ttl(name) <= 7, "further failures make nobody wait longer"
    with pytest.raises(TooMany) as refused:
        await limiter.refuse_after_any({f"other-{key}": 1, key: 3}, per=900)
    assert 1 <= int(refused.value.headers["retry-after"]) <= 7
    await client.delete(name)
    await limiter.refuse_after(key, limit=3, per=900)
    await limiter.fail(key, per=900)
    await limiter.clear(key, per=900)
    assert await limiter.failures(key, per=900) == 0


@given(
    steps=st.lists(st.integers(min_value=0, max_value=400_000), min_size=1, max_size=300),
    burst=st.integers(min_value=1, max_value=20),
    interval=st.integers(min_value=1_000, max_value=200_000),
)
def test_never_more_than_burst_and_rate_admit(steps: list[int], burst: int, interval: int) -> None:
    """Over every span of time: admitted <= burst + span / interval, and one that waits as told is admitted."""
    gcra, now, admitted = Gcra(), 0, []
    for step in steps:
        now += step
        wait = gcra.admit("k", interval, burst, now=now)
        if wait == 0:
            admitted.append(now)
        else:
            assert gcra.admit("other", interval, burst, now=now) == 0
            gcra.arrivals.pop("other")
    for first in range(len(admitted)):
        for last in range(first, len(admitted)):
            assert last - first + 1 <= burst + (admitted[last] - admitted[first]) / interval
    wait = gcra.admit("k", interval, burst, now=now)
    assert gcra.admit("k", interval, burst, now=now + wait) == 0 or wait == 0


async def test_a_rate_holds_over_many_processes(small: Process, measured: Measure) -> None:
    """Four clients of their own, as four processes have, and not one more admitted than the bound."""
    limiters = [Limiter(small.runtime.valkeys.sessions) for _ in range(4)]
    rounds, wrong = (250 if FULL else 10), 0
    for _ in range(rounds):
        key = token(8)

        async def ask(limiter: Limiter, key: str = key) -> bool:
            try:
                await limiter.check(key, limit=5, per=3600)
            except TooMany as refusal:
                assert 0 < refusal.retry_after <= 3600
                return False
            return True

        answers = await asyncio.gather(*(ask(limiter) for limiter in limiters for _ in range(5)))
        wrong += sum(answers) != 5
    assert wrong == 0
    measured("L6", rounds=rounds, asked=rounds * 20, over=0)


async def test_a_rate_that_sheds_load_is_kept_alone_without_valkey(settings: Settings) -> None:
    from nollycrewhub.platform.cache import connect

    limiter = Limiter(connect("redis://127.0.0.1:1/0", patience=0.2))
    for _ in range(3):
        await limiter.check("stranger:x", limit=3, per=60, needed=False)
    with pytest.raises(TooMany):
        await limiter.check("stranger:x", limit=3, per=60, needed=False)
    with pytest.raises(Unavailable):
        await limiter.check("register:x", limit=3, per=60)
    await limiter.client.aclose()


async def test_a_hung_provider_stays_in_its_compartment(measured: Measure) -> None:
    """A server that never answers: few calls at once, then the breaker says no at once, then one a pause tries."""
    reached = 0

    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal reached
        reached += 1
        await reader.read()
        writer.close()

    server = await asyncio.start_server(never, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    now = 0.0
    bulkhead = Bulkhead("hung", at_once=3, wait=0.05, breaker=Breaker(failures=3, pause=1.0, clock=lambda: now))
    most = 0

    async def call() -> str:
        nonlocal most
        try:
            async with bulkhead.call(httpx.HTTPError), httpx.AsyncClient(timeout=0.3) as client:
                most = max(most, bulkhead.in_flight)
                await client.get(f"http://127.0.0.1:{port}/")
        except Unavailable:
            return "told"
        except httpx.HTTPError:
            return "tried"
        return "answered"

    first = await asyncio.gather(*(call() for _ in range(30)))
    assert (first.count("tried"), most) == (3, 3)
    assert bulkhead.breaker.is_open
    assert await asyncio.gather(*(call() for _ in range(30))) == ["told"] * 30
    assert reached == 3
    now = 1.5
    assert sorted(await asyncio.gather(*(call() for _ in range(30)))) == ["told"] * 29 + ["tried"]
    assert reached == 4
    measured("L5", at_once=3, asked=90, reached=reached)
    server.close()


def test_the_breaker_closes_when_the_one_that_tries_succeeds() -> None:
    now: list[Any] = [0.0]
    breaker = Breaker(failures=2, pause=1.0, clock=lambda: now[0])
    assert breaker.admits()
    breaker.failed()
    assert breaker.admits() and not breaker.is_open
    breaker.failed()
    assert breaker.is_open and not breaker.admits()
    now[0] = 1.1
    assert breaker.admits() and not breaker.admits()
    breaker.worked()
    assert breaker.admits() and breaker.admits()
