"""Every migration, one after another, on tables with the sample's rows, under small transactions (bar D8): none fails, none waits long."""

import asyncio
import contextlib
import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import asyncpg
import pytest
from alembic import command
from alembic.script import ScriptDirectory

from nollycrewhub.cli import migrate
from nollycrewhub.devstack.postgres import DATABASE
from nollycrewhub.devstack.stack import Stack
from nollycrewhub.platform.settings import Settings
from tests.conftest import FULL
from tests.measuring import Measure
from tests.served import Served, environment
from tests.servers import a_stack, migrated, settings_on

RATE = 200
LINES = 8
LONGEST_WAIT = 1.0
SETTLING = 0.3
OLD = "before"
SAMPLE = (
    ("--users", "3000", "--jobs", "10000", "--applications", "20000")
    if FULL
    else ("--users", "300", "--jobs", "500", "--applications", "800")
)
TABLES = "select schemaname || '.' || tablename from pg_tables where schemaname not in ('pg_catalog', 'information_schema') and tablename <> 'alembic_version' order by 1"
COLUMNS = "select attname from pg_attribute where attrelid = '{}'::regclass and attnum > 0 and not attisdropped and attgenerated = ''"
PAST = "select setval(pg_get_serial_sequence('{0}', attname), 1000000000) from pg_attribute where attrelid = '{0}'::regclass and attnum > 0 and not attisdropped and pg_get_serial_sequence('{0}', attname) is not null"
GONE = (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError, asyncpg.InvalidSchemaNameError)


@pytest.fixture
def servers() -> Iterator[tuple[Stack, Settings]]:
    """A database with the newest schema and the sample, and beside it an empty one with the oldest."""
    with a_stack("migrations", replicas=0) as stack:
        yield stack, migrated(settings_on(stack.addresses(), instance_id="migrations"))


@dataclass
class Load:
    """Two hundred small transactions a second: each reads a row of a table and writes it back as it was."""

    url: str
    tables: list[str] = field(default_factory=list)
    done: int = 0
    failed: list[str] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    longest: float = 0.0
    slowest: str = ""
    running: bool = True

    async def run(self) -> None:
        """Until it is told to stop; whatever is late counts from when it was due."""
        async with asyncpg.create_pool(self.url, min_size=LINES, max_size=LINES, statement_cache_size=0) as pool:
            busy: set[asyncio.Task[None]] = set()
            began = time.monotonic()
            for number in itertools.count():
                if not self.running:
                    break
                await asyncio.sleep(max(0.0, began + number / RATE - time.monotonic()))
                if self.tables:
                    task = asyncio.create_task(self._one(pool, self.tables[number % len(self.tables)]))
                    busy.add(task)
                    task.add_done_callback(busy.discard)
            await asyncio.gather(*busy)

    async def _one(self, pool: asyncpg.Pool, table: str) -> None:
        due = time.monotonic()
        try:
            async with pool.acquire() as line, line.transaction():
                await line.fetch(f"select * from {table} limit 1")
                await line.execute(f"delete from {table} where false")
        except GONE:
            self.gone.add(table)
        except Exception as error:
            self.failed.append(f"{table}: {type(error).__name__} {error}")
        self.done += 1
        if (seconds := time.monotonic() - due) > self.longest:
            self.longest, self.slowest = seconds, table


def fill(stack: Stack, table: str) -> bool:
    """The sample's rows into a table of the older schema, by the columns both have; whether that could be."""
    primary = stack.primary
    both = set(primary.sql(COLUMNS.format(table), database=DATABASE).split()) & set(
        primary.sql(COLUMNS.format(table), database=OLD).split()
    )
    names = ", ".join(f'"{name}"' for name in sorted(both))
    with contextlib.suppress(Exception):
        rows = stack.account.data / "rows"
        primary.sql(f"copy (select {names} from {table}) to '{rows}'", database=DATABASE)
        primary.sql(f"set session_replication_role = replica; copy {table} ({names}) from '{rows}'", database=OLD)
        primary.sql(PAST.format(table), database=OLD)
        return True
    return False


@pytest.mark.full
@pytest.mark.timeout(900)
async def test_every_migration_under_load(
    servers: tuple[Stack, Settings], tmp_path_factory: pytest.TempPathFactory, measured: Measure
) -> None:
    stack, settings = servers
    seeding = Served(tmp_path_factory.mktemp("seed"), ["seed", *SAMPLE], environment(settings), module="nollycrewhub.cli.main")
    assert await asyncio.to_thread(seeding.process.wait, 300) == 0, seeding.said()
    stack.primary.sql(f"create database {OLD} owner nollycrewhub_owner")
    for extension in ("pg_trgm", "unaccent", "pg_stat_statements", "vector"):
        stack.primary.sql(f"create extension if not exists {extension}", database=OLD)
    there = migrate.configuration(stack.primary.url("nollycrewhub_owner", database=OLD))
    revisions = [each.revision for each in ScriptDirectory.from_config(there).walk_revisions()][::-1]
    load = Load(stack.primary.url("postgres", database=OLD))
    running = asyncio.create_task(load.run())
    filled: set[str] = set()
    slow: list[str] = []
    for revision in revisions:
        load.longest = 0.0
        await asyncio.to_thread(command.upgrade, there, revision)
        await asyncio.sleep(SETTLING)
        if load.longest > LONGEST_WAIT:
            slow.append(f"{revision}: {load.slowest} waited {load.longest:.1f} s")
        now = set(stack.primary.sql(TABLES, database=OLD).split())
        in_both = now & set(stack.primary.sql(TABLES, database=DATABASE).split())
        for table in sorted(in_both - filled):
            filled |= {table} if await asyncio.to_thread(fill, stack, table) else set()
        load.tables = sorted(now)
    load.longest = 0.0  # and a lock that is held would be seen
    await asyncio.to_thread(
        stack.primary.sql, f"begin; lock table {load.tables[0]}; select pg_sleep({LONGEST_WAIT + 0.5}); commit", database=OLD
    )
    await asyncio.sleep(SETTLING)
    noticed = load.longest
    load.running = False
    await running
    rows = int(stack.primary.sql("select sum(n_live_tup) from pg_stat_user_tables", database=OLD))
    measured(
        "D8", what="every migration in turn", migrations=len(revisions), rows=rows, rate=RATE, transactions=load.done, failed=len(load.failed),
        tables_gone=len(load.gone - set(load.tables)), waited_over_a_second=len(slow),
    )  # fmt: skip
    assert load.done > RATE * SETTLING * len(revisions) / 4
    assert (load.failed, slow) == ([], [])
    assert noticed > LONGEST_WAIT
