"""Every two seconds a process leaves a report of itself in the cache's Valkey, for the scaler and the operators' console.

A report goes by itself after ten seconds, so a process that is gone is soon missed and nobody has to compare clocks. While
that Valkey is away nothing is told, and what nobody knows changes nothing. People are counted in one sketch a minute
(HyperLogLog): it holds no names, and the number is right to a percent or so.
"""

import asyncio
import contextlib
import os
import time
from collections.abc import Callable
from typing import Any, Literal

import msgspec
import redis.asyncio as valkey
from redis.exceptions import RedisError

from nollycrewhub.kit.report import Report
from nollycrewhub.platform import log, metrics
from nollycrewhub.platform.ending import ended
from nollycrewhub.platform.load import LOAD, Load
from nollycrewhub.platform.machine import cores, memory_bytes, memory_percent

EVERY = 2.0
KEPT = 10
NAMES = "nch:reports"
ONE = "nch:report:"
PEOPLE = "nch:people:"
ACTIVE_MINUTES = 5
PEOPLE_KEPT = 60 * (ACTIVE_MINUTES + 2)
PULSE = 0.1
ENCODER = msgspec.msgpack.Encoder()
DECODER: msgspec.msgpack.Decoder[Report] = msgspec.msgpack.Decoder(Report)
LOG = log.logger("reporting")


class Pulse:
    """How late the event loop is: what was to run after a tenth of a second ran so much later."""

    def __init__(self) -> None:
        self.latest = 0.0
        self._due = 0.0
        self._handle: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Beats until stopped."""
        loop = asyncio.get_running_loop()
        self._due = loop.time() + PULSE
        self._handle = loop.call_later(PULSE, self._beat)

    def _beat(self) -> None:
        late = max(0.0, asyncio.get_running_loop().time() - self._due)
        self.latest = max(self.latest, late)
        metrics.LOOP_LAG.observe(late)
        self.start()

    def taken(self) -> float:
        """The latest since this was last asked, in seconds."""
        latest, self.latest = self.latest, 0.0
        return latest

    def stop(self) -> None:
        """Beats no more."""
        if self._handle is not None:
            self._handle.cancel()


class Reporter:
    """Tells of one process for as long as it runs. `busy_seconds` is the sum over time of what is under way in it."""

    def __init__(
        self, client: "valkey.Redis", name: str, role: Literal["web", "worker"], *, limit: int, busy_seconds: Callable[[], float],
        is_ready: Callable[[], bool], sockets: Callable[[], int] = lambda: 0, reads: Callable[[], dict[str, int]] = dict, load: Load = LOAD,
    ) -> None:  # fmt: skip
        self.client = client
        self.blank = Report(name=name, role=role, pid=os.getpid(), at=0.0, limit=limit, cores=cores())
        self.busy_seconds = busy_seconds
        self.is_ready = is_ready
        self.sockets = sockets
        self.reads = reads
        self.load = load
        self.pulse = Pulse()
        self._task: asyncio.Task[None] | None = None
        self._is_told = True

    def report(self) -> Report:
        """This process now."""
        load, used = self.load, time.process_time()
        return msgspec.structs.replace(
            self.blank, at=time.time(), is_ready=self.is_ready(), busy_seconds=self.busy_seconds(), answered=load.answered,
            failed=load.failed, shed=load.shed, took=tuple(load.took), lag_ms=self.pulse.taken() * 1000, cpu_seconds=used,
            memory_bytes=memory_bytes(), memory_percent=memory_percent(), pool_waits=load.pool_waits, pool_waited=load.pool_waited,
            sockets=self.sockets(), served=tuple((*key, count) for key, count in load.served.items()), found=dict(load.found),
            broken=dict(load.broken), took_by={name: tuple(took) for name, took in load.took_by.items()}, reads=self.reads(),
        )  # fmt: skip

    async def tell(self) -> None:
        """Leaves one report, and adds those who were there to this minute's sketch."""
        report, people = self.report(), self.load.people()
        minute = int(report.at) // 60
        line = self.client.pipeline(transaction=False)
        line.sadd(NAMES, report.key)
        line.set(ONE + report.key, ENCODER.encode(report), ex=KEPT)
        if people:
            line.pfadd(f"{PEOPLE}{minute}", *people)
            line.expire(f"{PEOPLE}{minute}", PEOPLE_KEPT)
        line.pfcount(*sketches(minute))
        metrics.ACTIVE_PEOPLE.set((await line.execute())[-1])

    async def _tell_for_ever(self) -> None:
        while True:
            try:
                await self.tell()
            except (RedisError, OSError, TimeoutError) as error:
                if self._is_told:
                    LOG.warning("no report can be left; the scaler goes without", error=type(error).__name__)
                self._is_told = False
            else:
                self._is_told = True
            await asyncio.sleep(EVERY)

    def start(self) -> None:
        """Tells from now on."""
        self.pulse.start()
        self._task = asyncio.create_task(self._tell_for_ever())

    async def stop(self) -> None:
        """Takes the report away, so that nobody counts on this process any more."""
        self.pulse.stop()
        if self._task is None:
            return
        await ended(self._task)
        with contextlib.suppress(RedisError, OSError, TimeoutError):
            await self.client.delete(ONE + self.blank.key)
            await self.client.srem(NAMES, self.blank.key)


def sketches(minute: int) -> list[str]:
    """The minutes that the number of active people is counted over."""
    return [f"{PEOPLE}{minute - back}" for back in range(ACTIVE_MINUTES)]


async def reports(client: "valkey.Redis") -> list[Report]:
    """Every process that has told of itself within ten seconds; the names of the others are forgotten."""
    names = sorted(each.decode() if isinstance(each, bytes) else each for each in await client.smembers(NAMES))
    if not names:
        return []
    found: list[Any] = await client.mget([ONE + name for name in names])
    gone = [name for name, told in zip(names, found, strict=True) if told is None]
    if gone:
        await client.srem(NAMES, *gone)
    return [DECODER.decode(told) for told in found if told is not None]


async def active_people(client: "valkey.Redis") -> int:
    """How many different people were there in the last five minutes."""
    return int(await client.pfcount(*sketches(int(time.time()) // 60)))
