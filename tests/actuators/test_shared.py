"""The contract that the local actuator keeps, kept by those of the platforms on their simulators."""

from collections.abc import Awaitable, Callable

import pytest

from nollycrewhub.scaling.actuators.port import Actuator
from tests.actuators.conftest import Made
from tests.scaling.contract import ActuatorContract
from tests.simulators.platforms import KubernetesApi, Platform, RenderApi

Cut = Callable[[], Awaitable[None]]


def cutting(platform: Platform) -> Cut:
    """Takes the far end away."""

    async def cut() -> None:
        platform.stop()

    return cut


class TestRender(ActuatorContract):
    few = 1  # whether a service may have no instance is said nowhere

    @pytest.fixture
    def place(self, make: Callable[..., Made]) -> Made:
        """One of each."""
        return make("render", platform=RenderApi(web=1, workers=1))

    @pytest.fixture
    def actuator(self, place: Made) -> Actuator:
        """Asks it."""
        return place.actuator

    @pytest.fixture
    def cut(self, place: Made) -> Cut:
        """Nothing listens there any more."""
        return cutting(place.platform)


class TestKubernetes(ActuatorContract):
    @pytest.fixture
    def place(self, make: Callable[..., Made]) -> Made:
        """One web process, no worker."""
        return make("kubernetes", platform=KubernetesApi(web=1, workers=0))

    @pytest.fixture
    def actuator(self, place: Made) -> Actuator:
        """Asks it."""
        return place.actuator

    @pytest.fixture
    def cut(self, place: Made) -> Cut:
        """Nothing listens there any more."""
        return cutting(place.platform)
