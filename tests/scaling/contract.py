"""What every actuator has to keep, whatever stands behind it. A test class inherits this and brings the fixtures."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

from nollycrewhub.scaling.actuators.port import Actuator, ActuatorError, Fleet

WITHIN = 60.0


async def settled(actuator: Actuator, right: Callable[[Fleet], bool], *, within: float = WITHIN) -> Fleet:
    """The fleet once it is as it should be."""
    deadline = time.monotonic() + within
    while True:
        fleet = await actuator.fleet()
        if right(fleet):
            return fleet
        assert time.monotonic() < deadline, f"still {fleet}"
        await asyncio.sleep(0.1)


class ActuatorContract:
    """Fixtures to bring: `actuator`, one with a fleet of one web process and `few` workers behind it; `cut`, which takes the far end away."""

    few = 0

    async def test_it_tells_what_runs_and_what_was_asked_for(self, actuator: Actuator) -> None:
        fleet = await settled(actuator, lambda fleet: fleet.web == 1)
        assert fleet == Fleet(web=1, workers=self.few, web_asked=1, workers_asked=self.few)
        assert actuator.name

    async def test_what_was_asked_for_is_known_at_once_and_there_later(self, actuator: Actuator) -> None:
        await settled(actuator, lambda fleet: fleet.web == 1)
        began = time.monotonic()
        await actuator.ask(web=3, workers=self.few + 1)
        assert time.monotonic() - began < 2.0, "asking is not waiting"
        asked = await actuator.fleet()
        assert (asked.web_asked, asked.workers_asked) == (3, self.few + 1)
        there = await settled(actuator, lambda fleet: (fleet.web, fleet.workers) == (3, self.few + 1))
        assert (there.web_asked, there.workers_asked) == (3, self.few + 1)
        await actuator.ask(web=3, workers=self.few + 1)
        await asyncio.sleep(0.5)
        assert await actuator.fleet() == there, "asking twice is asking once"
        await actuator.ask(web=1, workers=self.few)
        await settled(actuator, lambda fleet: fleet == Fleet(web=1, workers=self.few, web_asked=1, workers_asked=self.few))

    async def test_numbers_that_nobody_may_ask_for_are_refused_and_change_nothing(self, actuator: Actuator) -> None:
        before = await settled(actuator, lambda fleet: fleet.web == 1)
        for web, workers in ((0, self.few), (-1, self.few), (1, -1), (10_000, self.few), (1, 10_000)):
            with pytest.raises(ActuatorError) as caught:
                await actuator.ask(web=web, workers=workers)
            assert str(caught.value).endswith(".")
            assert await actuator.fleet() == before

    async def test_a_far_end_that_is_away_is_a_sentence(self, actuator: Actuator, cut: Callable[[], Awaitable[None]]) -> None:
        await settled(actuator, lambda fleet: fleet.web == 1)
        await cut()
        for asking in (actuator.fleet(), actuator.ask(web=2, workers=self.few)):
            with pytest.raises(ActuatorError) as caught:
                await asking
            assert str(caught.value).endswith(".")
            assert caught.value.retry_after is None or caught.value.retry_after > 0

    async def test_closing_twice_is_closing_once(self, actuator: Actuator) -> None:
        await actuator.close()
        await actuator.close()
