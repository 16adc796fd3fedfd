"""What a hostile reader of the caches found: each of these once showed, kept or lost what it must not."""

import asyncio
import time
from typing import Any

import pytest

from nollycrewhub.cli import operator
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.cache import connect
from nollycrewhub.platform.db import Position
from nollycrewhub.platform.encodings import takes_gzip
from nollycrewhub.platform.httpcache.entry import Entry
from nollycrewhub.platform.httpcache.fleet import GENERATIONS, LOCK
from nollycrewhub.platform.httpcache.touching import Touched, purge_now
from nollycrewhub.platform.queue import Retry, Work
from nollycrewhub.platform.worker import drain
from tests.cache.conftest import Join, eventually, visitor

LIST = "/api/jobs?view=full"


def entry_at(lsn: int, key: str = "k", body: bytes = b"{}") -> Entry:
    """An answer read at a position."""
    found = Entry(body=body, headers=[], position=Position(1, lsn), cost=0.0, ttl=900.0, made=time.time())
    found.key, found.fields, found.lazy = key, ("list:jobs",), True
    return found


async def test_an_odd_spelling_of_a_number_is_overtaken_like_the_usual_one(clean: Process, join: Join) -> None:
    """The copy under the canonical address must hang on the canonical object, or a stranger could pin it for a quarter of an hour."""
    poster = await join()
    job = await poster.post_job()
    async with visitor(clean) as client:
        assert (await client.get(f"/api/jobs/00{job['id']}")).headers["cache-tag"] == f"job-{job['id']}"
        assert (await poster.client.post(f"/api/jobs/{job['id']}/close")).status_code == 200
        for spelling in (f"{job['id']}", f"00{job['id']}"):
            assert (await client.get(f"/api/jobs/{spelling}")).json()["job"]["status"] == "closed"


async def test_a_refill_that_lost_the_race_is_found_by_nobody_later(clean: Process) -> None:
    """A raw address leads to what is kept under its key, never to a copy that was turned away."""
    memory = clean.runtime.caches.memory
    memory.overtake("list:jobs", Position(1, 20))
    memory.put(entry_at(20, body=b'"new"'))
    late = entry_at(10, body=b'"old"')
    memory.put(late)
    assert late.is_overtaken, "its own reader would send it to the edge"
    memory.spot(("/k", b"", False), late.key)
    found = memory.at(("/k", b"", False))
    assert found is not None
    assert found.body == b'"new"'


async def test_addresses_hold_no_copies_beyond_the_bound(clean: Process) -> None:
    memory = clean.runtime.caches.memory
    memory.most_bytes, whole = 40_000, memory.most_bytes
    for n in range(100):
        memory.put(entry_at(10, key=f"k{n}", body=b"x" * 5_000))
        memory.spot((f"/k{n}", b"", False), f"k{n}")
    held = [memory.at((f"/k{n}", b"", False)) for n in range(100)]
    assert memory.bytes <= 40_000
    assert sum(entry is not None for entry in held) == len(memory.entries)
    memory.most_bytes = whole


async def test_what_is_often_asked_for_by_its_raw_address_is_not_the_first_to_go(clean: Process) -> None:
    memory = clean.runtime.caches.memory
    memory.put(entry_at(10, key="hot"))
    memory.put(entry_at(10, key="cold"))
    memory.spot(("/hot", b"", False), "hot")
    assert memory.at(("/hot", b"", False)) is not None
    assert list(memory.entries) == ["cold", "hot"]


async def test_a_channel_that_was_joined_again_forgets_what_it_may_have_missed(clean: Process) -> None:
    """The client library mends a broken line without a word; what was said meanwhile is lost."""
    caches = clean.runtime.caches
    async with visitor(clean) as client:
        await client.get(LIST)
        assert caches.memory.entries
        epoch = caches.channel.epoch
        await clean.runtime.valkeys.cache.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
        assert await eventually(lambda: caches.channel.epoch > epoch)
        assert not caches.memory.entries


async def test_nobody_waits_for_a_refill_that_brought_nothing(clean: Process, other: Process) -> None:
    """A job that is not there: the lock of its refill goes with the refill, and the other instance asks the route itself."""
    async with visitor(clean) as here, visitor(other) as there:
        assert (await here.get("/api/jobs/999999999")).status_code == 404
        locks = clean.runtime.valkeys.cache

        async def are_gone() -> bool:
            return not [key async for key in locks.scan_iter(f"{LOCK}*")]

        for _ in range(200):
            if await are_gone():
                break
            await asyncio.sleep(0.01)
        assert await are_gone()
        assert (await there.get("/api/jobs/999999999")).status_code == 404


