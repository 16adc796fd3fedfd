"""D3: replicas that are killed, lag or stay away too long: readers hardly notice, and each comes back by itself."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

import asyncpg
import httpx
import pytest

from nollycrewhub.devstack.postgres import SLOT
from nollycrewhub.devstack.stack import Stack
from nollycrewhub.loadtest.line import Ask
from nollycrewhub.platform.cache import Valkeys
from nollycrewhub.platform.db import Database, Query
from nollycrewhub.platform.sessions import BORN_KEY
from nollycrewhub.platform.settings import Settings
from tests.measuring import Measure
from tests.openloop import OpenLoop, part
from tests.replicas.conftest import FULL, eventually, started, with_changes
from tests.replicas.test_own_writes_and_steady_reads import COUNT, NUMBER, write
from tests.served import Served, environment
from tests.servers import FIGURES, kill

RATE = 300 if FULL else 40
SECONDS = 20 if FULL else 3
PATIENT: dict[str, str] = {} if FULL else {"POOL_WAIT": "10"}  # the ordinary tier runs on busy machines; nothing may be shed there
ASKING = "select count(*) from pg_stat_activity where usename = 'nollycrewhub_reader' and state = 'active' and query like '%jobs%'"
SLOW = Query(int, "select n from proof.counter, pg_sleep(0.5) where id = 1")


@pytest.fixture
async def served(fleet: Stack, fleet_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    """A web process of its own, as `serve` starts it."""
    valkeys = Valkeys(fleet_settings)
    await valkeys.sessions.set(BORN_KEY, "0")  # while Valkey is new, everybody reads the primary
    await valkeys.stop()
    found = Served(tmp_path_factory.mktemp("served"), ["serve"], environment(fleet_settings, **PATIENT)).ready()
    yield found
    found.stop()


@pytest.fixture
def restored(fleet: Stack) -> Iterator[None]:
    """Both replicas run again afterwards, whatever the test did."""
    yield
    for standby in fleet.standbys:
        standby.ensure(fleet.primary)


def nobody(number: int) -> Ask:
    """A list that no cache has: each asks for another least pay."""
    return Ask("read", "GET", f"/api/jobs?limit=1&view=compact&pay_min={number + 1}")


async def reads_by(client: httpx.AsyncClient) -> dict[str, float]:
    """How many reads each server has answered, from /metrics."""
    lines = (await client.get("/metrics", headers=FIGURES)).text.splitlines()
    return {
        line.partition('server="')[2].partition('"')[0]: float(line.split()[-1]) for line in lines if line.startswith("nch_reads_total{")
    }


async def test_a_replica_is_killed_under_load(fleet: Stack, served: Served, restored: None, measured: Measure) -> None:
    """SIGKILL in the middle: the reads under way are asked again elsewhere, and it serves again once it is back."""
    async with httpx.AsyncClient(base_url=served.url, timeout=20) as client:
        load = OpenLoop(served.url)
        assert (await client.get("/api/jobs?limit=1&view=compact&q=warm")).status_code == 200
        running = asyncio.create_task(load.run(nobody, rate=RATE, until=SECONDS))
        await asyncio.sleep(SECONDS / 3)
        answered = (await reads_by(client)).get("africa", 0)
        await asyncio.to_thread(kill, fleet.standbys[0])
        await running
        await asyncio.to_thread(fleet.standbys[0].ensure, fleet.primary)
        back = time.monotonic()
        before = (await reads_by(client)).get("africa", 0)

        async def again() -> bool:
            await client.get(f"/api/jobs?limit=1&view=compact&q=again{time.monotonic()}")
            return (await reads_by(client)).get("africa", 0) > before

        while not await again():
            assert time.monotonic() - back < 30
            await asyncio.sleep(0.05)
        seconds = time.monotonic() - back
    statuses = load.statuses()
    failed = sum(statuses.values()) - statuses[200]
    assert answered > 0
    measured("D3", what="one of two killed", rate=RATE, requests=sum(statuses.values()), failed=failed, back_after_s=round(seconds, 2),
             p95_ms=part([outcome.seconds for outcome in load.outcomes], 0.95))  # fmt: skip
    assert failed <= sum(statuses.values()) / 1000, statuses
    if FULL:
        assert seconds <= 5.0


async def test_both_replicas_are_killed_under_load(
    fleet: Stack, fleet_settings: Settings, served: Served, restored: None, measured: Measure
) -> None:
    """The primary serves, and strangers hold no more of its connections than their share."""
    most, share, over = 0, int(fleet_settings.read_pool_most * fleet_settings.primary_share), False
    load, line = OpenLoop(served.url), await asyncpg.connect(fleet.primary.url("postgres", database="postgres"))
    try:
        running = asyncio.create_task(load.run(nobody, rate=RATE, until=lambda: over))
        await asyncio.sleep(SECONDS / 3)
        async with httpx.AsyncClient(base_url=served.url, timeout=20) as client:
            before = await reads_by(client)
            for standby in fleet.standbys:
                await asyncio.to_thread(kill, standby)
            until = time.monotonic() + SECONDS
            while time.monotonic() < until:
                most = max(most, await line.fetchval(ASKING))
                await asyncio.sleep(0.01)
            over = True
            await running
            after = await reads_by(client)
    finally:
        await line.close()
    statuses = load.statuses()
    failed = sum(statuses.values()) - statuses[200]
    by_primary = after["primary"] - before.get("primary", 0)
    measured("D3", what="both killed", rate=RATE, requests=sum(statuses.values()), failed=failed, by_primary=by_primary,
             share=share, most_at_once=most, p95_ms=part([outcome.seconds for outcome in load.outcomes], 0.95))  # fmt: skip
    assert by_primary >= RATE * SECONDS / 3, "the primary hardly served, so nothing was proven"
    assert failed <= sum(statuses.values()) / 1000, (statuses, load.why)
    assert most <= share, "more than their share"
    assert most > 0 or not FULL, "the looks never met a question; a few short ones a second can be missed"


async def test_a_question_under_which_its_server_dies_is_answered_by_another(fleet: Stack, db: Database, restored: None) -> None:
    asking = [asyncio.create_task(db.read_session(region="africa").value(SLOW)) for _ in range(3)]
    await asyncio.sleep(0.2)
    kill(fleet.standbys[0])
    assert all(answer is not None for answer in await asyncio.gather(*asking))
    assert not db.replicas[0].is_in and db.replicas[0].why


async def test_with_all_replicas_gone_the_primary_serves(fleet: Stack, db: Database, restored: None) -> None:
    for standby in fleet.standbys:
        kill(standby)
    read = db.read_session(region="africa")
    assert await read.value(NUMBER) is not None and read.server == "primary"
    assert db.states()[0].reads == 1, "the operators' page shows who answers how much"
    for standby in fleet.standbys:
        standby.ensure(fleet.primary)
    assert await eventually(lambda: db.read_source("africa")[0] == "africa" and db.read_source("europe")[0] == "europe")


async def test_a_replica_that_lags_by_both_measures_leaves_and_returns(fleet: Stack, fleet_settings: Settings) -> None:
    db = await started(with_changes(fleet_settings, replica_lag_bytes=1, replica_lag_seconds=0.5))
    replica = db.replicas[0]
    try:
        fleet.standbys[0].sql("select pg_wal_replay_pause()")
        try:
            await write(db, COUNT)
            assert await eventually(lambda: not replica.is_in)
            assert replica.why.startswith("is behind by ") and replica.lag_bytes > 1 and replica.lag_seconds > 0.5
            assert db.read_source("africa")[0] == "europe"
        finally:
            fleet.standbys[0].sql("select pg_wal_replay_resume()")
        assert await eventually(lambda: replica.is_in and replica.why == "")
        assert db.read_source("africa")[0] == "africa"
    finally:
        await db.stop()


async def test_a_server_that_takes_writes_is_no_replica(fleet: Stack, fleet_settings: Settings) -> None:
    db = Database(with_changes(fleet_settings, read_replica_urls={"africa": fleet_settings.database_reader_url}))
    await db.start()
    try:
        await db.replicas[0].probe(db.trail)
        assert (db.replicas[0].is_in, db.replicas[0].why) == (False, "is not a replica (it takes writes)")
    finally:
        await db.stop()


async def test_a_replica_away_too_long_is_made_anew(fleet: Stack, db: Database) -> None:
    """The primary keeps 64 MB of log for it here (1 GB on a laptop) and no more, so its disk cannot fill."""
    standby, slot = fleet.standbys[1], SLOT.format("replica_2")
    standby.stop()
    for _ in range(12):
        await write(db, COUNT)
        fleet.primary.sql("select pg_switch_wal()")
    fleet.primary.sql("checkpoint")
    state = fleet.primary.sql(f"select wal_status from pg_replication_slots where slot_name = '{slot}'").strip()
    mark = await write(db, COUNT)
    standby.ensure(fleet.primary)
    assert state == "lost"
    assert fleet.primary.sql(f"select wal_status from pg_replication_slots where slot_name = '{slot}'").strip() == "reserved"
    assert await eventually(lambda: db.read_source("europe", mark)[0] == "europe"), db.replicas[1].why


async def test_a_failover_reads_the_primary_for_a_while(db: Database) -> None:
    assert db.read_source("africa")[0] == "africa"
    db._saw_timeline((db.primary.seen or db.replicas[0].seen).timeline + 1)  # type: ignore[union-attr]
    assert db.read_source("africa")[0] == "primary"


async def test_a_watcher_that_stumbles_goes_on(db: Database) -> None:
    """Whatever the driver raises, a server without its watcher would keep its last standing for ever."""
    replica = db.replicas[0]
    line = replica._line
    assert line is not None
    replica._line = object()  # type: ignore[assignment]
    assert await eventually(lambda: not replica.is_in)
    assert replica.why == "could not be looked at (AttributeError)"
    replica._line = line
    assert await eventually(lambda: replica.is_in)
