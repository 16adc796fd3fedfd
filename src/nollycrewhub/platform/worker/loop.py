"""The loop of one worker: claim what there is room for, keep it alive, rescue silent workers' jobs, tick, stop in order."""

import asyncio
import contextlib
import math
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import uuid4

import asyncpg
import msgspec

from nollycrewhub.platform import log
from nollycrewhub.platform.app import Runtime
from nollycrewhub.platform.arriving import ARRIVALS
from nollycrewhub.platform.db.budget import QUEUE_CONNECTIONS
from nollycrewhub.platform.db.pool import leave_as_is
from nollycrewhub.platform.ending import ended
from nollycrewhub.platform.queue import Cron, DeclaredTasks, Task
from nollycrewhub.platform.queue.claiming import Claimed, Claimer
from nollycrewhub.platform.settings import Settings
from nollycrewhub.platform.tallies import TALLIES
from nollycrewhub.platform.worker import ticking
from nollycrewhub.platform.worker.alone import Alone, run_apart
from nollycrewhub.platform.worker.attempting import AWAY, Attempts, settle

LOG = log.logger("worker")
CHANNEL = "nch_queue"
AT_ONCE = 20
GRACE = 15.0  # of the 25 s after which the supervisor kills
POLL = 2.0
GATHER = 0.02  # a claim costs the database as much as a small job: what comes within it is claimed together
GATHER_MORE = 0.1  # and while jobs come thick, so that more of them share a transaction
THICK = 40.0  # jobs in the last second or so
COUNT_EVERY = 5.0
POOL_WAIT = 10.0
Reason = Literal["", "cancelled", "lost", "stopping"]


async def shared_well(shared: "asyncio.Task[bool]") -> bool:
    """Whether the attempt that this job shares with others has done it. A job that is ended early ends it for all of them."""
    try:
        return await asyncio.shield(shared)
    except asyncio.CancelledError:
        under_way = asyncio.current_task()
        if under_way is None or not under_way.cancelling():  # another one was ended: nothing is stored, and this one goes on by itself
            return False
        shared.cancel()
        await asyncio.wait([shared])
        raise


def patient(settings: Settings) -> Settings:
    """A worker's settings: a web request sheds after a moment without a connection, a job can wait for one."""
    return msgspec.structs.replace(settings, pool_wait=max(settings.pool_wait, POOL_WAIT))


@dataclass
class Running:
    """A job under way, and why it is being ended early, if it is."""

    job: Claimed
    task: Task
    run: "asyncio.Task[None]"
    reason: Reason = ""

    def end(self, reason: Reason) -> None:
        """Ends it early, once."""
        if not self.reason:
            self.reason = reason
            self.run.cancel()


