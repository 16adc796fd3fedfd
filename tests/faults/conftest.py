"""Processes and servers that the tests here start, break, and take away again."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from nollycrewhub.devstack.stack import Stack
from nollycrewhub.platform.settings import Settings
from nollycrewhub.services import monolith
from tests.faults.scene import Scene
from tests.served import Served
from tests.servers import a_stack, migrated, settings_on

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
    with a_stack("faults", replicas=2) as stack:
        yield stack


@pytest.fixture(scope="package")
def own_settings(servers: Stack, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings on these servers, migrated."""
    return migrated(settings_on(servers.addresses(), instance_id="faults", media_folder=str(tmp_path_factory.mktemp("faults") / "media")))


@pytest.fixture
async def scene(own_settings: Settings) -> AsyncIterator[Scene]:
    """A town on those servers, in one started process."""
    process = monolith.create_app(own_settings)
    await process.runtime.start()
    yield await Scene(process).build()
    await process.runtime.stop()
