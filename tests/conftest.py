"""The real servers under every test: one stack for the run, a database migrated once, the front door."""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import httpx
import pytest

from nollycrewhub.cli import migrate
from nollycrewhub.devstack.stack import Addresses, Stack
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.settings import Settings
from nollycrewhub.platform.worker import drain
from nollycrewhub.services import monolith
from tests.measuring import FILES, Measure

FULL = bool(os.environ.get("NOLLYCREWHUB_FULL"))
SECRET = "tests-only-kR8-2mQx_7vLw0ZtYb4NfJs6Gh1Dc9Ea3"
MEASURE = Measure(tier="full" if FULL else "ordinary")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remembers which tests failed, for the lines they measured."""
    if report.failed:
        MEASURE.failed.add(report.nodeid)


def pytest_sessionfinish() -> None:
    """Writes the figures of this run: the ordinary tier's are ignored by git, the full tier's committed by hand."""
    MEASURE.write(FILES[MEASURE.tier])


@pytest.fixture(scope="session")
def measured() -> Measure:
    """`measured("M1", keys=200, effects=200)` keeps the figures of a bar for the results file."""
    return MEASURE


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """Primary, one replica, two Valkeys, in a folder that goes with the run."""
    folder = Path(tempfile.mkdtemp(prefix="nch-tests-"))
    servers = Stack(folder, replicas=1)
    try:
        servers.start()
        yield servers
    finally:
        servers.stop()
        if servers.account.data != folder:
            shutil.rmtree(servers.account.data, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def addresses(stack: Stack) -> Addresses:
    """Where the servers listen."""
    return stack.addresses()


@pytest.fixture(scope="session")
def settings(addresses: Addresses, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of the test shape on a migrated database, under the three roles."""
    found = Settings(
        shape="test",
        secret=SECRET,
        instance_id="test",
        media_folder=str(tmp_path_factory.mktemp("media")),
        read_pool_least=1,
        database_url=addresses.database_url,
        database_owner_url=addresses.database_owner_url,
        database_direct_url=addresses.database_direct_url,
        database_reader_url=addresses.database_reader_url,
        read_replica_urls=addresses.read_replica_urls,
        session_url=addresses.session_url,
        cache_url=addresses.cache_url,
    )
    migrate.upgrade(found)
    return found


@pytest.fixture(scope="session")
def migrated(settings: Settings) -> Settings:
    """The same, for tests that only need the schema."""
    return settings


@pytest.fixture
async def process(settings: Settings) -> AsyncIterator[Process]:
    """The whole program, started, in this process."""
    from nollycrewhub.cli.serve import laptop_routes

    found = monolith.create_app(settings, extra=laptop_routes(settings))
    await found.runtime.start()
    await found.runtime.valkeys.sessions.flushdb()
    yield found
    await found.runtime.stop()


@pytest.fixture
async def app_client(process: Process) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client at the front door; it keeps cookies as a browser does."""
    transport = httpx.ASGITransport(app=process)
    async with httpx.AsyncClient(transport=transport, base_url=process.runtime.settings.public_url) as client:
        yield client


@pytest.fixture
def worker_drain(process: Process) -> Callable[[], Awaitable[int]]:
    """Runs all waiting jobs, and those they cause, until none is left."""

    async def run() -> int:
        return await drain(process.runtime)

    return run
