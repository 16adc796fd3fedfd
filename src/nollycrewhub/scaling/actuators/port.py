"""The port every actuator stands behind: how many there are and were asked for, and a way to ask for another number.

An actuator only carries out. It decides nothing, keeps no history and knows no thresholds; bounds are the decision's.
"""

from typing import Protocol

import msgspec


class Fleet(msgspec.Struct, frozen=True, kw_only=True):
    """What runs and what was asked for. `web` and `workers` count processes that are ready, not those that start or leave."""

    web: int
    workers: int
    web_asked: int
    workers_asked: int


class ActuatorError(Exception):
    """Why the fleet could not be seen or changed, in a sentence; after how many seconds it is worth asking again, if that is known."""

    def __init__(self, sentence: str, *, retry_after: float | None = None) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class Actuator(Protocol):
    """One way to see the fleet and to change it. Each method may raise ActuatorError, and nothing else for what the far end did."""

    name: str

    async def fleet(self) -> Fleet:
        """What runs now and what was last asked for, by whomever."""
        ...

    async def ask(self, *, web: int, workers: int) -> None:
        """Asks for so many of each, and returns without waiting until they are there. Asking twice is asking once."""
        ...

    async def close(self) -> None:
        """Lets go of connections; what runs goes on as it was asked for."""
        ...
