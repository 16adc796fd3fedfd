"""What one writes beside a task's code: every limit of it, each with the reason."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from nollycrewhub.kit.told import as_json
from nollycrewhub.platform.db import Database, ReadSession, WriteSession
from nollycrewhub.platform.ports import Ports
from nollycrewhub.platform.queue.pausing import pause_before
from nollycrewhub.platform.settings import Settings

REPORT_EVERY = 0.5
REPORT = "update platform.pgqueuer set progress = $2::text::jsonb where id = $1"


class Progress(msgspec.Struct, frozen=True):
    """How far a running job is: `done` of `of` (0 when nobody knows the end), and a word about it."""

    done: int = 0
    of: int = 0
    note: str = ""


@dataclass
class Reporter:
    """Writes a job's progress outside the job's transaction, at most twice a second, so that others can read it."""

    job_id: int
    last: float = 0.0

    async def tell(self, db: Database, progress: Progress) -> None:
        """Stores the progress, unless one was stored a moment ago; the end is always stored."""
        now = time.monotonic()
        if not self.job_id or (now - self.last < REPORT_EVERY and progress.done != progress.of):
            return
        self.last = now
        async with db.write_session() as session:
            await session.sql(REPORT, self.job_id, as_json(progress).decode())
            await session.commit()


@dataclass(frozen=True)
class Work:
    """What a running task has at hand. Its session is committed by platform when the task returns.

    The session opens its transaction with its first statement: compute first, then write, for a transaction
    that idles for half a minute is ended by the server.
    """

    session: WriteSession
    read: ReadSession
    db: Database
    ports: Ports
    settings: Settings
    attempt: int = 0
    job_id: int = 0
    reporter: Reporter = field(default_factory=lambda: Reporter(0))

    async def progress(self, done: int, of: int, note: str = "") -> None:
        """Says how far the job is, for whoever watches it."""
        await self.reporter.tell(self.db, Progress(done, of, note))

    @asynccontextmanager
    async def apart(self) -> AsyncIterator[WriteSession]:
        """A transaction of its own, committed at the block's end: for what must be known even if this job is killed next."""
        async with self.db.write_session() as session:
            yield session
            await self.db.commit(session, is_awaited=False)


Payload = TypeVar("Payload", bound=msgspec.Struct)
Run = Callable[[Any, Work], Awaitable[None]]
RunAll = Callable[[Sequence[Any], Work], Awaitable[None]]
OnCancel = Callable[[Any, WriteSession], Awaitable[None]]


class Retry(Exception):
    """Raised by a task that knows when trying again makes sense (a provider's Retry-After, in seconds)."""

    def __init__(self, after: float) -> None:
        super().__init__(f"again in {after:.0f} s")
        self.after = after


@dataclass(frozen=True)
class Rate:
    """At most `most` starts in any `per` seconds, over all workers together."""

    most: int
    per: float = 1.0


@dataclass(frozen=True)
class Keep:
    """How many ended jobs of a task are kept, and for how long; the older ones go first."""

    most: int
    days: float


@dataclass(frozen=True)
class Task:
    """A declared job: its limits stand beside its code, with the reason for them. Times in seconds.

    `attempts` counts starts, those that ended with a killed worker too. `heartbeat` is how long a silent
    worker is believed; `at_once` bounds one worker and `rate` the fleet; of higher `priority` runs first. A retry
    waits anything up to the doubled `backoff`, or that and as much again when it `waits_whole`.

    `run_all` does the same for several payloads: jobs of such tasks that are claimed together share one transaction. For
    work of milliseconds whose whole effect is in our database, and which locks what others lock too in one order.

    More than `alarm_above` jobs that were due, or one that has been for longer than `alarm_after`, is an alarm each minute;
    what pauses between two tries counts, since it was first due.

    `on_cancel` is given the payload of a job that is cancelled, in the transaction in which the job leaves.
    """

    name: str
    payload: type[msgspec.Struct]
    run: Run
    timeout: float
    attempts: int
    backoff: float
    why: str
    longest_pause: float = 3600.0
    heartbeat: float = 15.0
    rate: Rate | None = None
    at_once: int = 10
    priority: int = 0
    keep_failed: Keep = Keep(1000, 30)
    keep_done: Keep | None = None
    alarm_above: int = 1000
    alarm_after: float = 3600.0
    run_all: RunAll | None = None
    waits_whole: bool = False
    on_cancel: OnCancel | None = None

    def pause_before(self, attempt: int) -> float:
        """Seconds until a job that failed is tried again; `attempt` is 0 after the first failure."""
        return pause_before(attempt, first=self.backoff, longest=self.longest_pause, whole=self.waits_whole)


@dataclass(frozen=True)
class DeclaredTasks:
    """All tasks this process knows, offered through ports to what looks after queues."""

    tasks: tuple[Task, ...]


@dataclass(frozen=True)
class CancelHooks:
    """The tasks that want to know of a cancelled job, by name; offered through ports to whoever cancels."""

    tasks: dict[str, Task]

    @classmethod
    def of(cls, tasks: Iterable[Task]) -> "CancelHooks":
        """Those of these tasks that declare `on_cancel`."""
        return cls({task.name: task for task in tasks if task.on_cancel is not None})

    async def tell(self, session: WriteSession, queue: str, body: bytes | None) -> None:
        """Tells the job's task, if it wants to know, in the session's transaction."""
        task = self.tasks.get(queue)
        if task is not None and task.on_cancel is not None:
            await task.on_cancel(msgspec.json.decode(body or b"{}", type=task.payload), session)


@dataclass(frozen=True)
class Cron:
    """Something the fleet does on a schedule, once a tick however many workers run."""

    name: str
    schedule: str
    run: Callable[[Work], Awaitable[None]]
    why: str
    timeout: float = 300.0


def task(
    name: str,
    *,
    payload: type[Payload],
    timeout: float,
    attempts: int,
    why: str,
    backoff: float = 1.0,
    **limits: Any,
) -> Callable[[Callable[[Payload, Work], Awaitable[None]]], Task]:
    """Declares a task named `noun.verb`; `limits` are the other fields of Task."""

    def declare(run: Callable[[Payload, Work], Awaitable[None]]) -> Task:
        return Task(name, payload, run, timeout, attempts, backoff, why, **limits)

    return declare


def cron(name: str, *, schedule: str, why: str, timeout: float = 300.0) -> Callable[[Callable[[Work], Awaitable[None]]], Cron]:
    """Declares a scheduled run; `schedule` in cron's five fields, UTC."""

    def declare(run: Callable[[Work], Awaitable[None]]) -> Cron:
        return Cron(name, schedule, run, why, timeout)

    return declare
