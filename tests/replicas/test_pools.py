"""Pools: time-outs on every connection (D7), the connection budget and a transaction pooler (D6), a short wait, a share."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Iterator
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import AsyncAdaptedQueuePool

from nollycrewhub.devstack.stack import Stack
from nollycrewhub.kit.ids import token
from nollycrewhub.platform.app import Process, build, lifespan_of
from nollycrewhub.platform.db import Database, Query
from nollycrewhub.platform.db.budget import HEADROOM, budgets, overdrafts, refuse_overdraft, wanted
from nollycrewhub.platform.db.position import UNKNOWN_LSN
from nollycrewhub.platform.errors import Unavailable
from nollycrewhub.platform.settings import Settings, SettingsError
from nollycrewhub.platform.worker import drain
from tests.measuring import Measure
from tests.platform.conftest import HEARERS, TOY
from tests.replicas.conftest import FULL, started, with_changes
from tests.replicas.pgbouncer import PgBouncer, folder_for
from tests.served import Served, environment

NUMBER = Query(int, "select n from proof.counter where id = 1")
SLEEP = Query(bool, "select pg_sleep(60) is null")
NAP = Query(bool, "select pg_sleep(1) is null")
SHOW = "select name, setting from pg_settings where name in ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout')"
CLIENTS = 80 if FULL else 40
ROUNDS = 50 if FULL else 2


QUESTIONS = 4000 if FULL else 400


async def p95_of(db: Database, questions: int) -> float:
    """The 95th percentile of a short question's time, in ms."""
    times = []
    for _ in range(questions):
        began = time.perf_counter()
        await db.read_session(primary=True).value(NUMBER)
        times.append((time.perf_counter() - began) * 1000)
    return sorted(times)[int(questions * 0.95)]


async def test_every_role_has_its_time_outs(fleet_settings: Settings) -> None:
    """D7: whatever opens a connection, the role brings the limits."""
    s = fleet_settings
    found = {}
    for url in (s.database_url, s.database_reader_url, *s.read_replica_urls.values()):
        connection = await asyncpg.connect(url)
        found[url] = {row["name"]: int(row["setting"]) for row in await connection.fetch(SHOW)}
        await connection.close()
    assert [limits["statement_timeout"] for limits in found.values()] == [4500] * 4
    assert [limits["lock_timeout"] for limits in found.values()] == [4000] * 4
    assert [limits["idle_in_transaction_session_timeout"] for limits in found.values()] == [30_000, 10_000, 10_000, 10_000]


async def test_a_runaway_query_is_killed_and_others_hardly_notice(db: Database, measured: Measure) -> None:
    """D7: six minutes of sleep asked for by reads and a write; all are gone within their limit."""
    await p95_of(db, 400)  # connections and plans are made
    before = await p95_of(db, QUESTIONS)

    async def runaway_read() -> float:
        began = time.monotonic()
        with pytest.raises(asyncpg.QueryCanceledError):
            await db.read_session(primary=True).value(SLEEP)
        return time.monotonic() - began

    async def runaway_write() -> float:
        began = time.monotonic()
        async with db.write_session() as session:
            with pytest.raises(asyncpg.QueryCanceledError):
                await session.sql("select pg_sleep(60)")
        return time.monotonic() - began

    waiting = asyncio.gather(*(runaway_read() for _ in range(5)), runaway_write())
    await asyncio.sleep(0.2)
    during = await p95_of(db, QUESTIONS)
    killed = await waiting
    usual = max(before, await p95_of(db, QUESTIONS))
    measured(
        "D7", runaways=len(killed), slowest_kill_s=round(max(killed), 2), p95_before_ms=round(usual, 2), p95_during_ms=round(during, 2)
    )
    if FULL:
        assert max(killed) <= 5.0
        assert during <= usual * 1.2


async def test_a_full_read_pool_sheds_after_its_wait(fleet_settings: Settings) -> None:
    db = await started(with_changes(fleet_settings, read_pool_most=2, pool_wait=0.2))
    try:
        naps = [asyncio.create_task(db.read_session(primary=True).value(NAP)) for _ in range(2)]
        await asyncio.sleep(0.1)
        with pytest.raises(Unavailable) as caught:
            await db.read_session(primary=True).value(NUMBER)
        assert int(caught.value.headers["retry-after"]) >= 1
        await asyncio.gather(*naps)
        assert await db.read_session(primary=True).value(NUMBER) is not None
    finally:
        await db.stop()


