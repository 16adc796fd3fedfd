"""One process for a whole module, and stages on it; what they queued is taken away at the end."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from nollycrewhub.cli.serving import laptop_routes
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.settings import Settings
from nollycrewhub.services import monolith
from tests.security.stage import PASSWORD, Stage

SetStage = Callable[[], Awaitable[Stage]]


@pytest.fixture(scope="module")
async def house(settings: Settings) -> AsyncIterator[Process]:
    """The whole program, started once for the module."""
    process = monolith.create_app(settings, extra=laptop_routes(settings))
    await process.runtime.start()
    await process.runtime.valkeys.sessions.flushdb()
    yield process
    async with process.runtime.db.write_session() as session:
        await session.sql("delete from platform.pgqueuer")
        await session.commit()
    await process.runtime.stop()


@pytest.fixture(scope="module")
async def set_stage(house: Process) -> AsyncIterator[SetStage]:
    """Makes a fresh stage; all share one password hash."""
    hashed = await house.runtime.passwords.hash(PASSWORD)
    stages: list[Stage] = []

    async def run() -> Stage:
        stages.append(Stage(house, hashed))
        return await stages[-1].set()

    yield run
    for stage in stages:
        await stage.close()
