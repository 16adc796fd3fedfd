"""The queues as an operator sees them: depth, age, rates, failed jobs; and what may be done about a job."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from nollycrewhub.platform.db import Query, ReadSession, WriteSession
from nollycrewhub.platform.queue.declaring import CancelHooks, Progress

COUNT_MINUTES = 5


class QueueState(msgspec.Struct, frozen=True, kw_only=True):
    """One queue now: jobs that wait, of these the ones that could run (`due`) and those that pause between two tries (`retrying`).

    `oldest` is for how many seconds the oldest could have run. `late` is for how long the oldest of both has been due, counted
    from the first time, while it is tried again too. The rest of `waiting` is planned for later. Rates are per minute, lately.
    """

    queue: str
    waiting: int
    due: int
    retrying: int
    running: int
    failed: int
    oldest: float
    late: float
    done_rate: float
    failed_rate: float


class JobRow(msgspec.Struct, frozen=True, kw_only=True):
    """One job as an operator sees it: never its payload, which may hold people's data."""

    id: int
    queue: str
    status: str
    attempts: int
    kills: int
    error: str | None
    priority: int
    created: datetime
    updated: datetime
    due: datetime
    progress: str | None

    @property
    def told(self) -> Progress | None:
        """The progress it last stored."""
        return msgspec.json.decode(self.progress, type=Progress) if self.progress else None


class LateDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """A consumer that is behind, by how many events and how many seconds."""

    consumer: str
    waiting: int
    oldest: float


class FeltUntil(msgspec.Struct, frozen=True):
    """A moment."""

    at: datetime


STATES = Query(
    QueueState,
    """
    with jobs as (
        select entrypoint as queue, count(*) filter (where status = 'queued')::int as waiting,
               count(*) filter (where status = 'queued' and execute_after <= now())::int as due,
               count(*) filter (where status = 'queued' and execute_after > now() and first_due is not null)::int as retrying,
               count(*) filter (where status = 'picked')::int as running, count(*) filter (where status = 'failed')::int as failed,
               coalesce(extract(epoch from now() - min(execute_after) filter (where status = 'queued' and execute_after <= now())), 0)::float8
                   as oldest,
               coalesce(extract(epoch from now() - min(coalesce(first_due, execute_after)) filter (
                   where coalesce(first_due, execute_after) <= now()
                   and (status = 'queued' or (status = 'picked' and first_due is not null)))), 0)::float8 as late
        from platform.pgqueuer group by entrypoint
    ),
    lately as (
        select queue, sum(done)::float8 / 5 as done_rate, sum(failed)::float8 / 5 as failed_rate from platform.job_count
        where minute > now() - interval '5 minutes' group by queue
    )
    select coalesce(jobs.queue, lately.queue) as queue, coalesce(waiting, 0) as waiting, coalesce(due, 0) as due,
           coalesce(retrying, 0) as retrying, coalesce(running, 0) as running, coalesce(failed, 0) as failed,
           coalesce(oldest, 0) as oldest, coalesce(late, 0) as late,
           coalesce(done_rate, 0) as done_rate, coalesce(failed_rate, 0) as failed_rate
    from jobs full join lately on lately.queue = jobs.queue order by 1
    """,
)
COLUMNS = (
    "id, entrypoint as queue, status::text as status, attempts, kills, error, priority, created, updated, "
    "execute_after as due, progress::text as progress"
)
LISTED = Query(
    JobRow,
    f"select {COLUMNS} from platform.pgqueuer where status::text = $1 and ($2 = '' or entrypoint like $2) "  # noqa: S608 - constants
    "and ($3::bigint is null or id < $3) order by id desc limit $4",
)
COUNT = Query(int, "select count(*)::int from platform.pgqueuer where status::text = $1 and ($2 = '' or entrypoint like $2)")
ONE = Query(JobRow, f"select {COLUMNS} from platform.pgqueuer where id = $1")  # noqa: S608 - constants
UNFINISHED = "select id from platform.pgqueuer where id = any($1::bigint[]) and status in ('queued', 'picked')"
RETRY = """
update platform.pgqueuer set status = 'queued', execute_after = now(), first_due = null, updated = now(), attempts = 0, kills = 0,
    error = null, cancelled = false
where status = 'failed' and (id = $1 or ($1 = 0 and entrypoint like $2))
and (dedupe_key is null or not exists (select 1 from platform.pgqueuer as other where other.dedupe_key = pgqueuer.dedupe_key
    and other.status in ('queued', 'picked')))
returning id
"""
CANCEL_WAITING = "delete from platform.pgqueuer where id = $1 and status in ('queued', 'failed') returning entrypoint, payload"
CANCEL_RUNNING = "update platform.pgqueuer set cancelled = true where id = $1 and status = 'picked' returning id"
TELL_WORKERS = "select pg_notify('nch_queue', 'cancel')"


