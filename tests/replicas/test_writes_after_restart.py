"""A primary that was killed and is back takes the first write of everybody: no pooled connection is lent dead."""

import asyncio
import time

import pytest
from sqlalchemy import event, text

from nollycrewhub.devstack.stack import Stack
from nollycrewhub.platform.db import Database
from tests.replicas.conftest import eventually
from tests.servers import kill

COUNT = "update proof.counter set n = n + 1 where id = 1"


async def idle(db: Database, many: int) -> None:
    """That many connections wait in the pool for writers."""
    sessions = [db.write_session() for _ in range(many)]
    for session in sessions:
        await session.sql("select 1")
    for session in sessions:
        await session.close()
    assert db.engine.pool.checkedin() == many  # type: ignore[attr-defined]


async def write(db: Database, *, by_hand: bool) -> None:
    """One write, by the driver or by the ORM."""
    async with db.write_session() as session:
        await (session.sql(COUNT) if by_hand else session.execute(text(COUNT)))
        await db.commit(session)


def restart(fleet: Stack) -> None:
    """SIGKILL, as a lost machine, and the start after it."""
    kill(fleet.primary)
    fleet.primary.start()


@pytest.mark.parametrize("by_hand", [True, False], ids=["driver", "orm"])
@pytest.mark.parametrize("seen", [True, False], ids=["noticed", "unnoticed"])
async def test_the_first_writes_after_a_restart_are_taken(fleet: Stack, db: Database, seen: bool, by_hand: bool) -> None:
    """Noticed: the closed sockets were seen meanwhile. Unnoticed: the writers come before the loop has looked at them."""
    many = db.settings.write_pool
    await idle(db, many)
    await asyncio.to_thread(restart, fleet) if seen else restart(fleet)
    refused = [found for found in await asyncio.gather(*(write(db, by_hand=by_hand) for _ in range(many)), return_exceptions=True) if found]
    assert refused == []


async def test_connections_of_an_earlier_run_of_the_server_are_not_lent(db: Database) -> None:
    """What a lost machine leaves may look open for hours; the probe sees that another run of the server answers."""
    await idle(db, 2)
    assert await eventually(lambda: db.primary.born)
    made: list[float] = []
    event.listen(db.engine.sync_engine, "connect", lambda *_: made.append(time.monotonic()))
    await write(db, by_hand=True)
    assert made == []
    for probe in db._probes:
        probe.cancel()
    db.primary.born += 1
    await write(db, by_hand=True)
    await write(db, by_hand=True)
    assert len(made) == 2, "each of the two that waited was made anew, once"
    await write(db, by_hand=True)
    assert len(made) == 2
