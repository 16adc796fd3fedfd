"""A job that was twice in a killed worker runs in a process of its own, so that a third kill hits only itself.

The child keeps the row alive by itself: a worker that is killed meanwhile takes nothing with it, or a job could wait as
long as workers die faster than processes start. A worker that stops in order ends its child and puts the job back.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from uuid import UUID

import asyncpg

from nollycrewhub.platform import log
from nollycrewhub.platform.app import Runtime
from nollycrewhub.platform.queue import Task
from nollycrewhub.platform.queue.claiming import Claimed, Claimer
from nollycrewhub.platform.worker.attempting import AWAY, Attempts

LOG = log.logger("worker")
Command = Callable[[int, UUID], Sequence[str]]
BOOT = 30.0
OVERDUE = -9


async def run_apart(command: Sequence[str], *, seconds: float) -> int:
    """Runs the child and tells its exit code (negative: the signal that ended it); kills it past its time."""
    child = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.DEVNULL)
    try:
        async with asyncio.timeout(seconds + BOOT):
            return await child.wait()
    except TimeoutError:
        return OVERDUE
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()


async def run_held(runtime: Runtime, tasks: Sequence[Task], job_id: int, owner: UUID) -> int:
    """The child's side: one attempt of a job its worker holds; 0 when the row says how it went."""
    async with asyncpg.create_pool(runtime.settings.database_direct_url, min_size=1, max_size=2) as pool:
        claimer = Claimer(pool, owner, alone=False)
        job = await claimer.held(job_id)
        task = {task.name: task for task in tasks}.get(job.entrypoint) if job else None
        if job is None or task is None:
            return 0
        attempt = asyncio.create_task(Attempts(runtime, claimer).attempt(task, job))
        keeping = asyncio.create_task(_keep_alive(claimer, job, task, attempt))
        try:
            async with asyncio.timeout(task.timeout + BOOT):  # the server may be away for good, and nobody watches this process
                await attempt
        except (TimeoutError, asyncio.CancelledError):
            LOG.warning("taken away meanwhile; nothing was stored", task=task.name, job=job.id)
        finally:
            keeping.cancel()
    return 0


async def _keep_alive(claimer: Claimer, job: Claimed, task: Task, attempt: "asyncio.Task[None]") -> None:
    """Beats for the row as long as it is this owner's; ends the attempt when it is not, or is to be cancelled."""
    while True:
        with contextlib.suppress(*AWAY):
            alive = await claimer.beat([job.id])
            if alive.get(job.id, False):
                await claimer.forget(job)
                attempt.cancel()
            elif not alive and await claimer.taken([job.id]):
                attempt.cancel()
        await asyncio.sleep(task.heartbeat / 4)
