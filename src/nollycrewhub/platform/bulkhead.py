"""A provider's own compartment: a few calls at once, a few waiting, a breaker; what it does cannot slow anything else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from nollycrewhub.kit.told import told
from nollycrewhub.platform.breaker import Breaker
from nollycrewhub.platform.errors import Unavailable
from nollycrewhub.platform.metrics import SHED

AT_ONCE = 10
WAIT = 0.5
AFTER = 5


class Bulkhead:
    """Bounds the calls to one provider in this process; past the bound, or while the breaker is open, callers are told at once."""

    def __init__(self, name: str, *, at_once: int = AT_ONCE, wait: float = WAIT, breaker: Breaker | None = None) -> None:
        self.name = name
        self.breaker = breaker or Breaker()
        self.in_flight = 0
        self.wait = wait
        self._room = asyncio.Semaphore(at_once)

    @asynccontextmanager
    async def call(self, *faults: type[Exception]) -> AsyncIterator[None]:
        """Room for one call. `faults` are the failures that are the provider's; anything else says nothing about it."""
        try:
            await asyncio.wait_for(self._room.acquire(), self.wait)
        except TimeoutError as error:
            SHED.labels(self.name).inc()
            raise Unavailable(told("That part of the site is very busy. Please try again shortly."), retry_after=AFTER) from error
        self.in_flight += 1
        try:
            if not self.breaker.admits():
                SHED.labels(self.name).inc()
                raise Unavailable(told("That part of the site is away for a moment. Please try again shortly."), retry_after=AFTER)
            try:
                yield
            except faults:
                self.breaker.failed()
                raise
            self.breaker.worked()
        finally:
            self.in_flight -= 1
            self._room.release()