async def test_a_full_write_pool_sheds_after_its_wait(fleet_settings: Settings) -> None:
    db = await started(with_changes(fleet_settings, write_pool=1, write_overflow=0, pool_wait=0.2))
    try:
        async with db.write_session() as first, db.write_session() as second:
            await first.sql("select 1")
            began = time.monotonic()
            with pytest.raises(PoolTimeout):
                await second.sql("select 1")
            assert time.monotonic() - began >= 0.2
            await first.rollback()
            assert await second.sql("select 1")
    finally:
        await db.stop()


async def open_for_writing(settings: Settings) -> int:
    """The connections of the writers' role that are open now."""
    connection = await asyncpg.connect(settings.database_direct_url)
    try:
        me = urlsplit(settings.database_url).username
        found: int = await connection.fetchval(
            "select count(*)::int from pg_stat_activity where usename = $1 and pid <> pg_backend_pid()", me
        )
        return found
    finally:
        await connection.close()


async def test_a_process_that_serves_has_its_connections_for_writing_before_the_first_request(fleet_settings: Settings) -> None:
    process = build(with_changes(fleet_settings, write_pool=4), [TOY], hearers=HEARERS)
    before = await open_for_writing(fleet_settings)
    async with lifespan_of(process.runtime, process.doorway)(process.litestar):
        assert await open_for_writing(fleet_settings) == before + 4
        pool = process.runtime.db.engine.pool
        assert isinstance(pool, AsyncAdaptedQueuePool)
        assert (pool.checkedin(), pool.checkedout()) == (4, 0)


async def test_a_server_that_takes_no_more_writers_does_not_keep_a_process_from_starting(fleet_settings: Settings) -> None:
    db = Database(with_changes(fleet_settings, database_url="postgresql://nobody@127.0.0.1:1/nowhere"))
    await db.start()
    try:
        await db.warm()
    finally:
        await db.stop()


async def test_text_runs_in_the_sessions_own_transaction_and_a_lost_line_is_left_quietly(fleet_settings: Settings) -> None:
    """SQL text goes past the ORM to the driver: what it wrote ends with the session's rollback, and a connection that
    was ended under it is neither lent again nor an error of the rollback."""
    db = await started(with_changes(fleet_settings, write_pool=1, write_overflow=0))
    try:
        async with db.write_session() as session:
            before = (await session.sql("select n from proof.counter where id = 1"))[0][0]
            await session.sql("update proof.counter set n = n + 1 where id = 1")
            await session.rollback()
            assert (await session.sql("select n from proof.counter where id = 1"))[0][0] == before
            with pytest.raises((asyncpg.PostgresConnectionError, asyncpg.AdminShutdownError, OSError)):
                await session.sql("select pg_terminate_backend(pg_backend_pid())")
            await session.rollback()
            assert (await session.sql("select n from proof.counter where id = 1"))[0][0] == before
    finally:
        await db.stop()


async def test_readers_without_a_replica_keep_to_their_share_of_the_primary(fleet: Stack, fleet_settings: Settings) -> None:
    """With every replica away strangers hold half of the pool at most; a writer's own read still gets through."""
    gone = dict.fromkeys(fleet_settings.read_replica_urls, "postgresql://nobody@127.0.0.1:1/x")
    db = Database(with_changes(fleet_settings, read_replica_urls=gone, read_pool_most=4, primary_share=0.5, pool_wait=0.2))
    await db.start()
    try:
        async with db.write_session() as session:
            await session.sql("update proof.counter set n = n + 1 where id = 1")
            mark = await db.commit(session)
        naps = [asyncio.create_task(db.read_session().value(NAP)) for _ in range(2)]
        await asyncio.sleep(0.1)
        with pytest.raises(Unavailable):
            await db.read_session().value(NUMBER)
        assert await db.read_session(mark).value(NUMBER) is not None
        await asyncio.gather(*naps)
        assert await db.read_session().value(NUMBER) is not None
    finally:
        await db.stop()


# the budget


def test_the_default_fleet_fits_the_default_servers(fleet_settings: Settings) -> None:
    """D6: 2 web and 1 worker: 3 x (5 + 5 written, 20 read, 1 probe) + 6 for the queue; 99 and a fifth."""
    plain = with_changes(fleet_settings, read_pool_least=5)
    assert wanted(plain, primary=True, web_processes=0) == 99
    assert wanted(plain, primary=False, web_processes=0) == 63
    assert 99 * HEADROOM < 197
    assert wanted(plain, primary=True, web_processes=4) == 161
    assert wanted(with_changes(plain, pooler_connections=40), primary=True, web_processes=40) == 46


