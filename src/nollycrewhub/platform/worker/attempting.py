"""One attempt of one job: done, again later, or held for an operator; and the counts of all three."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

import asyncpg

from nollycrewhub.platform import log, tracing
from nollycrewhub.platform.app import Runtime
from nollycrewhub.platform.arriving import ARRIVALS
from nollycrewhub.platform.metrics import JOBS
from nollycrewhub.platform.queue import CancelHooks, JobGone, Retry, Spoilt, Task, pause_asked, perform, perform_all
from nollycrewhub.platform.queue.claiming import FORGET, Claimed, Claimer
from nollycrewhub.platform.tallies import TALLIES

LOG = log.logger("worker")
AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
COUNT = """
insert into platform.job_count (queue, minute, done, retried, failed)
select queue, date_trunc('minute', now()), done, retried, failed
from unnest($1::text[], $2::int[], $3::int[], $4::int[]) as given(queue, done, retried, failed) order by queue
on conflict (queue, minute) do update set done = job_count.done + excluded.done,
retried = job_count.retried + excluded.retried, failed = job_count.failed + excluded.failed
"""
OUTCOMES = ("done", "retried", "failed")
LAST_SECONDS = 4.0
APART = 60.0  # seconds for which a task that spoilt a shared transaction shares none


class Attempts:
    """Runs attempts for one worker, and settles each in the queue however long the server is away."""

    def __init__(self, runtime: Runtime, claimer: Claimer) -> None:
        self.runtime = runtime
        self.claimer = claimer
        self.counts: Counter[tuple[str, str]] = Counter()
        self.apart: dict[str, float] = {}
        self.is_ending: Callable[[int], bool] = lambda _: False

    async def attempt(self, task: Task, job: Claimed) -> None:
        """Performs the job; whatever it raises is settled here, but for cancellation."""
        runtime = self.runtime
        try:
            with tracing.jobs([causing(task, job)]):
                await perform(
                    task, job.payload, db=runtime.db, ports=runtime.ports, settings=runtime.settings,
                    attempt=job.attempts - 1, job_id=job.id, owner=self.claimer.owner,
                )  # fmt: skip
        except JobGone:
            LOG.warning("another worker has this job; nothing was stored", task=task.name, job=job.id)
        except Retry as wish:
            pause = pause_asked(wish.after, job.attempts - 1, first=task.backoff, longest=task.longest_pause)
            await self.failed(task, job, "Retry", pause)
        except Exception as error:
            if self.is_ending(job.id):  # a driver may answer a cancellation with an error of its own: no attempt is spent on that
                raise asyncio.CancelledError from error
            LOG.warning("job failed", task=task.name, job=job.id, attempt=job.attempts, error=type(error).__name__)
            pause = task.pause_before(job.attempts - 1)
            await self.failed(task, job, type(error).__name__, pause)
        else:
            self.count(task.name, "done")

    def may_share(self, task: Task, job: Claimed) -> bool:
        """Whether it may share a transaction: its task says how, and neither it nor its task has failed lately."""
        return (
            task.run_all is not None and task.keep_done is None and job.attempts == 1 and not job.alone and not job.cancelled
            and self.apart.get(task.name, 0.0) < time.monotonic()
        )  # fmt: skip

    async def attempt_all(self, held: Sequence[tuple[Task, Claimed]]) -> bool:
        """Performs jobs in one transaction. False: nothing of them was stored, and each has to be attempted by itself."""
        runtime = self.runtime
        try:
            with tracing.jobs([causing(task, job) for task, job in held]):
                await perform_all(
                    [(task, job.id, job.payload) for task, job in held], db=runtime.db, ports=runtime.ports, settings=runtime.settings,
                    owner=self.claimer.owner,
                )  # fmt: skip
        except Exception as error:
            if isinstance(error, Spoilt):
                self.apart[error.task] = time.monotonic() + APART
            LOG.warning(
                "jobs that shared a transaction run each by itself", jobs=len(held), task=error.task if isinstance(error, Spoilt) else "",
                error=type(error.__cause__ or error).__name__,
            )  # fmt: skip
            return False
        for task, _ in held:
            self.count(task.name, "done")
        return True

    async def failed(self, task: Task, job: Claimed, error: str, pause: float) -> None:
        """Again after the pause, or set aside when that was the last attempt."""
        if job.attempts >= task.attempts:
            await settle(lambda: self.claimer.set_aside(job, error=error))
            self.count(task.name, "failed")
        else:
            await settle(lambda: self.claimer.again(job, error=error, pause=pause))
            self.count(task.name, "retried")

    async def drop(self, task: Task, job: Claimed) -> None:
        """A cancelled job goes, and its task is told in the same transaction; neither when it is another worker's by now."""
        LOG.info("job cancelled", task=task.name, job=job.id)

        async def write() -> None:
            async with self.runtime.db.write_session() as session:
                if await session.sql(FORGET, job.id, self.claimer.owner):
                    await CancelHooks.of([task]).tell(session, task.name, job.payload)
                    await self.runtime.db.commit(session, is_awaited=False)

        await settle(write)

    def count(self, queue: str, outcome: str) -> None:
        """One more of an outcome."""
        TALLIES.note(JOBS, queue, outcome)
        self.counts[queue, outcome] += 1

    async def store_counts(self, pool: asyncpg.Pool) -> None:
        """Adds what was counted since the last time to the minute's row; a killed worker's last seconds are not counted."""
        counted, self.counts = self.counts, Counter()
        queues = sorted({queue for queue, _ in counted})
        if not queues:
            return
        try:
            await pool.execute(COUNT, queues, *([counted[queue, outcome] for queue in queues] for outcome in OUTCOMES))
        except AWAY:
            self.counts.update(counted)
            raise

    async def store_last(self, pool: asyncpg.Pool) -> None:
        """Whatever this process has counted and not stored, before it ends; given up where the server is away."""
        with contextlib.suppress(*AWAY):
            async with asyncio.timeout(LAST_SECONDS):
                await self.store_counts(pool)
                await ARRIVALS.store(pool)
                await TALLIES.store(pool)


def causing(task: Task, job: Claimed) -> tracing.Causing:
    """What a trace says of an attempt."""
    return tracing.Causing(task.name, job.attempts, job.trace)


async def settle(write: Callable[[], Awaitable[None]]) -> None:
    """Writes an outcome, waiting for the server if it is away: an outcome that is not written would look like a kill."""
    first = datetime.now(UTC)
    while True:
        try:
            await write()
        except AWAY as error:
            LOG.warning("an outcome waits for the server", since=first.isoformat(), error=type(error).__name__)
            await asyncio.sleep(0.5)
        else:
            return
