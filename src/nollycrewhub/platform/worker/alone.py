"""A job that was twice in a killed worker runs in a process of its own, so that a third kill hits only itself.

The parent keeps the row alive meanwhile; the child ends when its parent does, because the pipe between them breaks.
"""

import asyncio
import os
import sys
from collections.abc import Callable, Sequence
from uuid import UUID

import asyncpg

from nollycrewhub.platform.app import Runtime
from nollycrewhub.platform.queue import Task
from nollycrewhub.platform.queue.claiming import Claimed, Claimer
from nollycrewhub.platform.worker.attempting import Attempts

Command = Callable[[int, UUID], Sequence[str]]
BOOT = 30.0


async def run_apart(command: Sequence[str], *, seconds: float) -> int:
    """Runs the child and tells its exit code (negative: the signal that ended it); kills it past its time."""
    child = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.PIPE)
    try:
        async with asyncio.timeout(seconds + BOOT):
            return await child.wait()
    except TimeoutError:
        return -9
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()


async def run_held(runtime: Runtime, tasks: Sequence[Task], job_id: int, owner: UUID) -> int:
    """The child's side: one attempt of a job the parent holds; 0 when the row says how it went."""
    parent = asyncio.create_task(_die_with_parent())
    async with asyncpg.create_pool(runtime.settings.database_direct_url, min_size=1, max_size=2) as pool:
        claimer = Claimer(pool, owner, alone=False)
        job: Claimed | None = await claimer.held(job_id)
        declared = {task.name: task for task in tasks}.get(job.entrypoint) if job else None
        if job is not None and declared is not None:
            await Attempts(runtime, claimer).attempt(declared, job)
    parent.cancel()
    return 0


async def _die_with_parent() -> None:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()
    os._exit(70)
