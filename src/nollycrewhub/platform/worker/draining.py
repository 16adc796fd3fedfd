"""Runs what waits, here and now, for tests and one-off commands: no retries, the first failure is raised."""

import asyncpg

from nollycrewhub.platform.app import Runtime
from nollycrewhub.platform.queue import perform
from nollycrewhub.platform.worker.ticking import tasks_of

NEXT = (
    "select id, entrypoint, payload from platform.pgqueuer where status = 'queued' and entrypoint = any($1) "
    "and execute_after <= now() order by priority desc, id limit 1"
)


async def drain(runtime: Runtime, *, most: int = 10_000) -> int:
    """Runs every waiting job once and in order, jobs they cause included; how many ran."""
    tasks = {task.name: task for task in tasks_of(runtime)}
    done = 0
    async with asyncpg.create_pool(runtime.settings.database_direct_url, min_size=1, max_size=2) as pool:
        while done < most:
            job = await next_job(pool, list(tasks))
            if job is None:
                return done
            task = tasks[job["entrypoint"]]
            await perform(
                task, job["payload"], db=runtime.db, ports=runtime.ports, settings=runtime.settings, job_id=job["id"]
            )  # fmt: skip
            done += 1
    return done


async def next_job(pool: asyncpg.Pool, names: list[str]) -> asyncpg.Record | None:
    """The oldest waiting job of these tasks."""
    return await pool.fetchrow(NEXT, names)
