"""Schedules as jobs: the first worker to store a tick stores the tick's job with it, and no other can.

They go before what waits: they are few, one of each at a time, and some of them look at how much waits.
"""

from datetime import UTC, datetime
from functools import lru_cache

import asyncpg
import msgspec
from croniter import croniter

from nollycrewhub.kit.events import FIRST
from nollycrewhub.platform.app import Runtime
from nollycrewhub.platform.events import delivery_task
from nollycrewhub.platform.queue import Cron, Task, Work

BEGIN = "insert into platform.job_tick (name, due) select * from unnest($1::text[], $2::timestamptz[]) on conflict do nothing"
TICK = "update platform.job_tick set due = $2 where name = $1 and due < $2 returning 1"
JOB = """
insert into platform.pgqueuer (priority, entrypoint, payload, dedupe_key, status) values ($2, $1, '{}', $1, 'queued')
on conflict (dedupe_key) where status = any (array['queued'::platform.pgqueuer_status, 'picked'::platform.pgqueuer_status])
and dedupe_key is not null do nothing
"""
ATTEMPTS = 3
BACKOFF = 5.0


class Tick(msgspec.Struct):
    """The payload of a scheduled job: nothing."""


def tasks_of(runtime: Runtime) -> list[Task]:
    """All tasks of the loaded domains: their own, and one per event consumer."""
    own = [task for module in runtime.modules for task in module.tasks]
    return own + [delivery_task(handler) for module in runtime.modules for handler in module.handlers]


def cron_task(cron: Cron) -> Task:
    """The queue task that a tick of the schedule becomes."""

    async def run(_: Tick, work: Work) -> None:
        await cron.run(work)

    return Task(f"cron:{cron.name}", Tick, run, cron.timeout, ATTEMPTS, BACKOFF, cron.why)


def last_tick(cron: Cron, now: datetime) -> datetime:
    """The newest moment of the schedule that is not in the future."""
    return _last_tick(cron.schedule, now.replace(second=0, microsecond=0))


@lru_cache(256)
def _last_tick(schedule: str, minute: datetime) -> datetime:
    """A schedule is asked each second and knows minutes only; reading it costs more than all else of a look."""
    found: datetime = minute if croniter.match(schedule, minute) else croniter(schedule, minute).get_prev(datetime)
    return found


async def begin(pool: asyncpg.Pool, crons: list[Cron]) -> None:
    """A schedule nobody has seen starts with its next tick, not with the one that is past."""
    now = datetime.now(UTC)
    await pool.execute(BEGIN, [cron.name for cron in crons], [last_tick(cron, now) for cron in crons])


async def tick(pool: asyncpg.Pool, crons: list[Cron], now: datetime | None = None, *, stored: dict[str, datetime] | None = None) -> int:
    """Turns each due tick into one job, over the whole fleet; after a pause only the newest tick counts.

    `stored` remembers between calls which ticks are known to be stored, so that the server is asked about a tick once.
    """
    moment, made = now or datetime.now(UTC), 0
    known = {} if stored is None else stored
    for cron in crons:
        due = last_tick(cron, moment)
        if known.get(cron.name) == due:
            continue
        async with pool.acquire() as connection, connection.transaction():
            if await connection.fetchval(TICK, cron.name, due):
                await connection.execute(JOB, f"cron:{cron.name}", FIRST)
                made += 1
        known[cron.name] = due
    return made
