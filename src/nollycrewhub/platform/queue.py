"""Background jobs as rows: enqueued in the transaction that causes them, run by PgQueuer's workers.

A task takes ids, loads or stops, does one service call, and may run twice. Only what can heal is retried.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import asyncpg
import msgspec
from pgqueuer.adapters.drivers.asyncpg import AsyncpgPoolDriver
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder, QuerySchedulerBuilder
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.domain.settings import DBSettings

from nollycrewhub.platform.db import Database, ReadSession, WriteSession
from nollycrewhub.platform.ports import Ports
from nollycrewhub.platform.settings import Settings

SCHEMA = "platform"
LONGEST_BACKOFF = 3600.0
NAMES = DBSettings(db_schema=SCHEMA)
ENQUEUE = QueryQueueBuilder(settings=NAMES).build_enqueue_query("skip")


@dataclass(frozen=True)
class Work:
    """What a running task has at hand. Its session is committed by platform when the task returns."""

    session: WriteSession
    read: ReadSession
    db: Database
    ports: Ports
    settings: Settings
    attempt: int = 0


Payload = TypeVar("Payload", bound=msgspec.Struct)
Run = Callable[[Any, Work], Awaitable[None]]


class Retry(Exception):
    """Raised by a task that knows when trying again makes sense (a provider's Retry-After, in seconds)."""

    def __init__(self, after: float) -> None:
        super().__init__(f"again in {after:.0f} s")
        self.after = after


@dataclass(frozen=True)
class Task:
    """A declared job: its limits stand beside its code, with the reason for them."""

    name: str
    payload: type[msgspec.Struct]
    run: Run
    timeout: float
    attempts: int
    backoff: float
    why: str


@dataclass(frozen=True)
class Cron:
    """Something the fleet does on a schedule, once however many workers run."""

    name: str
    schedule: str
    run: Callable[[Work], Awaitable[None]]
    why: str


def task(
    name: str, *, payload: type[Payload], timeout: float, attempts: int, backoff: float = 1.0, why: str
) -> Callable[[Callable[[Payload, Work], Awaitable[None]]], Task]:
    """Declares a task named `noun.verb`; `timeout` and `backoff` in seconds."""

    def declare(run: Callable[[Payload, Work], Awaitable[None]]) -> Task:
        return Task(name, payload, run, timeout, attempts, backoff, why)

    return declare


def cron(name: str, *, schedule: str, why: str) -> Callable[[Callable[[Work], Awaitable[None]]], Cron]:
    """Declares a scheduled run; `schedule` in cron's five fields, UTC."""

    def declare(run: Callable[[Work], Awaitable[None]]) -> Cron:
        return Cron(name, schedule, run, why)

    return declare


async def enqueue(
    session: WriteSession,
    task_name: str,
    payload: msgspec.Struct,
    *,
    dedupe: str | None = None,
    delay: timedelta | None = None,
    priority: int = 0,
) -> None:
    """Adds a job inside the session's transaction: it exists if and only if the data does.

    `dedupe` names work of which one waiting copy is enough.
    """
    await session.sql(
        ENQUEUE,
        [priority],
        [task_name],
        [msgspec.json.encode(payload)],
        [delay or timedelta(0)],
        [dedupe],
        ["{}"],
    )


def pause_before(attempt: int, *, first: float) -> float:
    """Full jitter (AWS's name for it): anywhere in the doubled span, so a herd spreads out."""
    span = float(min(first * 2**attempt, LONGEST_BACKOFF))
    return span / 2 + random.random() * span / 2  # noqa: S311 - spreading load, not a secret


def queries_over(pool: asyncpg.Pool) -> Queries:
    """PgQueuer's own queries on our schema."""
    return Queries(
        AsyncpgPoolDriver(pool),
        qbe=QueryBuilderEnvironment(settings=NAMES),
        qbq=QueryQueueBuilder(settings=NAMES),
        qbs=QuerySchedulerBuilder(settings=NAMES),
    )


async def perform(declared: Task, body: bytes | None, *, db: Database, ports: Ports, settings: Settings, attempt: int = 0) -> None:
    """Runs one job in one transaction, within its time limit; raises what the task raised."""
    payload = msgspec.json.decode(body or b"{}", type=declared.payload)
    async with db.write_session() as session:
        work = Work(session, db.read_session(primary=True), db, ports, settings, attempt)
        async with asyncio.timeout(declared.timeout):
            await declared.run(payload, work)
        await db.commit(session)
