"""The real servers under every test: one stack for the run, a database migrated once, the front door."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import httpx
import pytest
from xdist.scheduler import LoadScopeScheduling

from nollycrewhub.devstack.stack import Addresses, Stack
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.settings import Settings
from nollycrewhub.platform.worker import drain
from nollycrewhub.services import monolith
from tests import servers
from tests.guardian import GUARDIAN
from tests.measuring import FILES, Measure

QUEUES = ("platform.pgqueuer", "platform.mailbox", "jobs.review")
TOGETHER = (  # folders and files with servers or a browser of their own, which one process sets up once; the longest first
    "tests/web/browser", "tests/faults", "tests/queueing", "tests/journeys/test_up.py", "tests/events",
    "tests/domains/test_all_decisions_are_covered.py", "tests/replicas", "tests/instances",
)  # fmt: skip
FULL = bool(os.environ.get("NOLLYCREWHUB_FULL"))
MEASURE = Measure(tier="drill" if os.environ.get("NOLLYCREWHUB_DRILL") else "full" if FULL else "ordinary")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remembers which tests failed, for the lines they measured."""
    if report.failed:
        MEASURE.failed.add(report.nodeid)


def pytest_sessionfinish() -> None:
    """Writes the figures of this run: the ordinary tier's are ignored by git, the full tier's committed by hand."""
    MEASURE.write(FILES[MEASURE.tier])


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """The servers are gone by now; what watched over them may go too."""
    GUARDIAN.dismiss()


def place(nodeid: str) -> tuple[int, str]:
    """Which tests go to one process together, and when: files, but for those that share what is dear."""
    file = nodeid.partition("::")[0]
    for turn, start in enumerate(TOGETHER):
        if file.startswith(start):
            return turn, start
    return len(TOGETHER), file


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In parallel, the long groups begin first, so that no process is left alone with one."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: place(item.nodeid)[0])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """How `make test` divides the tests among its processes."""
    return Groups(config, log)


class Groups(LoadScopeScheduling):
    """A group goes to one process whole."""

    def _split_scope(self, nodeid: str) -> str:
        return place(nodeid)[1]


@pytest.fixture(scope="session")
def measured() -> Measure:
    """`measured("M1", keys=200, effects=200)` keeps the figures of a bar for the results file."""
    return MEASURE


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """Primary, one replica, two Valkeys, for the run (each of its processes has its own)."""
    with servers.a_stack("tests", replicas=1) as found:
        yield found


@pytest.fixture(scope="session")
def addresses(stack: Stack) -> Addresses:
    """Where the servers listen."""
    return stack.addresses()


@pytest.fixture(scope="session")
def settings(addresses: Addresses, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings on a migrated database of those servers."""
    media = str(tmp_path_factory.mktemp("media"))
    return servers.migrated(  # a short wait for a connection has tests of its own
        servers.settings_on(addresses, instance_id="test", media_folder=media, pool_wait=2.0)
    )  # fmt: skip


@pytest.fixture(scope="session")
def migrated(settings: Settings) -> Settings:
    """The same, for tests that only need the schema."""
    return settings


@pytest.fixture
async def process(settings: Settings) -> AsyncIterator[Process]:
    """The whole program, started, in this process."""
    from nollycrewhub.cli.serving import laptop_routes

    found = monolith.create_app(settings, extra=laptop_routes(settings))
    await found.runtime.start()
    await found.runtime.valkeys.sessions.flushdb()
    async with found.runtime.db.write_session() as session:  # lists of the newest or oldest are this test's own
        for queue in QUEUES:
            await session.sql(f"delete from {queue}")
        await session.commit()
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
