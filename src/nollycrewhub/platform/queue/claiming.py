"""The statements a worker runs on the queue: claim, beat, give back, set aside. One clock: the database's."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from nollycrewhub.platform.queue.declaring import Rate, Task

POISON_KILLS = 3
SUSPECT_KILLS = 2
# Of tasks this worker does not know (another domain's): slow to take for dead, and only kills set aside.
USUAL_HEARTBEAT = 120.0
USUAL_ATTEMPTS = 1_000_000
Room = Sequence[tuple[str, int]]
SOONEST = 0.05  # what could be had and was not taken this time is not asked for again at once

# Oldest of the highest priority first over all tasks, and of each at most what this worker has room for. Whose turn it is and whose
# rate has to be asked first ($7, $8) is not taken, only told: a task with a rate stands in one line with those that have none.
CLAIM = """
with room as (select * from unnest($1::text[], $2::int[]) as given(entrypoint, most)),
waiting as (
    select job.id, job.priority, room.entrypoint, true as is_taken from room cross join lateral (
        select id, priority from platform.pgqueuer
        where entrypoint = room.entrypoint and status = 'queued' and execute_after <= now()
        order by priority desc, id limit room.most for update skip locked
    ) as job
),
limited as (
    select job.id, job.priority, given.entrypoint, false as is_taken from unnest($7::text[], $8::int[]) as given(entrypoint, most)
    cross join lateral (
        select id, priority from platform.pgqueuer
        where entrypoint = given.entrypoint and status = 'queued' and execute_after <= now()
        order by priority desc, id limit given.most
    ) as job
),
chosen as (select * from (select * from waiting union all select * from limited) as each order by priority desc, id limit $3),
taken as (
    update platform.pgqueuer as job
    set status = 'picked', updated = now(), heartbeat = now(), queue_manager_id = $4, attempts = attempts + 1,
        alone = $5 and kills >= $6, progress = null
    from chosen where chosen.is_taken and job.id = chosen.id
    returning job.id, job.entrypoint, job.payload, job.attempts, job.kills, job.alone, job.priority,
        job.headers->>'traceparent' as trace, job.cancelled
)
select true as is_taken, * from taken
union all select false, id, entrypoint, null, 0, 0, false, priority, null, false from chosen where not is_taken
"""
# Of each task: the seconds until its next job is due, 0 when one is; the first entry of an index tells, however many wait.
NEXT_DUE = """
select given.entrypoint, case when first.seconds < 0 then 0 else first.seconds end as seconds
from unnest($1::text[]) as given(entrypoint) cross join lateral (
    select extract(epoch from min(execute_after) - now())::float8 as seconds from platform.pgqueuer
    where entrypoint = given.entrypoint and status = 'queued'
) as first
"""
# A job whose row is locked is just being ended, alone or with others: nobody waits for it, or two of them could wait for each other.
BEAT = """
with held as (
    select id from platform.pgqueuer where id = any($1::bigint[]) and queue_manager_id = $2 and status = 'picked' for update skip locked
)
update platform.pgqueuer as job set heartbeat = now() from held where job.id = held.id returning job.id, job.cancelled
"""
TAKEN = "select id from platform.pgqueuer where id = any($1::bigint[]) and (queue_manager_id is distinct from $2 or status <> 'picked')"
# A silent worker's jobs: who claims a cancelled one next takes it away, the third kill or the last attempt sets aside, the others wait again.
RESCUE = """
with known as (select * from unnest($1::text[], $2::int[], $3::float8[]) as given(entrypoint, attempts, silence)),
dead as (
    select job.id, job.kills + (not job.alone)::int as kills, job.attempts, job.alone, job.cancelled,
           coalesce(known.attempts, $4) as most
    from platform.pgqueuer as job left join known on known.entrypoint = job.entrypoint
    where job.status = 'picked' and job.heartbeat < now() - make_interval(secs => coalesce(known.silence, $5))
    order by job.id limit 500 for update of job skip locked
)
update platform.pgqueuer as job
set kills = dead.kills, updated = now(), first_due = coalesce(first_due, execute_after), execute_after = now(),
    queue_manager_id = null, error = 'WorkerKilled',
    status = (case when not dead.cancelled
        and (dead.kills >= $6 or dead.attempts >= dead.most + (case when dead.alone then $6 else 0 end)) then 'failed'
        else 'queued' end)::platform.pgqueuer_status
