"""The tasks that the worker processes of these tests run; their effects and starts are rows that anyone can count."""

import asyncio
import os
import random
import signal
from collections.abc import Sequence

import msgspec

from nollycrewhub.platform.db import WriteSession
from nollycrewhub.platform.module import Module
from nollycrewhub.platform.queue import Keep, Rate, Retry, Task, Work, cron, task

TABLES = (
    "create table if not exists platform.toy_effect (n int not null, attempt int not null, added float8 not null, "
    "at timestamptz not null default clock_timestamp())",
    "create table if not exists platform.toy_start (n int not null, attempt int not null, pid int not null, "
    "claimed timestamptz, at timestamptz not null default clock_timestamp())",
    "create table if not exists platform.toy_tick (at timestamptz not null default clock_timestamp())",
)
EFFECT = "insert into platform.toy_effect (n, attempt, added) values ($1, $2, $3)"
START = (
    "insert into platform.toy_start (n, attempt, pid, claimed) values ($1, $2, $3, (select updated from platform.pgqueuer where id = $4))"
)


CANCELLED = 1000
HEARTBEAT = float(os.environ.get("TOY_HEARTBEAT", "2"))


class Mark(msgspec.Struct):
    """Which number to mark, and how long it takes at most."""

    n: int
    seconds: float = 0.0
    added: float = 0.0


async def note_start(payload: Mark, work: Work) -> None:
    """A row that stays whatever becomes of the job."""
    async with work.db.write_session() as session:
        await session.sql(START, payload.n, work.attempt, os.getpid(), work.job_id)
        await session.commit()


@task("toy.mark", payload=Mark, timeout=60, attempts=12, backoff=0.2, at_once=20, heartbeat=HEARTBEAT,
      why="many small jobs with an effect in the database")  # fmt: skip
async def mark(payload: Mark, work: Work) -> None:
    """Takes its time, half of it before its effect and half after."""
    await note_start(payload, work)
    pause = random.random() * payload.seconds
    await asyncio.sleep(pause)
    await work.session.sql(EFFECT, payload.n, work.attempt, payload.added)
    await asyncio.sleep(pause)


@task("toy.long", payload=Mark, timeout=60, attempts=3, heartbeat=HEARTBEAT, why="a job that is under way when the worker is told to stop")
async def long(payload: Mark, work: Work) -> None:
    """Says how far it is all along."""
    await note_start(payload, work)
    steps = max(1, round(payload.seconds / 0.1))
    for step in range(steps):
        await work.progress(step, steps, "walking")
        await asyncio.sleep(0.1)
    await work.session.sql(EFFECT, payload.n, work.attempt, payload.added)


async def note_cancelled(payload: Mark, session: WriteSession) -> None:
    """An effect that says so."""
    await session.sql(EFFECT, CANCELLED + payload.n, 0, payload.added)


@task("toy.told", payload=Mark, timeout=60, attempts=3, heartbeat=HEARTBEAT, on_cancel=note_cancelled, why="who cancels it leaves a mark")
async def told(payload: Mark, work: Work) -> None:
    """Has had its effect, not committed, when it is cancelled."""
    await work.session.sql(EFFECT, payload.n, work.attempt, payload.added)
    await note_start(payload, work)
    await asyncio.sleep(min(payload.seconds, 25.0))


@task("toy.poison", payload=Mark, timeout=10, attempts=20, heartbeat=2, why="kills its process, as a fault in a C library would")
async def poison(payload: Mark, work: Work) -> None:
    """Takes everything in its process with it."""
    await note_start(payload, work)
    os.kill(os.getpid(), signal.SIGKILL)
    await asyncio.sleep(5)


@task("toy.limited", payload=Mark, timeout=10, attempts=3, rate=Rate(20, 1.0), at_once=20, why="a provider counts our calls")
async def limited(payload: Mark, work: Work) -> None:
    """A start and an effect."""
    await note_start(payload, work)
    await work.session.sql(EFFECT, payload.n, work.attempt, payload.added)


@task("toy.polite", payload=Mark, timeout=10, attempts=5, backoff=0.1, why="a provider that says when to come back")
async def polite(payload: Mark, work: Work) -> None:
    """Turned away once, with a Retry-After."""
    await note_start(payload, work)
    if work.attempt == 0:
        raise Retry(payload.seconds)
    await work.session.sql(EFFECT, payload.n, work.attempt, payload.added)


@task("toy.fails", payload=Mark, timeout=10, attempts=1, keep_failed=Keep(5, 30), why="fails for good")
async def fails(payload: Mark, work: Work) -> None:
    """Raises."""
    raise ValueError(payload.n)


async def share(payload: Mark, work: Work) -> None:
    """An effect that may share its transaction; a negative number raises, also a second time."""
    await note_start(payload, work)
    await asyncio.sleep(payload.seconds)
    if payload.n < 0:
        raise ValueError(payload.n)
    await work.session.sql(EFFECT, payload.n, work.attempt, payload.added)


async def share_all(payloads: Sequence[Mark], work: Work) -> None:
    """One after the other."""
    for payload in payloads:
        await share(payload, work)


SHARED, OTHER = (
    Task(f"toy.{name}", Mark, share, 60, 12, 0.2, "small effects that come together", at_once=20, heartbeat=HEARTBEAT, run_all=share_all)
    for name in ("shared", "other")
)


@cron("toy.tick", schedule="* * * * *", why="once a minute, in one worker")
async def tick(work: Work) -> None:
    """A row a tick."""
    await work.session.sql("insert into platform.toy_tick default values")


TOYS = Module(name="toys", tasks=(mark, long, told, poison, limited, polite, fails, SHARED, OTHER), cron=(tick,))
