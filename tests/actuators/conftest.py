"""Places to scale, each with its actuator and a way to look at what is really there."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from nollycrewhub.scaling.actuators.kubernetes import Kubernetes, token_of
from nollycrewhub.scaling.actuators.port import Actuator, Fleet
from nollycrewhub.scaling.actuators.render import Render
from tests.simulators.platforms import KEY, POD_TOKEN, KubernetesApi, RenderApi

MOST = 6


class Place(ABC):
    """Where something is scaled."""

    name: str
    actuator: Actuator
    most_web = most_workers = MOST

    @abstractmethod
    def there(self) -> tuple[int, int]:
        """How many web processes and workers are asked for in truth."""

    async def settled(self, web: int, workers: int) -> Fleet:
        """The fleet when so many are ready; fails when they never are."""
        until = time.monotonic() + 30
        while True:
            fleet = await self.actuator.fleet()
            if (fleet.web, fleet.workers) == (web, workers):
                return fleet
            assert time.monotonic() < until, fleet
            await asyncio.sleep(0.05)


class RenderPlace(Place):
    """Two services on Render."""

    name = "render"

    def __init__(self, *, key: str = KEY, platform: RenderApi | None = None, **more: Any) -> None:
        self.platform = platform or RenderApi()
        self.actuator = self.live = Render(
            **{"api_url": self.platform.url, "key": key, "web": "srv-web0", "workers": "srv-worker0", "most_web": MOST,
               "most_workers": MOST, "budget": 1.2, "patience": 0.3, **more},
        )  # fmt: skip

    def there(self) -> tuple[int, int]:
        """As Render has it."""
        return self.platform.services["srv-web0"].asked, self.platform.services["srv-worker0"].asked


class KubernetesPlace(Place):
    """Two Deployments."""

    name = "kubernetes"

    def __init__(self, *, key: str = POD_TOKEN, platform: KubernetesApi | None = None, **more: Any) -> None:
        self.platform = platform or KubernetesApi()
        self.actuator = self.live = Kubernetes(
            **{"api_url": self.platform.url, "headers": token_of(key, ""), "verify": True, "namespace": "nollywood", "web": "web",
               "workers": "worker", "most_web": MOST, "most_workers": MOST, "budget": 1.2, "patience": 0.3, **more},
        )  # fmt: skip

    def there(self) -> tuple[int, int]:
        """As the cluster has it."""
        return self.platform.deployments["web"].asked, self.platform.deployments["worker"].asked


Made = RenderPlace | KubernetesPlace
WRITES = {"render": "POST", "kubernetes": "PATCH"}


async def leave(place: Made) -> None:
    """Closes it."""
    await place.actuator.close()
    place.platform.stop()


@pytest.fixture
async def make() -> AsyncIterator[Callable[..., Made]]:
    """Makes places with settings of their own, and closes them."""
    made: list[Made] = []

    def one(name: str, **more: Any) -> Made:
        made.append(RenderPlace(**more) if name == "render" else KubernetesPlace(**more))
        return made[-1]

    yield one
    for place in made:
        await leave(place)


@pytest.fixture(params=["render", "kubernetes"])
def cloud(request: Any, make: Callable[..., Made]) -> Made:
    """Each platform with a simulator behind it."""
    return make(request.param)


@pytest.fixture(params=["render", "kubernetes"])
def place(request: Any, make: Callable[..., Made]) -> Place:
    """Every actuator."""
    return make(request.param)