async def test_an_answer_of_the_route_itself_is_not_for_the_edge(clean: Process) -> None:
    """It has no tag to be purged by; an edge that kept it would show it for a quarter of an hour, whatever is written."""
    async with visitor(clean) as client:
        clean.front.newcomers["127.0.0.1"] = (int(time.monotonic() // 60), 10**6)
        answer = await client.get("/api/jobs?view=full&q=unheard+of")
        assert (answer.status_code, answer.headers["cdn-cache-control"], "cache-tag" in answer.headers) == (200, "no-store", False)
        for path in ("/signin", "/register"):
            assert (await client.get(path)).headers.get("cdn-cache-control", "no-store") == "no-store"


async def test_an_answer_overtaken_while_it_was_made_is_not_for_the_edge(clean: Process) -> None:
    """Read before a write, sent after it: the purge may have passed already."""
    caches, gate = clean.runtime.caches, clean.front.gate

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        await gate(scope, receive, send)
        caches.memory.overtake("list:jobs", Position(2**31, 1))

    clean.front.gate, before = Slow(gate, slow), gate  # type: ignore[assignment]
    async with visitor(clean) as client:
        answer = await client.get(LIST)
    clean.front.gate = before
    caches.memory.latest.clear()
    assert (answer.headers["x-cache"], answer.headers["cdn-cache-control"]) == ("stale", "no-store")


class Slow:
    """The gate with something happening on the way out."""

    def __init__(self, gate: Any, call: Any) -> None:
        self.gate = gate
        self.call = call

    async def __call__(self, *words: Any) -> None:
        await self.call(*words)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.gate, name)


async def test_a_rise_that_waits_outlives_its_process(clean: Process, other: Process, join: Join) -> None:
    """Two posts within a second: the second one's rise waits for its turn. Its process dies first; the job makes the rise."""
    poster = await join()
    await poster.post_job(title="First of two")
    job = await poster.post_job(title="Second of two")
    caches = clean.runtime.caches
    for task in list(caches._later):
        task.cancel()
    await drain(other.runtime)
    pending = [key async for key in clean.runtime.valkeys.cache.scan_iter(f"{GENERATIONS}:pending:*")]
    assert pending == []
    async with visitor(other) as client:
        for _ in range(100):
            if str(job["id"]) in (await client.get(LIST)).text:
                break
            await asyncio.sleep(0.02)
        assert str(job["id"]) in (await client.get(LIST)).text


async def test_a_purge_is_not_done_while_valkey_has_not_heard(clean: Process) -> None:
    """A hung Valkey comes back with its old copies: until it has heard of the write, the job is tried again."""
    runtime = clean.runtime
    touched = Touched("hung-1", lists=["jobs"])
    caches = runtime.caches
    away = connect("redis://127.0.0.1:1/0", patience=0.05)
    caches.fleet.client, live = away, caches.fleet.client
    async with runtime.db.write_session() as session:
        work = Work(session, runtime.db.read_session(primary=True), runtime.db, runtime.ports, runtime.settings)
        with pytest.raises(Retry):
            await purge_now.run(touched, work)
        caches.fleet.client = live
        caches.fleet.breaker.worked()
        await purge_now.run(touched, work)
    assert await caches.was_told(touched)
    await away.aclose()


async def test_a_closed_account_leaves_the_shared_directory(clean: Process, join: Join) -> None:
    person = await join("Chidi Eze")
    profile = (await person.client.get("/api/profile")).json()
    handle = profile["user"]["handle"]
    async with clean.runtime.db.write_session() as session:
        await session.sql("update users.profile set listed = true where person_id = $1::uuid", person.person_id)
        await clean.runtime.db.commit(session)
    async with visitor(clean) as client:
        for _ in range(2):
            assert (await client.get(f"/api/users/{handle}")).status_code == 200
        assert await operator.act(clean.runtime.settings, "ban", person.email)
        await drain(clean.runtime)
        assert (await client.get(f"/api/users/{handle}")).status_code == 404


def test_a_person_who_refuses_gzip_is_heard() -> None:
    assert [takes_gzip(text) for text in (b"", b"br", b"gzip", b"gzip, br", b"gzip;q=0.5", b"*;q=0, gzip", b"gzip; q=1.0")] == [
        False, False, True, True, True, True, True,
    ]  # fmt: skip
    refusals = (
        b"gzip;q=0",
        b"gzip; q=0.000, identity",
        b"br;q=1, gzip;q=0",
        b"GZIP; Q=0",
        b"gzip;q=",
        b"gzip;q=x",
        b"br;q=1, x-gzip ; q = 0",
    )
    assert [takes_gzip(text) for text in refusals] == [False] * 7
    assert takes_gzip(b"br;q=0, x-gzip;q=0.001")


async def test_the_goodbye_of_a_process_is_not_kept(clean: Process) -> None:
    """A refill made while the process drains says that its line closes; the next reader's line does not."""
    clean.runtime.readiness.draining = True
    async with visitor(clean) as client:
        assert (await client.get(LIST)).headers["connection"] == "close"
        clean.runtime.readiness.draining = False
        again = await client.get(LIST)
    assert (again.headers["x-cache"], "connection" in again.headers) == ("hit", False)


async def test_a_refill_without_room_is_shed_and_the_old_copy_is_shown(clean: Process) -> None:
    """Refills count against the process's room; what can be answered without work is, and what cannot is told at once."""
    front = clean.front
    made: list[str] = []
    gate, before = front.gate, front.gate.admission.most

    async def counting(scope: Any, receive: Any, send: Any) -> None:
        made.append(scope["path"])
        await gate(scope, receive, send)

    async with visitor(clean) as client:
        assert (await client.get(LIST)).headers["x-cache"] == "filled"
        gate.admission.most = 0
        front.gate = Slow(gate, counting)  # type: ignore[assignment]
        try:
            assert (await client.get(LIST)).headers["x-cache"] == "hit"
            clean.runtime.caches.memory.overtake("list:jobs", Position(2**31, 1))
            assert (await client.get(LIST)).headers["x-cache"] == "stale"
            full = await client.get("/api/jobs?view=full&q=no+room")
            assert (full.status_code, full.headers["cache-control"], full.json()["type"]) == (
                503,
                "private, no-store",
                "/problems/unavailable",
            )
            assert made == []
        finally:
            front.gate, gate.admission.most = gate, before
            clean.runtime.caches.memory.latest.clear()
