"""A write that finds no open connection waits no longer for a new one than for a place; what comes late is not opened in vain."""

import asyncio
import time
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
from sqlalchemy.exc import TimeoutError as PoolTimeout

from nollycrewhub.platform.db import Database
from nollycrewhub.platform.db.opening import Openings
from nollycrewhub.platform.settings import Settings
from tests.replicas.conftest import started, with_changes


class Slow:
    """Stands before a server and takes its time with each new connection."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.host, self.port = parts.hostname, parts.port
        self.pause = 0.0
        self.accepted = 0

    async def relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Passes everything on, after the pause."""
        self.accepted += 1
        await asyncio.sleep(self.pause)
        beyond_reader, beyond_writer = await asyncio.open_connection(self.host, self.port)

        async def pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
            while data := await source.read(65536):
                target.write(data)
            target.close()

        await asyncio.gather(pump(reader, beyond_writer), pump(beyond_reader, writer), return_exceptions=True)


@pytest.fixture
async def slow(fleet_settings: Settings) -> AsyncIterator[tuple[Slow, Database]]:
    """A database behind it."""
    before = Slow(fleet_settings.database_url)
    server = await asyncio.start_server(before.relay, "127.0.0.1", 0)
    url = fleet_settings.database_url.replace(f":{before.port}/", f":{server.sockets[0].getsockname()[1]}/")
    db = await started(with_changes(fleet_settings, database_url=url, write_pool=4, write_overflow=4, pool_wait=0.2))
    yield before, db
    await db.stop()
    server.close()


async def write(db: Database) -> tuple[str, float]:
    """What became of a write, and how long it took."""
    began = time.monotonic()
    try:
        async with db.write_session() as session:
            await session.sql("select 1")
        return "written", time.monotonic() - began
    except PoolTimeout:
        return "shed", time.monotonic() - began


async def test_a_slow_opening_sheds_the_writer_and_is_the_next_ones(slow: tuple[Slow, Database]) -> None:
    before, db = slow
    before.pause = 1.5
    found = await asyncio.gather(*(write(db) for _ in range(14)))
    assert [what for what, _ in found] == ["shed"] * 14
    assert max(took for _, took in found) < 1.2, "nobody waited for the opening to end"
    opened = before.accepted
    await asyncio.sleep(1.6)
    before.pause = 60.0
    found = await asyncio.gather(*(write(db) for _ in range(4)))
    assert [what for what, _ in found] == ["written"] * 4
    assert before.accepted == opened, "what came late was lent, and nothing opened anew"


async def test_what_came_late_and_was_not_needed_is_closed(slow: tuple[Slow, Database]) -> None:
    before, db = slow
    before.pause = 0.5
    assert (await write(db))[0] == "shed"
    [opening] = db.openings.late
    await asyncio.wait({opening})
    assert not opening.result().is_closed()
    db.openings.late[opening] -= 60
    before.pause = 0.0
    assert (await write(db))[0] == "written"
    assert opening.result().is_closed() and not db.openings.late


async def test_an_opening_that_failed_late_is_nobodys(fleet_settings: Settings) -> None:
    tries = 0

    async def connect() -> object:
        nonlocal tries
        tries += 1
        await asyncio.sleep(0.1)
        raise ConnectionRefusedError(f"try {tries}")

    openings = Openings(connect, 0.02)  # type: ignore[arg-type]  # it never gives one
    with pytest.raises(PoolTimeout):
        await openings.connect()
    await asyncio.sleep(0.2)
    openings.patience = 1.0
    with pytest.raises(ConnectionRefusedError, match="try 2"):
        await openings.connect()
    await openings.stop()
