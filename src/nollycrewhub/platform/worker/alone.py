"""A job that was twice in a killed worker runs in a process of its own, so that a third kill hits only itself.

The process is a copy of one that has read the program in already (multiprocessing's forkserver), as a worker may be
handed twenty such jobs at once. It keeps the row alive by itself: a worker that is killed meanwhile takes nothing with
it, or a job could wait as long as workers die faster than processes start. A worker that stops in order ends it and
puts the job back.
"""

import asyncio
import contextlib
import multiprocessing
import sys
from collections.abc import Callable, Sequence
from multiprocessing.process import BaseProcess
from uuid import UUID

import asyncpg
import msgspec

from nollycrewhub.platform import log
from nollycrewhub.platform.app import Runtime
from nollycrewhub.platform.queue import Task
from nollycrewhub.platform.queue.claiming import Claimed, Claimer
from nollycrewhub.platform.settings import Settings
from nollycrewhub.platform.worker.attempting import AWAY, Attempts

LOG = log.logger("worker")
Alone = Callable[[int, UUID], int]
BOOT = 30.0
OVERDUE = -9
COPIES = multiprocessing.get_context("forkserver")


def modest(settings: Settings) -> Settings:
    """The settings of such a process: it reads on the primary only, and twenty of them at once must not take all connections."""
    return msgspec.structs.replace(settings, read_replica_urls={}, read_pool_least=1, read_pool_most=2, write_pool=3, write_overflow=0)


def read_in_already(*modules: str) -> None:
    """Which modules the process that is copied has imported."""
    COPIES.set_forkserver_preload(list(modules))


async def run_apart(alone: Alone, job_id: int, owner: UUID, *, seconds: float) -> int:
    """Runs `alone` (importable by name) in a process; its exit code (negative: the signal that ended it). Kills it past its time."""
    process = COPIES.Process(target=_enter, args=(alone, job_id, owner))
    starting = asyncio.create_task(asyncio.to_thread(process.start))
    try:
        await asyncio.shield(starting)
        async with asyncio.timeout(seconds + BOOT):
            return await _ended(process)
    except TimeoutError:
        return OVERDUE
    finally:
        await starting
        if process.exitcode is None:
            process.kill()
            await _ended(process)


def _enter(alone: Alone, job_id: int, owner: UUID) -> None:
    sys.exit(alone(job_id, owner))


async def _ended(process: BaseProcess) -> int:
    """Its exit code, once there is one."""
    gone = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(process.sentinel, gone.set)
    try:
        await gone.wait()
    finally:
        loop.remove_reader(process.sentinel)
    code = process.exitcode
    return OVERDUE if code is None else code


async def run_held(runtime: Runtime, tasks: Sequence[Task], job_id: int, owner: UUID) -> int:
    """The child's side: one attempt of a job its worker holds; 0 when the row says how it went."""
    async with asyncpg.create_pool(runtime.settings.database_direct_url, min_size=1, max_size=2) as pool:
        claimer = Claimer(pool, owner, alone=False)
        job = await claimer.held(job_id)
        task = {task.name: task for task in tasks}.get(job.entrypoint) if job else None
        if job is None or task is None:
            return 0
        attempts = Attempts(runtime, claimer)
        cancelled = asyncio.Event()
        attempts.is_ending = lambda _: cancelled.is_set()
        attempt = asyncio.create_task(attempts.attempt(task, job))
        keeping = asyncio.create_task(_keep_alive(claimer, job, task, attempt, cancelled))
        try:
            async with asyncio.timeout(task.timeout + BOOT):  # the server may be away for good, and nobody watches this process
                await attempt
        except (TimeoutError, asyncio.CancelledError):
            LOG.warning("taken away meanwhile; nothing was stored", task=task.name, job=job.id)
            if cancelled.is_set():
                await attempts.drop(task, job)
        finally:
            keeping.cancel()
            await attempts.store_last(pool)
    return 0


async def _keep_alive(claimer: Claimer, job: Claimed, task: Task, attempt: "asyncio.Task[None]", cancelled: asyncio.Event) -> None:
    """Beats for the row as long as it is this owner's; ends the attempt when it is not, or is to be cancelled."""
    while True:
        with contextlib.suppress(*AWAY):
            alive = await claimer.beat([job.id])
            if alive.get(job.id, False):
                cancelled.set()
                attempt.cancel()
            elif not alive and await claimer.taken([job.id]):
                attempt.cancel()
        await asyncio.sleep(task.heartbeat / 4)
