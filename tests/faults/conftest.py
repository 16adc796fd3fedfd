"""Processes and servers that the tests here start, break, and take away again."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from nollycrewhub.cli import migrate
from nollycrewhub.devstack.stack import Stack
from nollycrewhub.platform.settings import Settings
from nollycrewhub.services import monolith
from tests.conftest import SECRET
from tests.faults.scene import Scene
from tests.served import Served

Start = Callable[..., Served]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """`start(["serve"], env)`: a really started process."""
    started: list[Served] = []

    def run(words: list[str], env: dict[str, str]) -> Served:
        folder = tmp_path / f"process-{len(started)}"
        folder.mkdir()
        started.append(Served(folder, words, env))
        return started[-1]

    yield run
    for one in started:
        one.stop()


@pytest.fixture(scope="package")
def servers() -> Iterator[Stack]:
    """Servers of this folder's own: they are stopped, frozen and filled."""
    folder = Path(tempfile.mkdtemp(prefix="nch-faults-"))
    stack = Stack(folder)
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()
        if stack.account.data != folder:
            shutil.rmtree(stack.account.data, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="package")
def own_settings(servers: Stack, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings on these servers, migrated."""
    addresses = servers.addresses()
    found = Settings(
        shape="test", secret=SECRET, instance_id="faults", media_folder=str(tmp_path_factory.mktemp("faults") / "media"), read_pool_least=1,
        database_url=addresses.database_url, database_owner_url=addresses.database_owner_url,
        database_direct_url=addresses.database_direct_url, database_reader_url=addresses.database_reader_url,
        read_replica_urls=addresses.read_replica_urls, session_url=addresses.session_url, cache_url=addresses.cache_url,
    )  # fmt: skip
    migrate.upgrade(found)
    return found


@pytest.fixture
async def scene(own_settings: Settings) -> AsyncIterator[Scene]:
    """A town on those servers, in one started process."""
    process = monolith.create_app(own_settings)
    await process.runtime.start()
    yield await Scene(process).build()
    await process.runtime.stop()
