"""The worker process: PgQueuer picks jobs, each runs in one transaction, failures wait and are kept."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import asyncpg
from pgqueuer import PgQueuer
from pgqueuer.domain.errors import RetryRequested
from pgqueuer.models import Job, Schedule

from nollycrewhub.platform import log, metrics
from nollycrewhub.platform.app import Runtime
from nollycrewhub.platform.events import delivery_task
from nollycrewhub.platform.queue import Cron, Retry, Task, Work, pause_before, perform, queries_over

LOG = log.logger("worker")
HEARTBEAT = timedelta(seconds=20)
BATCH = 10
AT_ONCE = 40


def tasks_of(runtime: Runtime) -> list[Task]:
    """All tasks of the loaded domains: their own, and one per event consumer."""
    own = [task for module in runtime.modules for task in module.tasks]
    return own + [delivery_task(handler) for module in runtime.modules for handler in module.handlers]


class Worker:
    """Runs the loaded domains' jobs until told to stop."""

    def __init__(self, runtime: Runtime, tasks: list[Task], crons: list[Cron]) -> None:
        self.runtime = runtime
        self.tasks = tasks
        self.crons = crons
        self.stopping = asyncio.Event()

    async def run(self) -> None:
        """Opens a direct pool (LISTEN does not pass a transaction pooler) and works; comes back after a lost server."""
        while not self.stopping.is_set():
            try:
                await self._work()
            except (
                OSError,
                TimeoutError,
                asyncpg.PostgresError,
                asyncpg.InterfaceError,
                RuntimeError,
            ) as error:
                LOG.warning("the queue's server is away; trying again", error=type(error).__name__)
                await asyncio.sleep(1)

    async def _work(self) -> None:
        url = self.runtime.settings.database_direct_url
        async with asyncpg.create_pool(url, min_size=2, max_size=6, timeout=5) as pool:
            queries = queries_over(pool)
            engine = PgQueuer(queries.driver, queries=queries)
            for task in self.tasks:
                engine.entrypoint(task.name, accepts_context=False, on_failure="hold")(self._entry(task))
            for cron in self.crons:
                engine.schedule(cron.name, cron.schedule, clean_old=True)(self._scheduled(cron))
            watcher = asyncio.create_task(self._watch(engine))
            try:
                await engine.run(
                    batch_size=BATCH,
                    max_concurrent_tasks=AT_ONCE,
                    heartbeat_timeout=HEARTBEAT,
                    dequeue_timeout=timedelta(seconds=5),
                    shutdown_on_listener_failure=True,
                )
            finally:
                watcher.cancel()

    async def _watch(self, engine: PgQueuer) -> None:
        await self.stopping.wait()
        engine.shutdown.set()

    def _entry(self, task: Task) -> Callable[[Job], Awaitable[None]]:
        async def entry(job: Job) -> None:
            await attempt(task, job, self.runtime)

        return entry

    def _scheduled(self, cron: Cron) -> Callable[[Schedule], Awaitable[None]]:
        async def entry(_: Schedule) -> None:
            runtime = self.runtime
            async with runtime.db.write_session() as session:
                work = Work(
                    session,
                    runtime.db.read_session(primary=True),
                    runtime.db,
                    runtime.ports,
                    runtime.settings,
                )
                await cron.run(work)
                await session.commit()

        return entry


async def attempt(task: Task, job: Job, runtime: Runtime) -> None:
    """One attempt: done, again later with a growing jittered pause, or given up and held for an operator."""
    try:
        await perform(
            task,
            job.payload,
            db=runtime.db,
            ports=runtime.ports,
            settings=runtime.settings,
            attempt=job.attempts,
        )
    except Retry as wish:
        if job.attempts + 1 >= task.attempts:
            metrics.JOBS.labels(task.name, "failed").inc()
            raise
        metrics.JOBS.labels(task.name, "retried").inc()
        raise RetryRequested(timedelta(seconds=wish.after), "asked to wait") from wish
    except Exception as error:
        LOG.warning("job failed", task=task.name, job=job.id, attempt=job.attempts, error=type(error).__name__)
        if job.attempts + 1 >= task.attempts:
            metrics.JOBS.labels(task.name, "failed").inc()
            raise
        metrics.JOBS.labels(task.name, "retried").inc()
        pause = pause_before(job.attempts, first=task.backoff)
        raise RetryRequested(timedelta(seconds=pause), type(error).__name__) from error
    metrics.JOBS.labels(task.name, "done").inc()


async def drain(runtime: Runtime, *, most: int = 10_000) -> int:
    """Runs every waiting job once and in order, jobs they cause included; for tests and one-off commands."""
    tasks = {task.name: task for task in tasks_of(runtime)}
    done = 0
    async with asyncpg.create_pool(runtime.settings.database_direct_url, min_size=1, max_size=2) as pool:
        while done < most:
            job = await next_job(pool, list(tasks))
            if job is None:
                return done
            await perform(
                tasks[job["entrypoint"]],
                job["payload"],
                db=runtime.db,
                ports=runtime.ports,
                settings=runtime.settings,
            )
            await pool.execute("delete from platform.pgqueuer where id = $1", job["id"])
            done += 1
    return done


async def next_job(pool: asyncpg.Pool, names: list[str]) -> asyncpg.Record | None:
    """The oldest waiting job of these tasks."""
    return await pool.fetchrow(
        "select id, entrypoint, payload from platform.pgqueuer where status = 'queued' and entrypoint = any($1) "
        "and execute_after <= now() order by priority desc, id limit 1",
        names,
    )
