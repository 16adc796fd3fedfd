"""What a process tells of itself reaches whoever asks, goes when the process goes, and costs nobody anything when Valkey is away."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest
import redis.asyncio as valkey

from nollycrewhub.kit.ids import uuid7
from nollycrewhub.kit.report import quantile
from nollycrewhub.platform import reporting
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.cache import connect
from nollycrewhub.platform.load import LOAD, Load
from nollycrewhub.platform.machine import cores, memory_bytes, memory_percent
from nollycrewhub.platform.reporting import PEOPLE, Pulse, Reporter, active_people, reports
from nollycrewhub.platform.settings import Settings
from nollycrewhub.platform.worker.loop import AT_ONCE
from nollycrewhub.services import monolith
from tests.served import Served, environment
from tests.servers import FIGURES


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator["valkey.Redis"]:
    """The cache's Valkey, without anybody's reports."""
    found = connect(settings.cache_url, patience=2.0)
    await found.delete(reporting.NAMES, *await found.keys(f"{PEOPLE}*"), "x")
    yield found
    await found.aclose()


def a_reporter(client: "valkey.Redis", name: str = "one", *, load: Load | None = None, busy: Callable[[], float] = lambda: 1.5) -> Reporter:
    """A web process that is busy."""
    return Reporter(client, name, "web", limit=100, busy_seconds=busy, is_ready=lambda: True, sockets=lambda: 4, load=load or Load())


async def test_a_report_tells_what_was_carried(client: "valkey.Redis") -> None:
    load = Load()
    for _ in range(10):
        load.answer(0.2, 200)
    load.answer(0.2, 500)
    load.shed += 3
    load.waited(0.05)
    await a_reporter(client, load=load).tell()
    (found,) = await reports(client)
    assert (found.name, found.role, found.pid, found.limit, found.sockets) == ("one", "web", os.getpid(), 100, 4)
    assert (found.answered, found.failed, found.shed, found.pool_waits, found.pool_waited) == (11, 1, 3, 1, 0.05)
    assert found.busy_seconds == 1.5
    assert quantile(found.took, 0.95) == pytest.approx(0.2, rel=0.2)
    assert abs(found.at - time.time()) < 5
    assert found.memory_bytes > 10_000_000


async def test_a_report_tells_who_asked_where_it_was_found_and_what_failed(client: "valkey.Redis") -> None:
    load = Load()
    for status in (200, 204, 503):
        load.serve("africa", "phone", status, route="/jobs")
    load.find("hit")
    load.answer(0.2, 200, by=("africa", "phone"))
    load.answer(3.0, 200, by=("europe", "phone"))
    await a_reporter(client, load=load).tell()
    (found,) = await reports(client)
    assert found.served == (("africa", "phone", 2, 2), ("africa", "phone", 5, 1))
    assert (found.found, found.broken) == ({"hit": 1}, {"/jobs": 1})
    assert {name: sum(took) for name, took in found.took_by.items()} == {"africa": 1, "europe": 1, "phone": 2}
    assert quantile(found.took_by["africa"], 0.95) == pytest.approx(0.2, rel=0.2)


async def test_operators_see_the_reads_of_all_processes_by_server(
    client: "valkey.Redis", process: Process, app_client: httpx.AsyncClient
) -> None:
    """The page's own process has reads of its own; once others have told of theirs, what is shown is the fleet's."""
    token = await process.runtime.sessions.create(uuid4(), name="Op", operator=True)
    headers = {"authorization": f"Bearer {token}", "accept": "text/html"}
    alone = await app_client.get("/ops/servers", headers=headers)
    assert alone.status_code == 200 and "Reads are those of this process" in alone.text
    for name, first, others in (("one", 30_000, 1_000), ("two", 10_000, 59_000)):
        told = {"primary": first, **{server.name: others // len(process.runtime.db.replicas) for server in process.runtime.db.replicas}}
        await Reporter(client, name, "web", limit=100, busy_seconds=lambda: 0.0, is_ready=lambda: True, reads=lambda told=told: told).tell()
    shown = await app_client.get("/ops/servers", headers=headers)
    assert "Reads are those of 2 processes" in shown.text
    assert "40,000 (40 %)" in shown.text
    assert process.runtime.db.reads().keys() == {"primary", *(server.name for server in process.runtime.db.replicas)}


async def test_every_answer_is_counted_once_by_who_asked(app_client: httpx.AsyncClient) -> None:
    def grown(before: dict[Any, int], now: dict[Any, int]) -> dict[Any, int]:
        return {key: count - before.get(key, 0) for key, count in now.items() if count != before.get(key, 0)}

    phone = {"sec-ch-ua-mobile": "?1", "accept": "text/html"}
    served = dict(LOAD.served)
    assert (await app_client.get("/jobs/999999999", headers=phone)).status_code == 404
    await app_client.get("/livez")
    assert grown(served, LOAD.served) == {("africa", "phone", 4): 1}, "health is nobody's asking"
    served, found = dict(LOAD.served), dict(LOAD.found)
    for _ in range(2):
        assert (await app_client.get("/jobs", headers={"sec-ch-ua-mobile": "?0", "accept": "text/html"})).status_code == 200
    assert grown(served, LOAD.served) == {("africa", "desktop", 2): 2}
    assert sum(grown(found, LOAD.found).values()) == 2
    assert grown(found, LOAD.found).get("hit", 0) >= 1


async def test_who_is_gone_is_missed(client: "valkey.Redis", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporting, "KEPT", 1)
    await a_reporter(client, "killed").tell()
    assert [one.name for one in await reports(client)] == ["killed"]
    await asyncio.sleep(1.2)
    assert await reports(client) == []
    assert not await client.exists(reporting.NAMES), "its name is forgotten too"


async def test_who_goes_takes_the_report_along(client: "valkey.Redis") -> None:
    reporter = a_reporter(client)
    reporter.start()
    for _ in range(50):
        if await reports(client):
            break
        await asyncio.sleep(0.05)
    assert len(await reports(client)) == 1
    await reporter.stop()
    assert await reports(client) == []


async def test_people_are_counted_once_over_all_processes_and_forgotten(client: "valkey.Redis") -> None:
    one, two = Load(), Load()
    for number in range(1500):
        one.saw(f"person-{number}")
        two.saw(f"person-{number + 500}")
    await a_reporter(client, "one", load=one).tell()
    await a_reporter(client, "two", load=two).tell()
    assert await active_people(client) == pytest.approx(2000, rel=0.03)
    assert one.people() == set()
    (key,) = await client.keys(f"{PEOPLE}*")
    assert 0 < await client.ttl(key) <= reporting.PEOPLE_KEPT
    await client.rename(key, f"{PEOPLE}{int(time.time()) // 60 - reporting.ACTIVE_MINUTES}")
    assert await active_people(client) == 0, "who was here six minutes ago is not here now"


async def test_valkey_away_is_waited_for(client: "valkey.Redis") -> None:
    away = connect("redis://127.0.0.1:1/0", patience=0.2)
    reporter = a_reporter(away)
    reporter.start()
    await asyncio.sleep(0.1)
    assert reporter._task is not None
    assert not reporter._task.done()
    reporter.client = client
    await asyncio.sleep(reporting.EVERY + 0.5)
    assert [one.name for one in await reports(client)] == ["one"]
    await reporter.stop()
    await away.aclose()


async def test_a_loop_that_was_held_up_says_for_how_long() -> None:
    pulse = Pulse()
    pulse.start()
    await asyncio.sleep(0.05)
    time.sleep(0.4)  # noqa: ASYNC251 - holding the loop up is what is tested
    await asyncio.sleep(0.05)
    assert 0.2 < pulse.taken() < 1.0
    assert pulse.taken() < 0.2, "asked again, it is the latest since"
    pulse.stop()


async def test_the_gate_counts_answers_failures_people_and_what_is_in_flight(app_client: httpx.AsyncClient, process: Process) -> None:
    LOAD.people()
    answered, failed, busy = LOAD.answered, LOAD.failed, process.gate.admission.busy_seconds()
    assert (await app_client.get("/signin")).status_code == 200
    assert (await app_client.get("/livez")).status_code == 200
    assert LOAD.answered == answered + 1, "health is nobody's load"
    for _ in range(3):
        assert (await app_client.get("/api/jobs?q=nobody-at-all")).status_code == 200
    assert LOAD.answered == answered + 2, "what memory answers is no load"
    assert LOAD.failed == failed
    assert LOAD.people() == {"127.0.0.1"}
    assert process.gate.admission.busy_seconds() > busy
    idle = process.gate.admission.busy_seconds()
    await asyncio.sleep(0.05)
    assert process.gate.admission.busy_seconds() == idle, "nothing is under way"


async def test_who_is_answered_from_memory_is_here_too(settings: Settings) -> None:
    process = monolith.create_app(msgspec.structs.replace(settings, edge_addresses=("127.0.0.1/32",)))
    await process.runtime.start()
    person_id, path = uuid7(), "/api/jobs?q=nobody-at-all-3"
    try:
        token = await process.runtime.sessions.create(person_id, name="Ada")
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=process), base_url=settings.public_url) as client:
            tag = (await client.get(path)).headers["etag"]
            LOAD.people()
            for address in ("10.0.0.1", "10.0.0.2", "10.0.0.2"):
                told = {"x-forwarded-for": f"6.6.6.6, {address}"}
                assert (await client.get(path, headers=told)).headers["x-cache"] == "hit"
            assert LOAD.people() == {"10.0.0.1", "10.0.0.2"}
            known = await client.get(path, headers={"if-none-match": tag, "cf-connecting-ip": "10.0.0.3"})
            assert (known.status_code, LOAD.people()) == (304, {"10.0.0.3"})
            assert (await client.get(path, headers={"authorization": f"Bearer {token}"})).status_code == 200
            assert LOAD.people() == {str(person_id)}, "by name where there is one, and not by address as well"
    finally:
        await process.runtime.stop()


async def test_a_route_that_fails_is_named(app_client: httpx.AsyncClient, process: Process) -> None:
    LOAD.broken.clear()
    await process.runtime.db.primary.close()
    login = {"email": "ada@example.test", "password": "three unusual words"}
    answer = await app_client.post("/api/auth/login", json=login, headers={"origin": process.runtime.settings.public_url})
    assert answer.status_code == 503
    assert LOAD.broken == {"/api/auth/login": 1}


async def test_whoever_is_turned_away_is_no_failure(app_client: httpx.AsyncClient, process: Process) -> None:
    shed, answered, failed = LOAD.shed, LOAD.answered, LOAD.failed
    process.gate.admission.most = 0
    assert (await app_client.get("/api/jobs?q=nobody-at-all-2")).status_code == 503
    assert (LOAD.shed, LOAD.answered, LOAD.failed) == (shed + 1, answered, failed)


def test_a_container_says_what_it_has(tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    assert (cores(tmp_path), memory_percent(tmp_path, nowhere)) == (1.0, None)
    (tmp_path / "cpu.max").write_text("50000 100000\n")
    (tmp_path / "memory.max").write_text("1000\n")
    (tmp_path / "memory.current").write_text("900\n")
    (tmp_path / "memory.stat").write_text("anon 5\ninactive_file 100\n")
    assert (cores(tmp_path), memory_percent(tmp_path)) == (0.5, 80.0)
    (tmp_path / "cpu.max").write_text("max 100000\n")
    (tmp_path / "memory.max").write_text("max\n")
    assert (cores(tmp_path), memory_percent(tmp_path, nowhere)) == (1.0, None)
    assert memory_bytes() > 1_000_000


def test_an_older_container_says_it_elsewhere_and_without_a_bound_the_machine_does(tmp_path: Path) -> None:
    older, machine = tmp_path / "memory", tmp_path / "meminfo"
    older.mkdir()
    (older / "memory.limit_in_bytes").write_text("2000\n")
    (older / "memory.usage_in_bytes").write_text("1500\n")
    (older / "memory.stat").write_text("rss 5\ntotal_inactive_file 500\n")
    assert memory_percent(tmp_path, machine) == 50.0
    (older / "memory.limit_in_bytes").write_text("9223372036854771712\n")
    assert memory_percent(tmp_path, machine) is None
    machine.write_text("MemTotal:       8000 kB\nMemFree:         500 kB\nMemAvailable:   2000 kB\nHugePages_Total:       0\n")
    assert memory_percent(tmp_path, machine) == 75.0
    machine.write_text("MemTotal:       0 kB\nMemAvailable:   0 kB\n")
    assert memory_percent(tmp_path, machine) is None


async def test_served_processes_and_a_worker_tell_of_themselves(settings: Settings, tmp_path: Path, client: "valkey.Redis") -> None:
    folder = tmp_path / "worker"
    folder.mkdir()
    worker = Served(folder, ["worker"], environment(settings, INSTANCE_ID="told-worker"))
    web = Served(tmp_path, ["serve"], environment(settings, INSTANCE_ID="told-web")).ready()
    try:
        async with httpx.AsyncClient(base_url=web.url) as asking:
            for _ in range(100):
                found = {one.name: one for one in await reports(client)}
                if "told-worker" in found and found.get("told-web") and found["told-web"].answered >= 5:
                    break
                await asking.get("/signin")
                await asyncio.sleep(0.1)
            figures = (await asking.get("/metrics", headers=FIGURES)).text
        assert found["told-web"].answered >= 5
        assert found["told-web"].cpu_seconds > 0.1
        assert (found["told-worker"].role, found["told-worker"].limit) == ("worker", AT_ONCE)
        for name in ("nch_process_cpu_seconds_total", "nch_process_memory_bytes", "nch_event_loop_lag_seconds_count", "nch_active_people"):
            assert f"\n{name}" in figures, name
    finally:
        assert (web.stop(), worker.stop()) == (0, 0)
    assert {one.name for one in await reports(client)}.isdisjoint({"told-web", "told-worker"})
