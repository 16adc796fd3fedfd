"""Servers of these tests' own, for they are killed here, and worker processes to kill."""

import asyncio
import os
import random
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest

from nollycrewhub.devstack.stack import Addresses, Stack
from nollycrewhub.platform.mail import Sms
from tests.guardian import GUARDIAN
from tests.queueing.toys import TABLES, Mark
from tests.servers import SECRET, a_stack, kill, migrated, settings_on

TOP = Path(__file__).parents[2]
ADD = """
insert into platform.pgqueuer (priority, entrypoint, payload, status) select $3, $1, payload, 'queued' from unnest($2::bytea[]) as payload
"""


class Field:
    """Servers, workers and counters of one test."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.url = stack.addresses().database_owner_url
        self.workers: list[subprocess.Popen[bytes]] = []
        self.killed: dict[int, float] = {}
        self.environment: dict[str, str] = {}
        self.program = "tests.queueing.worker_process"
        self.options: tuple[str, ...] = ()

    async def sql(self, statement: str, *args: Any) -> list[asyncpg.Record]:
        """Rows, on a fresh connection, for the server may have been killed; tried again while it is away."""
        for turn in range(200):
            try:
                connection = await asyncpg.connect(self.url, timeout=5)
                try:
                    return await connection.fetch(statement, *args)
                finally:
                    await connection.close(timeout=2)
            except (
                OSError,
                TimeoutError,
                asyncpg.PostgresConnectionError,
                asyncpg.CannotConnectNowError,
                asyncpg.AdminShutdownError,
                asyncpg.CrashShutdownError,
                asyncpg.InterfaceError,
                asyncpg.InternalClientError,
            ):
                if turn == 199:
                    raise
                await asyncio.sleep(0.1)
        raise AssertionError

    async def add(self, task: str, marks: list[Mark] | list[Sms], *, priority: int = 0) -> None:
        """Enqueues, as the app does, in one transaction."""
        await self.sql(ADD, task, [msgspec.json.encode(mark) for mark in marks], priority)

    def start(self, count: int = 1, **environment: str) -> None:
        """More worker processes."""
        self.environment = {
            **os.environ, **self.stack.addresses().environment(), "NOLLYCREWHUB_SHAPE": "test", "SECRET": SECRET,
            "PYTHONPATH": str(TOP), **environment,
        }  # fmt: skip
        for _ in range(count):
            self.workers.append(self._launch())

    def _launch(self) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", self.program, *self.options]
        worker = subprocess.Popen(command, cwd=TOP, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        GUARDIAN.keep(worker)
        return worker

    async def ready(self) -> None:
        """Waits until each worker has said that it works."""
        for worker in self.workers:
            assert await asyncio.to_thread(worker.stdout.readline) == b"ready\n"  # type: ignore[union-attr]

    def kill_one(self, dice: random.Random) -> None:
        """SIGKILL to one, as the kernel does when memory runs out; another starts in its place."""
        place = dice.randrange(len(self.workers))
        victim = self.workers[place]
        victim.kill()
        self.killed[victim.pid] = time.time()
        victim.wait()
        self.workers[place] = self._launch()

    def replace_dead(self) -> int:
        """What a supervisor does; how many had died."""
        dead = 0
        for place, worker in enumerate(self.workers):
            if worker.poll() is not None:
                dead += 1
                self.workers[place] = self._launch()
        return dead

    def stop(self) -> None:
        """Ends all workers of this test."""
        for worker in self.workers:
            if worker.poll() is None:
                worker.kill()
            worker.wait()
            if worker.stdout:
                worker.stdout.close()
        self.workers.clear()

    async def kill_postgres(self) -> None:
        """SIGKILL to the server, then its start with recovery, as after a crash."""
        await asyncio.to_thread(kill, self.stack.primary)
        await asyncio.to_thread(self.stack.primary.start)

    async def left(self) -> dict[str, int]:
        """Jobs in the queue by state."""
        rows = await self.sql("select status::text, count(*)::int from platform.pgqueuer where entrypoint like 'toy.%' group by 1")
        return {row[0]: row[1] for row in rows}

    async def until_empty(self, *, seconds: float, replace: bool = True) -> None:
        """Waits until nothing waits or runs."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            left = await self.left()
            if not left.get("queued") and not left.get("picked"):
                return
            if replace:
                self.replace_dead()
            await asyncio.sleep(0.2)
        raise AssertionError(f"still there after {seconds} s: {await self.left()}")

    async def effects(self) -> list[int]:
        """The numbers marked, repeats and all."""
        return [row[0] for row in await self.sql("select n from platform.toy_effect order by n")]


@pytest.fixture(scope="session")
def own_stack() -> Iterator[Stack]:
    """A primary and two Valkeys that other tests do not use."""
    with a_stack("queue", replicas=0) as servers:
        migrated(settings_on(servers.addresses(), instance_id="queue"))
        yield servers


@pytest.fixture
async def field(own_stack: Stack) -> AsyncIterator[Field]:
    """Empty tables, no worker yet."""
    found = Field(own_stack)
    for statement in TABLES:
        await found.sql(statement)
    await found.sql(
        "truncate platform.toy_effect, platform.toy_start, platform.toy_tick, platform.pgqueuer, platform.job_grant, platform.job_tick"
    )
    yield found
    found.stop()


def dice(bar: str) -> random.Random:
    """Dice whose seed is printed, so that a bad throw can be thrown again."""
    seed = int(os.environ.get("SEED") or random.randrange(10**6))
    print(f"{bar}: SEED={seed}")
    return random.Random(seed)


@pytest.fixture
def shell(addresses: Addresses) -> dict[str, str]:
    """The environment of a command on the tests' own servers."""
    return {**os.environ, **addresses.environment(), "NOLLYCREWHUB_SHAPE": "test", "SECRET": SECRET}
