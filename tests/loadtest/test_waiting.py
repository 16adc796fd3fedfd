"""The page that waits on a provider: as long as it says, for as many at once as ask, and nobody's processor."""

import asyncio
import time

import pytest

from nollycrewhub.cli.main import main
from nollycrewhub.devstack.waiting import ANSWERS_AFTER, SlowProvider


async def test_many_wait_at_once_and_each_as_long_as_the_provider_takes() -> None:
    began, spent = time.monotonic(), time.process_time()
    answers = await asyncio.gather(*(SlowProvider().answer() for _ in range(200)))
    assert ANSWERS_AFTER == 0.15
    assert time.monotonic() - began < 1.0 and time.process_time() - spent < 0.5
    assert all(149.0 <= one.waited_ms < 1000.0 for one in answers)


@pytest.mark.parametrize("words", [["mix", "--scaled"], ["flash", "--scaled", "--target", "http://127.0.0.1:9"]])
def test_a_scaler_is_only_asked_for_where_it_makes_sense(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["loadtest", *words]) == 2
    assert "--scaled goes with flash" in capsys.readouterr().err
