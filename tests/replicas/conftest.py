"""A primary with two standbys of its own, which these tests may pause, delay, kill and leave behind."""

import asyncio
import os
import random
from collections.abc import AsyncIterator, Callable, Iterator

import asyncpg
import msgspec
import pytest

from nollycrewhub.devstack.postgres import DATABASE
from nollycrewhub.devstack.stack import Stack
from nollycrewhub.platform.db import Database
from nollycrewhub.platform.settings import Settings
from tests.conftest import FULL
from tests.servers import a_stack, migrated, settings_on

PROOF = """
create schema proof;
create table proof.note (id bigint primary key);
create table proof.counter (id int primary key, n bigint not null);
insert into proof.counter values (1, 0);
grant usage on schema proof to nollycrewhub_app, nollycrewhub_reader;
grant select on all tables in schema proof to nollycrewhub_app, nollycrewhub_reader;
grant insert, update on all tables in schema proof to nollycrewhub_app;
"""
KEPT_WAL = "64MB"


async def eventually(true: Callable[[], object], *, within: float = 30.0) -> bool:
    """Waits for a background observation; the answer, not the time, is what a test asserts."""
    for _ in range(int(within / 0.02)):
        if true():
            return True
        await asyncio.sleep(0.02)
    return False


@pytest.fixture(scope="session")
def seed() -> int:
    """The run's seed, printed with a failure; SEED=… repeats it."""
    found = int(os.environ.get("SEED") or random.SystemRandom().randrange(2**32))
    print(f"SEED={found}")
    return found


@pytest.fixture(scope="session")
def fleet() -> Iterator[Stack]:
    """Primary, a replica in africa, one in europe, two Valkeys."""
    with a_stack("fleet", replicas=2, kept_wal=KEPT_WAL) as servers:
        yield servers


@pytest.fixture(scope="session")
def fleet_settings(fleet: Stack, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings on a migrated database, with a small table to write to."""
    found = migrated(settings_on(
        fleet.addresses(), instance_id="fleet", media_folder=str(tmp_path_factory.mktemp("media")),
        pool_wait=10.0,  # on a busy machine; the wait has its own test
    ))  # fmt: skip
    fleet.primary.sql(PROOF, database=DATABASE)
    return found


async def started(settings: Settings) -> Database:
    """A process's view of the servers, with every replica serving."""
    db = Database(settings)
    await db.start()
    assert await eventually(lambda: all(replica.is_in for replica in db.replicas)), [replica.why for replica in db.replicas]
    return db


@pytest.fixture
async def db(fleet_settings: Settings) -> AsyncIterator[Database]:
    """One process's view."""
    found = await started(fleet_settings)
    yield found
    await found.stop()


class Weather:
    """What happens to the standbys while a test runs: replay paused, delayed, resumed, at random."""

    def __init__(self, fleet: Stack, rng: random.Random, *, longest_delay_ms: int) -> None:
        self.fleet = fleet
        self.rng = rng
        self.longest_delay_ms = longest_delay_ms
        self.lines: list[asyncpg.Connection] = []
        self.changes = 0

    async def __aenter__(self) -> "Weather":
        for standby in self.fleet.standbys:
            self.lines.append(await asyncpg.connect(standby.url("postgres", database="postgres")))
        self.task = asyncio.create_task(self._blow())
        return self

    async def _blow(self) -> None:
        while True:
            await self.turn()
            await asyncio.sleep(self.rng.uniform(0.02, 0.3))

    async def turn(self) -> None:
        """One change of one standby's weather."""
        line = self.rng.choice(self.lines)
        self.changes += 1
        what = self.rng.choice(("pause", "resume", "resume", "resume", "delay"))
        if what == "delay":
            delay = self.rng.choice((0, 0, self.rng.randrange(40), self.rng.randrange(self.longest_delay_ms + 1)))
            await line.execute(f"alter system set recovery_min_apply_delay = '{delay}ms'")
            await line.execute("select pg_reload_conf()")
        else:
            await line.execute(f"select pg_wal_replay_{what}()")

    async def __aexit__(self, *_: object) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        for line in self.lines:
            await line.execute("alter system reset recovery_min_apply_delay")
            await line.execute("select pg_reload_conf()")
            await line.execute("select pg_wal_replay_resume()")
            await line.close()


def with_changes(settings: Settings, **changes: object) -> Settings:
    """The same settings but for these."""
    return msgspec.structs.replace(settings, **changes)


__all__ = ["FULL", "Weather", "eventually", "started", "with_changes"]