class Worker:
    """Runs the loaded domains' jobs until told to stop."""

    def __init__(
        self, runtime: Runtime, tasks: list[Task], crons: list[Cron], *, alone: Alone | None = None, at_once: int = AT_ONCE, grace: float = GRACE
    ) -> None:  # fmt: skip
        self.runtime = runtime
        self.crons = crons
        self.tasks = {task.name: task for task in (*tasks, *(ticking.cron_task(cron) for cron in crons))}
        self.alone = alone
        self.at_once = at_once
        self.grace = grace
        self.owner = uuid4()
        self.stopping = asyncio.Event()
        self.wake = asyncio.Event()
        self.running: dict[int, Running] = {}
        self.is_full = False  # whether more may wait than was claimed: then the next one that ends makes room
        self.claimed = -GATHER_MORE
        self.lately = 0.0  # jobs claimed in the last second, those of longer ago counted less and less
        self.ticks: dict[str, datetime] = {}
        self._busy, self._at = 0.0, time.monotonic()
        self.beat_every = min((task.heartbeat for task in self.tasks.values()), default=15.0) / 4
        if runtime.ports.find(DeclaredTasks) is None:
            runtime.ports.offer(DeclaredTasks, DeclaredTasks(tuple(self.tasks.values())))

    def busy_seconds(self) -> float:
        """The sum over time of the jobs under way."""
        now = time.monotonic()
        self._busy += len(self.running) * (now - self._at)
        self._at = now
        return self._busy

    async def run(self) -> None:
        """Works until `stopping`; a lost server is waited for. Returns when nothing is under way any more."""
        pool = await self._pool()
        if pool is None:
            return
        self.claimer = Claimer(pool, self.owner, alone=self.alone is not None)
        self.attempts = Attempts(self.runtime, self.claimer)
        self.attempts.is_ending = self._is_ending
        helpers = [asyncio.create_task(each) for each in (
            self._listen(), self._repeat(self.beat_every, self._beat), self._repeat(self.beat_every, self._rescue),
            self._repeat(1.0, self._tick), self._repeat(COUNT_EVERY, lambda: self.attempts.store_counts(pool)),
            self._repeat(COUNT_EVERY, lambda: ARRIVALS.store(pool)), self._repeat(COUNT_EVERY, lambda: TALLIES.store(pool)),
        )]  # fmt: skip
        try:
            await self._claim_forever()
            await self._let_finish()
        finally:
            await ended(*helpers)
            await self.attempts.store_last(pool)
            with contextlib.suppress(*AWAY):
                await asyncio.wait_for(pool.close(), 2)

    async def _pool(self) -> asyncpg.Pool | None:
        """The direct pool (LISTEN and advisory locks do not pass a transaction pooler), when the server is there."""
        while not self.stopping.is_set():
            try:
                pool: asyncpg.Pool = await asyncpg.create_pool(
                    self.runtime.settings.database_direct_url,
                    min_size=1,
                    max_size=QUEUE_CONNECTIONS,
                    timeout=5,
                    command_timeout=20,
                    reset=leave_as_is,
                )
                if self.crons:
                    await ticking.begin(pool, self.crons)
            except AWAY as error:
                LOG.warning("the queue's server is away; trying again", error=type(error).__name__)
                await self._sleep(1.0)
            else:
                return pool
        return None

    # claiming

    async def _claim_forever(self) -> None:
        while not self.stopping.is_set():
            gather = GATHER_MORE if self.lately > THICK and not self.is_full else GATHER
            if (early := self.claimed + gather - time.monotonic()) > 0:
                await self._sleep(early)
            before, self.claimed = self.claimed, time.monotonic()
            self.lately *= math.exp(before - self.claimed)
            self.wake.clear()
            try:
                pause = await self._claim()
            except Exception as error:  # whatever it is, a worker that stopped claiming would look alive and do nothing
                LOG.warning("claiming failed; trying again", error=type(error).__name__)
                self.ticks.clear()  # the server that comes back may be another one, without the last of them
                pause = 1.0
            if pause > 0:
                await self._sleep(pause, or_woken=True)

    async def _claim(self) -> float:
        """Claims and starts what there is room for; in how many seconds to look again unless woken."""
        free = self.at_once - len(self.running)
        if free <= 0:
            self.is_full = True
            return POLL
        under_way = Counter(each.task.name for each in self.running.values())
        room = [(task, min(free, task.at_once - under_way[task.name])) for task in self.tasks.values()]
        claims = await self.claimer.claim(room, most=free)
        self.lately += len(claims.jobs)
        shared = self._shared(claims.jobs)
        for job in claims.jobs:
            await self._start(job, shared.get(job.id))
        taken = Counter(job.entrypoint for job in claims.jobs)
        left = {task.name: count - taken[task.name] for task, count in room}
        self.is_full = len(claims.jobs) >= free or any(count <= 0 for count in left.values())
        return POLL if claims.again_in is None else min(POLL, claims.again_in)

    def _shared(self, jobs: list[Claimed]) -> "dict[int, asyncio.Task[bool]]":
        """One attempt for all of them that may share a transaction, if these are several; by job."""
        sharing = [(self.tasks[job.entrypoint], job) for job in jobs]
        sharing = [(task, job) for task, job in sharing if self.attempts.may_share(task, job)]
        if len(sharing) < 2 or self.stopping.is_set():
            return {}
        attempt = asyncio.create_task(self.attempts.attempt_all(sharing))
        return {job.id: attempt for _, job in sharing}

    async def _start(self, job: Claimed, shared: "asyncio.Task[bool] | None") -> None:
        task = self.tasks[job.entrypoint]
        if self.stopping.is_set():
            await settle(lambda: self.claimer.again(job, error="", pause=0.0, unspent=True))
            return
        run = asyncio.create_task(self._run(task, job, shared))
        self.busy_seconds()
        self.running[job.id] = Running(job, task, run)
        run.add_done_callback(lambda _: self._ended(job.id))

    def _ended(self, job_id: int) -> None:
        self.busy_seconds()
        self.running.pop(job_id, None)
        if self.is_full:
            self.wake.set()

    # running

    async def _run(self, task: Task, job: Claimed, shared: "asyncio.Task[bool] | None") -> None:
        try:
            if job.cancelled:
                await self.attempts.drop(task, job)
                return
            if shared is not None and await shared_well(shared):
                return
            if job.alone and self.alone is not None:
                await self._run_alone(task, job, self.alone)
            else:
                await self.attempts.attempt(task, job)
        except asyncio.CancelledError:
            await self._ended_early(task, job)

    def _is_ending(self, job_id: int) -> bool:
        under_way = self.running.get(job_id)
        return under_way is not None and bool(under_way.reason)

    async def _run_alone(self, task: Task, job: Claimed, alone: Alone) -> None:
        LOG.warning("twice in a killed worker; it runs alone now", task=task.name, job=job.id)
        code = await run_apart(alone, job.id, self.owner, seconds=task.timeout)
        if code == 0:
            return
        if code > 0:  # it ended by itself: its server was away as it started, or the job left by exit(); an attempt, not a kill
            await self.attempts.failed(task, job, "ProcessEnded", task.pause_before(job.attempts - 1))
            return
        became: list[str | None] = []

        async def write() -> None:
            became.append(await self.claimer.killed_alone(job))

        await settle(write)
        if became[-1] == "failed":
            LOG.error("job set aside: it kills its process", task=task.name, job=job.id, code=code)
            self.attempts.count(task.name, "failed")

    async def _ended_early(self, task: Task, job: Claimed) -> None:
        under_way = self.running.get(job.id)
        reason = under_way.reason if under_way else "stopping"
        if reason == "cancelled":
            await self.attempts.drop(task, job)
        elif reason == "lost":
            LOG.warning("taken for dead meanwhile; nothing was stored", task=job.entrypoint, job=job.id)
        else:
            await settle(lambda: self.claimer.again(job, error="WorkerStopped", pause=0.0, unspent=True))

    async def _let_finish(self) -> None:
        """What is under way may finish within the grace; the rest is put back, with its attempt given back."""
        started = time.monotonic()
        runs = [each.run for each in self.running.values()]
        if runs:
            _, late = await asyncio.wait(runs, timeout=self.grace)
            for each in list(self.running.values()):
                each.end("stopping")
            if late:
                await asyncio.wait(late, timeout=3.0)
        LOG.info("worker stopped", finished=len(runs), seconds=round(time.monotonic() - started, 2))

    # looking after

    async def _beat(self) -> None:
        held = {job_id: each for job_id, each in self.running.items() if not each.run.done()}
        if not held:
            return
        alive = await self.claimer.beat(list(held))
        for job_id in (job_id for job_id, is_cancelled in alive.items() if is_cancelled):
            held[job_id].end("cancelled")
        if missing := [job_id for job_id in held if job_id not in alive]:
            for job_id in await self.claimer.taken(missing):
                held[job_id].end("lost")

    async def _rescue(self) -> None:
        for row in await self.claimer.rescue(list(self.tasks.values())):
            LOG.warning("a worker was lost with this job", task=row["entrypoint"], job=row["id"], kills=row["kills"], now=row["status"])
            if row["status"] == "failed":
                self.attempts.count(row["entrypoint"], "failed")

    async def _tick(self) -> None:
        if self.crons:
            await ticking.tick(self.claimer.pool, self.crons, stored=self.ticks)

    async def _repeat(self, every: float, what: Callable[[], Awaitable[Any]]) -> None:
        """Runs something again and again; a server that is away is not the end of it."""
        while True:
            try:
                await what()
            except Exception as error:  # a helper that ended would be missed by nobody until jobs are taken for dead
                LOG.warning("a worker's helper failed; trying again", helper=getattr(what, "__name__", ""), error=type(error).__name__)
            await asyncio.sleep(every)

    async def _listen(self) -> None:
        """Wakes the loop when a job is added, and looks at cancellations at once; without it both wait for a poll."""
        while True:
            with contextlib.suppress(*AWAY):
                connection = await asyncpg.connect(self.runtime.settings.database_direct_url, timeout=5)
                gone = asyncio.Event()
                connection.add_termination_listener(lambda _, gone=gone: gone.set())
                await connection.add_listener(CHANNEL, self._heard)
                try:
                    self.wake.set()
                    await gone.wait()
                finally:
                    await connection.close(timeout=1)
            await asyncio.sleep(0.5)

    def _heard(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        if payload == "cancel":
            self._looking = asyncio.create_task(self._look_for_cancelled())
        else:
            self.wake.set()

    async def _look_for_cancelled(self) -> None:
        with contextlib.suppress(*AWAY):
            await self._beat()

    async def _sleep(self, seconds: float, *, or_woken: bool = False) -> None:
        """Sleeps, but never through the order to stop."""
        waiting = [asyncio.create_task(self.stopping.wait())]
        if or_woken:
            waiting.append(asyncio.create_task(self.wake.wait()))
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for each in waiting:
            each.cancel()