async def test_the_servers_own_limits_are_read(fleet_settings: Settings) -> None:
    found = await budgets(fleet_settings)
    assert [(budget.server, budget.accepted, budget.is_overdrawn) for budget in found] == [
        ("primary", 197, False), ("africa", 197, False), ("europe", 197, False),
    ]  # fmt: skip


async def test_a_fleet_too_large_is_told_in_one_sentence_a_server(fleet_settings: Settings) -> None:
    found = await overdrafts(with_changes(fleet_settings, web_processes=10))
    assert [sentence.split(":")[0] for sentence in found] == ["primary", "africa", "europe"]
    assert "may open 347 connections" in found[0] and "accepts 197" in found[0]
    assert len(await overdrafts(with_changes(fleet_settings, write_pool=0))) == 1


def test_it_refuses_to_start(fleet_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> None:
    with pytest.raises(SettingsError) as caught:
        refuse_overdraft(fleet_settings, web_processes=20)
    assert len(caught.value.sentences) == 1
    served = Served(tmp_path_factory.mktemp("served"), ["serve"], environment(fleet_settings, WEB_PROCESSES="20"))
    assert served.process.wait(60) == 1
    assert len(served.said().strip().splitlines()) == 1 and "may open 657 connections" in served.said()


# a transaction pooler


@pytest.fixture
def pooler(fleet: Stack) -> Iterator[PgBouncer]:
    """PgBouncer before the primary: 5 connections a role, however many clients come."""
    found = PgBouncer(folder_for(fleet.primary), fleet.primary, size=5)
    yield found
    found.stop()


@pytest.fixture
async def pooled(fleet_settings: Settings, pooler: PgBouncer) -> AsyncIterator[Process]:
    """The toy process with all it reads and writes through the pooler."""
    settings = with_changes(
        fleet_settings, database_url=pooler.url("nollycrewhub_app"), database_reader_url=pooler.url("nollycrewhub_reader"),
        read_replica_urls={}, prepared_statements=False, pooler_connections=10,
        write_pool=CLIENTS // 2, write_overflow=0, read_pool_most=CLIENTS // 2,
    )  # fmt: skip
    process = build(settings, [TOY], hearers=HEARERS)
    await process.runtime.start()
    yield process
    await process.runtime.stop()


async def test_reads_and_writes_through_a_transaction_pooler(pooled: Process, seed: int, measured: Measure) -> None:
    """D6: four times as many clients as the pooler has connections; nobody is refused, and each finds what they wrote."""
    rng = random.Random(seed)
    waits: list[float] = []
    url = pooled.runtime.settings.public_url

    async def client(number: int) -> None:
        transport = httpx.ASGITransport(app=pooled, client=(f"102.88.0.{number}", 443))  # strangers' writes are limited by address
        async with httpx.AsyncClient(transport=transport, base_url=url, timeout=60) as browser:
            for _ in range(ROUNDS):
                subject = token(8)
                wrote = await browser.post("/api/things", json={"name": subject})
                assert wrote.status_code == 201, wrote.text
                assert wrote.headers["x-nch-position"].split("/")[1] != f"{UNKNOWN_LSN:x}"
                await asyncio.sleep(rng.uniform(0, 0.01))
                began = time.perf_counter()
                found = await browser.get(f"/api/things?view=full&subject={subject}")
                waits.append((time.perf_counter() - began) * 1000)
                assert found.status_code == 200, found.text

    await asyncio.gather(*(client(number) for number in range(CLIENTS)))
    p99 = sorted(waits)[int(len(waits) * 0.99)]
    measured("D6", clients=CLIENTS, server_connections=10, requests=2 * len(waits), refused=0, read_p99_ms=round(p99, 1), seed=seed)
    assert len(waits) == CLIENTS * ROUNDS
    if FULL:
        assert p99 < 500
    db = pooled.runtime.db
    async with db.write_session() as session:
        await session.sql("delete from platform.pgqueuer")
        await db.commit(session)
    subject = token(8)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=pooled), base_url=url) as browser:
        await browser.post("/api/things", json={"name": subject})
        await drain(pooled.runtime)
        assert (await browser.get(f"/api/things?view=full&subject={subject}")).json()["count"] == 1
    assert db.primary.is_in and db.primary.seen is not None
