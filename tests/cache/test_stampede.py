"""Bar C1: a hot answer ends under load while making it anew is slow. The fleet makes it once; everybody else sees the old one."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from typing import Any, Protocol

import httpx
import pytest
import redis.asyncio as valkey

from nollycrewhub.platform.app import Process
from nollycrewhub.platform.cache import connect
from nollycrewhub.platform.context import FILLING
from nollycrewhub.platform.httpcache.fleet import COPY, LOCK
from nollycrewhub.platform.settings import Settings
from nollycrewhub.services import monolith
from tests.cache.conftest import Join, eventually, visitor
from tests.conftest import FULL
from tests.measuring import Measure
from tests.twins.plan_cache import TTL, PlanCache, plan_key

INSTANCES = 4
ROUNDS = 30 if FULL else 3
AT_ONCE = 500 if FULL else 60
RECOMPUTE = 1.0 if FULL else 0.4
PATH = "/api/jobs?view=full"
READY = ("hit", "copied")


class Fleet(Protocol):
    """Whatever keeps one hot answer for several instances."""

    computed: int

    async def ask(self, n: int) -> str:
        """One reader at instance n: how it was answered."""

    async def expire(self) -> None:
        """The answer's time is over everywhere."""

    async def settle(self) -> None:
        """Until every instance has a good answer again."""


async def holds_c1(fleet: Fleet, *, rounds: int) -> tuple[list[int], Counter[str], list[float]]:
    """At most one computation an expiry, and nobody waits for it."""
    a_round: list[int] = []
    answers: Counter[str] = Counter()
    waits: list[float] = []

    async def one(n: int) -> None:
        await asyncio.sleep(RECOMPUTE * n / AT_ONCE)
        began = time.perf_counter()
        answers[await fleet.ask(n % INSTANCES)] += 1
        waits.append(time.perf_counter() - began)

    await fleet.settle()
    for _ in range(rounds):
        await fleet.expire()
        before = fleet.computed
        await asyncio.gather(*map(one, range(AT_ONCE)))
        await fleet.settle()
        a_round.append(fleet.computed - before)
    assert max(a_round) <= 1, f"computed {a_round} times after each expiry"
    assert set(answers) <= {"stale", *READY}, answers
    return a_round, answers, sorted(waits)


class SlowGate:
    """The gate of one instance, whose refills take their time and are counted."""

    def __init__(self, process: Process, fleet: "Ours") -> None:
        self.gate = process.front.gate
        self.fleet = fleet

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if FILLING in scope:
            self.fleet.computed += 1
            await asyncio.sleep(RECOMPUTE)
        await self.gate(scope, receive, send)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.gate, name)


class Ours:
    """Instances of the program that share one Valkey."""

    def __init__(self, processes: Sequence[Process], clients: Sequence[httpx.AsyncClient]) -> None:
        self.processes = processes
        self.clients = clients
        self.computed = 0
        for process in processes:
            process.front.gate = SlowGate(process, self)  # type: ignore[assignment]

    async def ask(self, n: int) -> str:
        answer = await self.clients[n].get(PATH)
        assert answer.status_code == 200
        return answer.headers["x-cache"]

    async def expire(self) -> None:
        keys = set()
        for process in self.processes:
            for entry in process.runtime.caches.memory.entries.values():
                entry.good_until = time.monotonic() - 0.001
                keys.add(COPY + entry.key)
        await self.processes[0].runtime.valkeys.cache.delete(*keys)

    async def settle(self) -> None:
        for n in range(len(self.clients)):
            for _ in range(1000):
                if await self.ask(n) in READY:
                    break
                await asyncio.sleep(0.02)


@pytest.fixture
async def ours(settings: Settings, clean: Process) -> AsyncIterator[Ours]:
    """Four instances. Valkey's patience is long here: this bar counts, and a busy machine must not open a breaker."""
    others = [monolith.create_app(settings) for _ in range(INSTANCES - 1)]
    for other in others:
        await other.runtime.start()
    processes = [clean, *others]
    for process in processes:
        assert await eventually(lambda process=process: process.runtime.caches.channel.trusted_until > time.monotonic())
        process.runtime.caches.fleet.client = connect(settings.cache_url, patience=5.0)
    clients = [visitor(process) for process in processes]
    yield Ours(processes, clients)
    for process, client in zip(processes, clients, strict=True):
        await client.aclose()
        await process.runtime.caches.fleet.client.aclose()
    for other in others:
        await other.runtime.stop()


