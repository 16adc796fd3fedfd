"""No write on the read path (bar D4): every GET route of the whole program, with nothing but a hot standby to ask."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import msgspec
import pytest

from nollycrewhub.devstack.stack import Stack
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.db import Query
from nollycrewhub.platform.settings import Settings
from nollycrewhub.services import monolith
from tests.faults.scene import Scene
from tests.measuring import Measure

REFUSE = "host all nollycrewhub_reader 127.0.0.1/32 reject\n"
END_READERS = "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'nollycrewhub_reader'"
IN_RECOVERY = Query(bool, "select pg_is_in_recovery()")
READ_ONLY = Query(
    bool, "select current_setting('transaction_read_only') = 'on' and current_setting('default_transaction_read_only') = 'on'"
)


async def refused(url: str) -> None:
    """Once the server has read its new rules: until then one whose connection is ended would come straight back in."""
    for _ in range(200):
        try:
            await (await asyncpg.connect(url)).close()
        except asyncpg.InvalidAuthorizationSpecificationError:
            return
        await asyncio.sleep(0.05)
    pytest.fail("the primary still lets readers in")


@pytest.fixture
async def standby_only(servers: Stack, scene: Scene) -> AsyncIterator[Scene]:
    """The town, once the standby has all of it; then the primary takes no reader any more."""
    wanted = servers.primary.sql("select pg_current_wal_lsn()").strip()
    for _ in range(200):
        if servers.standbys[0].sql(f"select pg_last_wal_replay_lsn() >= '{wanted}'").strip() == "t":
            break
        await asyncio.sleep(0.05)
    rules = servers.primary.folder / "pg_hba.conf"
    before = rules.read_text()
    rules.write_text(REFUSE + before)
    servers.primary.sql("select pg_reload_conf()")
    await refused(scene.process.runtime.settings.database_reader_url)
    servers.primary.sql(END_READERS)
    scene.process.runtime.db.primary_until = 0.0
    yield scene
    rules.write_text(before)
    servers.primary.sql("select pg_reload_conf()")


async def test_every_get_route_reads_on_a_standby(standby_only: Scene, measured: Measure) -> None:
    scene = standby_only
    db = scene.process.runtime.db
    for _ in range(100):
        if db.primary.seen is None and db.replicas[0].is_in:
            break
        await asyncio.sleep(0.1)
    reads = db.read_session()
    assert (await reads.value(IN_RECOVERY), await reads.value(READ_ONLY)) == (True, True)
    routes = [operation for operation in scene.operations() if operation.is_safe]
    found = [(operation, await scene.send(operation, html=not operation.is_api)) for operation in routes]
    assert [f"{operation.template} {answer.status_code}" for operation, answer in found if answer.status_code >= 500] == []
    well = sum(answer.status_code == 200 for _, answer in found)
    assert well > 40
    measured("D4", get_routes=len(routes), answered_200=well, failed=0)


async def test_the_roles_cannot_do_what_they_must_not(process: Process, settings: Settings) -> None:
    """The reader writes nothing even when it asks to; the app's role changes nothing that is append-only."""
    db = process.runtime.db
    as_reader = monolith.create_app(msgspec.structs.replace(settings, database_url=settings.database_reader_url)).runtime.db
    await as_reader.start()
    try:
        async with as_reader.write_session() as session:
            await session.sql("set transaction read write")
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
                await session.sql("delete from users.person")
    finally:
        await as_reader.stop()
    for table in ("platform.event", "platform.audit"):
        for change in (f"update {table} set at = now()", f"delete from {table}", f"truncate {table}"):
            async with db.write_session() as session:
                with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
                    await session.sql(change)
