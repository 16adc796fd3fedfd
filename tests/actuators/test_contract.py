"""What every actuator promises, whatever stands behind it."""

import pytest

from nollycrewhub.scaling.actuators.port import ActuatorError, Fleet
from tests.actuators.conftest import Place


async def test_what_was_asked_is_what_is_there(place: Place) -> None:
    assert await place.settled(2, 1) == Fleet(web=2, workers=1, web_asked=2, workers_asked=1)
    for web, workers in ((4, 2), (3, 3), (1, 1)):
        await place.actuator.ask(web=web, workers=workers)
        assert place.there() == (web, workers)
        fleet = await place.actuator.fleet()
        assert (fleet.web_asked, fleet.workers_asked) == (web, workers)
        assert await place.settled(web, workers) == Fleet(web=web, workers=workers, web_asked=web, workers_asked=workers)


async def test_asking_twice_is_asking_once(place: Place) -> None:
    for _ in range(3):
        await place.actuator.ask(web=3, workers=2)
    assert place.there() == (3, 2)
    assert await place.settled(3, 2) == Fleet(web=3, workers=2, web_asked=3, workers_asked=2)


@pytest.mark.parametrize(("web", "workers"), [(0, 1), (-1, 1), (2, -1), (10_000, 1), (2, 10_000)])
async def test_no_more_than_the_most_and_no_fewer_than_none(place: Place, web: int, workers: int) -> None:
    """A number that nobody may ask for is refused, with a sentence, and changes nothing."""
    with pytest.raises(ActuatorError) as caught:
        await place.actuator.ask(web=web, workers=workers)
    assert str(caught.value).endswith("nothing was changed.")
    assert caught.value.retry_after is None
    assert place.there() == (2, 1)
    assert await place.settled(2, 1) == Fleet(web=2, workers=1, web_asked=2, workers_asked=1)


async def test_exactly_the_most_may_be_asked_for(place: Place) -> None:
    await place.actuator.ask(web=place.most_web, workers=place.most_workers)
    assert place.there() == (place.most_web, place.most_workers)


async def test_closing_changes_nothing(place: Place) -> None:
    await place.actuator.ask(web=3, workers=1)
    await place.actuator.close()
    assert place.there() == (3, 1)