from dead where job.id = dead.id
returning job.id, job.entrypoint, job.status::text as status, job.kills
"""
AGAIN = """
update platform.pgqueuer set status = 'queued', updated = now(), queue_manager_id = null, error = $3,
    first_due = coalesce(first_due, execute_after), execute_after = now() + make_interval(secs => $4), attempts = attempts - $5
where id = $1 and queue_manager_id = $2
"""
SET_ASIDE = """
update platform.pgqueuer set status = 'failed', updated = now(), queue_manager_id = null, error = $3
where id = $1 and queue_manager_id = $2
"""
FORGET = "delete from platform.pgqueuer where id = $1 and queue_manager_id = $2 returning id"
KILLED_ALONE = """
update platform.pgqueuer set kills = kills + 1, updated = now(), queue_manager_id = null, error = 'WorkerKilled',
    first_due = coalesce(first_due, execute_after), execute_after = now(),
    status = (case when kills + 1 >= $3 then 'failed' else 'queued' end)::platform.pgqueuer_status
where id = $1 and queue_manager_id = $2 returning status::text
"""
HELD_JOB = """
select id, entrypoint, payload, attempts, kills, alone, priority, headers->>'traceparent' as trace, cancelled
from platform.pgqueuer
where id = $1 and queue_manager_id = $2 and status = 'picked'
"""

# The fleet's limit: who holds the lock looks at the clock and the grants of the last span, in fresh snapshots.
RATE_LOCK = "select pg_advisory_xact_lock(hashtextextended('nch-rate:' || $1, 0))"
RATE_SPENT = """
select coalesce(sum(n), 0)::int, coalesce(extract(epoch from min(at) - clock_timestamp()), 0)::float8 + $2
from platform.job_grant where queue = $1 and at > clock_timestamp() - make_interval(secs => $2)
"""
RATE_GRANT = """
with forgotten as (delete from platform.job_grant where queue = $1 and at < clock_timestamp() - make_interval(secs => $3 * 3))
insert into platform.job_grant (queue, at, n) values ($1, clock_timestamp(), $2)
"""


@dataclass(frozen=True)
class Claimed:
    """A job this worker holds."""

    id: int
    entrypoint: str
    payload: bytes | None
    attempts: int
    kills: int
    alone: bool
    priority: int
    trace: str | None = None
    cancelled: bool = False


@dataclass(frozen=True)
class Claims:
    """What a round brought, and in how many seconds more can be had of what had room left (None: nothing waits)."""

    jobs: list[Claimed]
    again_in: float | None


class Claimer:
    """Claims jobs for one worker; `alone` tells whether suspects can be run in a process of their own."""

    def __init__(self, pool: asyncpg.Pool, owner: UUID, *, alone: bool) -> None:
        self.pool = pool
        self.owner = owner
        self.alone = alone
        self.resting: dict[str, float] = {}  # tasks whose rate is spent, and until when

    async def claim(self, room: Sequence[tuple[Task, int]], *, most: int) -> Claims:
        """At most `most` jobs, of each task at most its room; rate-limited tasks each in a transaction of their own, if any waits."""
        left = {task.name: count for task, count in room if count > 0}
        limited = {task.name: (task, task.rate) for task, _ in room if task.rate is not None and task.name in left}
        free = [(name, count) for name, count in left.items() if name not in limited]
        now = time.monotonic()
        in_line = [(name, left[name]) for name in limited if self.resting.get(name, 0.0) <= now]
        jobs, turns = await self._take(self.pool, free, most, in_line)
        for job in jobs:
            left[job.entrypoint] -= 1
        due = await self._due([name for name, count in left.items() if count > 0])
        again: list[str] = []
        waits: list[float] = []
        for name in dict.fromkeys([*turns, *limited]):
            task, rate = limited[name]
            if due.get(name, 1.0) > 0 or len(jobs) >= most:
                continue
            more, wait = await self._take_limited(task, rate, min(turns.get(name, left[name]), most - len(jobs)))
            jobs += more
            del due[name]
            if wait is not None:
                waits.append(wait)
                self.resting[name] = time.monotonic() + wait
            elif len(more) < left[name]:
                again.append(name)
        due |= await self._due(again)
        return Claims(jobs, min([*waits, *(max(seconds, SOONEST) for seconds in due.values())], default=None))

    async def _take(
        self, through: asyncpg.Pool | asyncpg.Connection, room: Room, most: int, in_line: Room = ()
    ) -> tuple[list[Claimed], Counter[str]]:  # fmt: skip
        """What is taken of `room`, and how many turns the tasks `in_line` have, those whose turn comes first before the others."""
        names, counts = [name for name, _ in room], [count for _, count in room]
        their_names, their_counts = [name for name, _ in in_line], [count for _, count in in_line]
        rows = await through.fetch(CLAIM, names, counts, most, self.owner, self.alone, SUSPECT_KILLS, their_names, their_counts)
        rows.sort(key=lambda row: (-row["priority"], row["id"]))
        taken = [Claimed(**{name: value for name, value in row.items() if name != "is_taken"}) for row in rows if row["is_taken"]]
        return taken, Counter(row["entrypoint"] for row in rows if not row["is_taken"])

    async def _take_limited(self, task: Task, rate: Rate, most: int) -> tuple[list[Claimed], float | None]:
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.execute(RATE_LOCK, task.name)
            spent, wait = await connection.fetchrow(RATE_SPENT, task.name, rate.per)
            if spent >= rate.most:
                return [], max(wait, 0.005)
            jobs, _ = await self._take(connection, [(task.name, min(most, rate.most - spent))], most)
            if jobs:
                await connection.execute(RATE_GRANT, task.name, len(jobs), rate.per)
            return jobs, None

    async def _due(self, names: list[str]) -> dict[str, float]:
        """Seconds until the next waiting job of each task can run, 0 when one can; tasks of which none waits are missing."""
        rows = await self.pool.fetch(NEXT_DUE, names) if names else []
        return {row["entrypoint"]: row["seconds"] for row in rows if row["seconds"] is not None}

    async def beat(self, ids: list[int]) -> dict[int, bool]:
        """Says that these are alive; of those still ours, whether somebody wants them cancelled."""
        return {row["id"]: row["cancelled"] for row in await self.pool.fetch(BEAT, ids, self.owner)}

    async def taken(self, ids: list[int]) -> list[int]:
        """Of jobs that were not ours to beat for: those another worker has, or that wait again. The others have just ended."""
        return [row["id"] for row in await self.pool.fetch(TAKEN, ids, self.owner)]

    async def rescue(self, tasks: Sequence[Task]) -> list[asyncpg.Record]:
        """Takes silent workers' jobs off them."""
        found: list[asyncpg.Record] = await self.pool.fetch(
            RESCUE, [t.name for t in tasks], [t.attempts for t in tasks], [t.heartbeat for t in tasks],
            USUAL_ATTEMPTS, USUAL_HEARTBEAT, POISON_KILLS,
        )  # fmt: skip
        return found

    async def again(self, job: Claimed, *, error: str, pause: float, unspent: bool = False) -> None:
        """Lets it wait for another attempt; `unspent` gives this attempt back, for it was not the job's fault."""
        await self.pool.execute(AGAIN, job.id, self.owner, error, pause, int(unspent))

    async def set_aside(self, job: Claimed, *, error: str) -> None:
        """Holds it for an operator."""
        await self.pool.execute(SET_ASIDE, job.id, self.owner, error)

    async def killed_alone(self, job: Claimed) -> str | None:
        """Its own process died under it: what became of the job."""
        found: str | None = await self.pool.fetchval(KILLED_ALONE, job.id, self.owner, POISON_KILLS)
        return found

    async def held(self, job_id: int) -> Claimed | None:
        """The job, if this owner holds it."""
        row = await self.pool.fetchrow(HELD_JOB, job_id, self.owner)
        return Claimed(**dict(row)) if row else None