LATE = Query(
    LateDelivery,
    """
    select substr(entrypoint, 7) as consumer, count(*)::int as waiting, extract(epoch from now() - min(created))::float8 as oldest
    from platform.pgqueuer where entrypoint like 'event:%' and status in ('queued', 'picked')
    group by entrypoint having min(created) < now() - make_interval(secs => $1) order by 1
    """,
)
# A replica's own past counts: what it has not replayed is not in its tables either.
FELT_UNTIL = Query(
    FeltUntil,
    """
    select coalesce(min(created), case when pg_is_in_recovery() then pg_last_xact_replay_timestamp() end, now()) as at
    from platform.pgqueuer where entrypoint like $1 and status in ('queued', 'picked', 'failed')
    """,
)


async def late(read: ReadSession, *, seconds: float) -> list[LateDelivery]:
    """Consumers with an event older than this that they have not felt, given-up ones apart."""
    return await read.rows(LATE, seconds)


async def felt_until(read: ReadSession, domain: str) -> datetime:
    """Every event committed before this moment has been felt by all consumers of the domain."""
    found = await read.one(FELT_UNTIL, f"event:{domain}.%")
    assert found is not None
    return found.at


async def states(read: ReadSession) -> list[QueueState]:
    """Every queue that holds a job or has run one lately."""
    return await read.rows(STATES)


async def jobs(read: ReadSession, status: str, *, queue: str = "", before: int | None = None, limit: int = 50) -> list[JobRow]:
    """Jobs of a status, newest first; `queue` may be a pattern (`event:%`)."""
    return await read.rows(LISTED, status, queue, before, limit)


async def count(read: ReadSession, status: str, *, queue: str = "") -> int:
    """How many there are of a status; `queue` may be a pattern."""
    return await read.value(COUNT, status, queue) or 0


async def job(read: ReadSession, job_id: int) -> JobRow | None:
    """One job while it is in the queue; a finished one is gone."""
    return await read.one(ONE, job_id)


async def unfinished(session: WriteSession, job_ids: Sequence[int]) -> set[int]:
    """Those of these jobs that wait or run: not done, not given up, not cancelled."""
    return {row[0] for row in await session.sql(UNFINISHED, list(job_ids))}


async def retry(session: WriteSession, job_id: int) -> bool:
    """Lets a failed job run again from its first attempt; False when it is not there, not failed, or already waits anew."""
    return bool(await session.sql(RETRY, job_id, ""))


async def retry_all(session: WriteSession, queue: str) -> int:
    """The same for all failed jobs of a queue or pattern; how many."""
    return len(await session.sql(RETRY, 0, queue))


async def cancel(session: WriteSession, job_id: int, *, hooks: CancelHooks | None) -> str:
    """`cancelled` when it was waiting or failed, `asked` when it runs (its worker ends it at once), `gone` otherwise.

    Its task is told through the hooks, here or by the worker. None is for who removes what the job was about: then a task
    whose job was waiting is not told, and one that runs is told by its worker all the same.
    """
    if found := await session.sql(CANCEL_WAITING, job_id):
        if hooks is not None:
            await hooks.tell(session, found[0]["entrypoint"], found[0]["payload"])
        return "cancelled"
    if await session.sql(CANCEL_RUNNING, job_id):
        await session.sql(TELL_WORKERS)
        return "asked"
    return "gone"
