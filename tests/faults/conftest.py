"""Processes that a test starts and that are gone when it ends."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

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