class Twin:
    """The plan's service in four instances."""

    def __init__(self, client: "valkey.Redis") -> None:
        self.client = client
        self.computed = 0
        self.instances = [PlanCache(self.client, self.load) for _ in range(INSTANCES)]

    async def load(self, _: Any) -> list[int]:
        self.computed += 1
        await asyncio.sleep(RECOMPUTE)
        return [1, 2, 3]

    async def ask(self, n: int) -> str:
        await self.instances[n].jobs({"view": "full"})
        return "hit"

    async def expire(self) -> None:
        await self.client.delete(plan_key({"view": "full"}))

    async def settle(self) -> None:
        await self.ask(0)
        assert json.loads(await self.client.get(plan_key({"view": "full"}))) == [1, 2, 3]
        assert await self.client.ttl(plan_key({"view": "full"})) <= TTL


async def test_a_hot_answer_is_made_once_for_the_fleet(ours: Ours, measured: Measure) -> None:
    a_round, answers, waits = await holds_c1(ours, rounds=ROUNDS)
    assert answers["stale"] > 0
    measured(
        "C1", instances=INSTANCES, expiries=ROUNDS, readers=ROUNDS * AT_ONCE, recompute_seconds=RECOMPUTE, most_computations=max(a_round),
        stale=answers["stale"], p99_ms=round(waits[int(len(waits) * 0.99)] * 1000, 1),
    )  # fmt: skip


async def test_an_answer_nobody_has_yet_is_made_once_for_the_fleet(ours: Ours) -> None:
    """No old one to show: all wait for the one computation, at whichever instance it is."""
    found = await asyncio.gather(*(ours.ask(n % INSTANCES) for n in range(AT_ONCE)))
    assert ours.computed == 1
    assert set(found) <= {"filled", *READY}


async def test_a_copy_that_came_after_the_last_look_is_used(clean: Process, other: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process may keep its copy and let go of the lock between this one's look and its own lock."""
    address, fleet = "/api/jobs?view=full&limit=3", other.runtime.caches.fleet
    lock = fleet.lock

    async def late(*asked: Any) -> Any:
        assert (await here.get(address)).headers["x-cache"] == "filled"
        for task in list(clean.front.background):
            await task
        return await lock(*asked)

    async with visitor(clean) as here, visitor(other) as there:
        monkeypatch.setattr(fleet, "lock", late)
        assert (await there.get(address)).headers["x-cache"] == "copied"
        for task in list(other.front.background):
            await task
        assert [name async for name in clean.runtime.valkeys.cache.scan_iter(f"{LOCK}*")] == [], "nobody waits for it any more"


async def test_who_waits_refills_when_the_other_gives_up(clean: Process, other: Process) -> None:
    address, fleet = "/api/jobs?view=full&limit=4", other.runtime.caches.fleet
    async with visitor(clean) as here:
        assert (await here.get(address)).headers["x-cache"] == "filled"
        for task in list(clean.front.background):
            await task
        (key,) = clean.runtime.caches.memory.entries
        await clean.runtime.valkeys.cache.delete(COPY + key)
        assert (await fleet.lock(key, [], "another's"))[0], "somebody refills"
        async with visitor(other) as there:
            waiting = asyncio.create_task(there.get(address))
            await asyncio.sleep(0.1)
            assert not waiting.done()
            await fleet.unlock(key, "another's")
            assert (await waiting).headers["x-cache"] == "filled"


async def test_one_object_is_shared_when_it_is_asked_for_again(clean: Process, other: Process, join: Join) -> None:
    """The first refill of an object keeps nothing in Valkey, since few are asked for twice; the next one does."""
    valkeys, memory = clean.runtime.valkeys.cache, clean.runtime.caches.memory
    job_id = (await (await join()).post_job())["id"]
    address, key = f"/api/jobs/{job_id}", f"{COPY}/api/jobs/{{job_id:int}}|/api/jobs/{job_id}||"
    async with visitor(clean) as here, visitor(other) as there:
        assert (await here.get(address)).headers["x-cache"] == "filled"
        assert await valkeys.exists(key) == 0
        memory.clear()
        assert (await here.get(address)).headers["x-cache"] == "filled"
        for task in list(clean.front.background):
            await task
        assert await valkeys.exists(key) == 1
        assert (await there.get(address)).headers["x-cache"] == "copied"


async def test_the_plans_cache_stampedes(settings: Settings) -> None:
    async with valkey.Redis.from_url(settings.session_url, max_connections=2 * AT_ONCE) as client:
        with pytest.raises(AssertionError, match="computed"):
            await holds_c1(Twin(client), rounds=1)
