"""A fleet that does what it is told, reports as processes leave them, and controllers on the real database and Valkey."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from typing import Any

import asyncpg
import msgspec
import pytest
import redis.asyncio as valkey

from nollycrewhub.kit.report import BOUNDS, Report, place_of
from nollycrewhub.platform import reporting
from nollycrewhub.platform.cache import connect
from nollycrewhub.platform.db import Leadership
from nollycrewhub.platform.settings import Settings
from nollycrewhub.scaling.actuators.port import ActuatorError, Fleet
from nollycrewhub.scaling.collecting import Collector
from nollycrewhub.scaling.controller import LOCK, Controller
from nollycrewhub.scaling.rules.deciding import Policy

POLICY = Policy(least_web=1, connections=10_000, window=3.0, stabilisation=6.0, cool_down=1.0, quiet=2.0)


class Numbers:
    """A far end that does at once what it is asked, or refuses."""

    name = "numbers"

    def __init__(self) -> None:
        self.web, self.workers = 1, 1
        self.refusal: ActuatorError | None = None
        self.asked: list[tuple[int, int]] = []

    async def fleet(self) -> Fleet:
        """As it is."""
        return Fleet(web=self.web, workers=self.workers, web_asked=self.web, workers_asked=self.workers)

    async def ask(self, *, web: int, workers: int) -> None:
        """Done."""
        if self.refusal is not None:
            raise self.refusal
        self.asked.append((web, workers))
        self.web, self.workers = web, workers

    async def close(self) -> None:
        """Nothing is open."""


class Reports:
    """Leaves one process's reports, five seconds of its life at each step."""

    def __init__(self, client: "valkey.Redis") -> None:
        self.client = client
        self.last = Report(name="one", role="web", pid=os.getpid(), at=1000.0, limit=10, took=(0,) * (len(BOUNDS) + 1))

    async def carry(self, *, in_flight: float = 1.0, answers: int = 100, seconds: float = 0.15, failed: int = 0, shed: int = 0) -> None:
        """Five seconds pass."""
        took = list(self.last.took)
        took[place_of(seconds)] += answers
        self.last = msgspec.structs.replace(
            self.last, at=self.last.at + 5, busy_seconds=self.last.busy_seconds + 5 * in_flight, answered=self.last.answered + answers,
            failed=self.last.failed + failed, shed=self.last.shed + shed, took=tuple(took), cpu_seconds=self.last.cpu_seconds + 0.5,
        )  # fmt: skip
        await self.client.sadd(reporting.NAMES, self.last.key)
        await self.client.set(reporting.ONE + self.last.key, reporting.ENCODER.encode(self.last), ex=60)


@pytest.fixture
async def cache(settings: Settings) -> AsyncIterator["valkey.Redis"]:
    """The cache's Valkey without reports."""
    client = connect(settings.cache_url, patience=2.0)
    await client.delete(reporting.NAMES, *await client.keys("nch:people:*"), "none")
    yield client
    await client.delete(reporting.NAMES)
    await client.aclose()


@pytest.fixture
async def reports(cache: "valkey.Redis") -> Reports:
    """One web process's."""
    return Reports(cache)


@pytest.fixture
def numbers() -> Numbers:
    """The far end."""
    return Numbers()


@pytest.fixture
async def owner(settings: Settings) -> AsyncIterator[asyncpg.Connection]:
    """Whoever may do anything; the scaler's tables are empty at the start, and so is the calendar, whatever day it is."""
    connection = await asyncpg.connect(settings.database_owner_url)
    await connection.execute("truncate scaling.look, scaling.decision, scaling.incident, scaling.term")
    await connection.execute("create temp table kept as table scaling.event")
    await connection.execute("delete from scaling.event")
    yield connection
    await connection.execute("delete from scaling.event")
    await connection.execute("insert into scaling.event overriding system value table kept")
    await connection.close()


Make = Callable[..., Controller]


@pytest.fixture
async def make(settings: Settings, cache: "valkey.Redis", numbers: Numbers, owner: asyncpg.Connection) -> AsyncIterator[Make]:
    """Makes controllers of one fleet; they let go at the end."""
    made: list[Controller] = []

    def one(who: str = "first", **changes: Any) -> Controller:
        given = {"policy": POLICY, "every": 0.2, **changes}
        lead = Leadership(settings.database_direct_url, LOCK, who=who)
        made.append(Controller(lead, numbers, Collector(cache, span=4.0), **given))
        return made[-1]

    yield one
    for controller in made:
        controller.stopping.set()
        await controller.lead.resign()


async def until(true: Callable[[], Any], *, within: float = 15.0) -> Any:
    """The first true answer; a coroutine's is waited for."""
    async with asyncio.timeout(within):
        while True:
            found = true()
            if asyncio.iscoroutine(found):
                found = await found
            if found:
                return found
            await asyncio.sleep(0.05)
