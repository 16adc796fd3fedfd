"""Jobs go into the table with the data that causes them, and leave it with the effect they have."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import msgspec

from nollycrewhub.kit.told import as_json
from nollycrewhub.platform import tracing
from nollycrewhub.platform.db import Database, WriteSession
from nollycrewhub.platform.ports import Ports
from nollycrewhub.platform.queue.declaring import Reporter, Task, Work
from nollycrewhub.platform.settings import Settings

ENQUEUE = """
insert into platform.pgqueuer (priority, entrypoint, payload, execute_after, dedupe_key, status, headers)
select $1, $2, payload, now() + $4, dedupe_key, 'queued', $6::text::jsonb
from unnest($3::bytea[], $5::text[]) with ordinality as given(payload, dedupe_key, n) order by n
on conflict (dedupe_key) where status = any (array['queued'::platform.pgqueuer_status, 'picked'::platform.pgqueuer_status])
and dedupe_key is not null do nothing
returning id
"""
DONE = "delete from platform.pgqueuer where id = $1 and ($2::uuid is null or queue_manager_id = $2) returning id"
ALL_DONE = "delete from platform.pgqueuer where id = any($1::bigint[]) and queue_manager_id = $2 returning id"
KEPT = """
update platform.pgqueuer set status = 'successful', updated = now(), queue_manager_id = null
where id = $1 and ($2::uuid is null or queue_manager_id = $2) returning id
"""


class JobGone(Exception):
    """The job is no longer this worker's: it was taken for dead and another one has it. Nothing was stored."""


class Spoilt(Exception):
    """A job that shared its transaction raised (the cause), so nothing of any of them was stored. `task` is whose it was."""

    def __init__(self, task: str) -> None:
        super().__init__(task)
        self.task = task


async def enqueue(
    session: WriteSession,
    task: str | Task,
    payload: msgspec.Struct,
    *,
    dedupe: str | None = None,
    delay: timedelta | None = None,
    priority: int | None = None,
) -> int | None:
    """Adds a job inside the session's transaction: it exists if and only if the data does. Its id, or None.

    `dedupe` names work of which one waiting or running copy is enough; None comes back when there is one.
    """
    found = await enqueue_many(session, task, [payload], dedupe=[dedupe], delay=delay, priority=priority)
    return found[0] if found else None


async def enqueue_many(
    session: WriteSession,
    task: str | Task,
    payloads: list[msgspec.Struct],
    *,
    dedupe: list[str | None] | None = None,
    delay: timedelta | None = None,
    priority: int | None = None,
) -> list[int]:
    """Adds many jobs of one task in one statement; the ids of those that were not already there."""
    name, usual = (task.name, task.priority) if isinstance(task, Task) else (task, 0)
    rows = await session.sql(
        ENQUEUE,
        usual if priority is None else priority,
        name,
        [as_json(payload) for payload in payloads],
        delay or timedelta(0),
        dedupe or [None] * len(payloads),
        tracing.carried(),
    )
    return [row[0] for row in rows]


async def perform(
    declared: Task,
    body: bytes | None,
    *,
    db: Database,
    ports: Ports,
    settings: Settings,
    attempt: int = 0,
    job_id: int = 0,
    owner: UUID | None = None,
) -> None:
    """Runs one job in one transaction, within its time limit; raises what the task raised.

    The row leaves the queue in the same transaction as the effect, and only while `owner` still holds it: so a
    job that was killed, or run twice, has had its effect once.
    """
    payload = msgspec.json.decode(body or b"{}", type=declared.payload)
    async with db.write_session() as session:
        work = Work(session, db.read_session(primary=True), db, ports, settings, attempt, job_id, Reporter(job_id))
        async with asyncio.timeout(declared.timeout):
            await declared.run(payload, work)
        if job_id and not await session.sql(KEPT if declared.keep_done else DONE, job_id, owner):
            raise JobGone
        await db.commit(session, is_awaited=False)


async def perform_all(
    held: Sequence[tuple[Task, int, bytes | None]], *, db: Database, ports: Ports, settings: Settings, owner: UUID
) -> None:
    """Runs several jobs (task, id, payload) in one transaction: each has had its effect once and is gone, or none of them.

    Task after task in the order of their names, so that two workers lock what both need in one order. Within the
    shortest of their time limits; raises Spoilt, JobGone when one is no longer `owner`'s, or what the server raised.
    """
    payloads: defaultdict[str, list[msgspec.Struct]] = defaultdict(list)
    tasks = {declared.name: declared for declared, _, _ in held}
    for declared, _, body in held:
        payloads[declared.name].append(msgspec.json.decode(body or b"{}", type=declared.payload))
    async with db.write_session() as session:
        work = Work(session, db.read_session(primary=True), db, ports, settings)
        async with asyncio.timeout(min(declared.timeout for declared in tasks.values())):
            for name in sorted(payloads):
                await _run_all(tasks[name], payloads[name], work)
        ids = [job_id for _, job_id, _ in held]
        if len(await session.sql(ALL_DONE, ids, owner)) < len(ids):
            raise JobGone
        await db.commit(session, is_awaited=False)


async def _run_all(declared: Task, payloads: list[msgspec.Struct], work: Work) -> None:
    if declared.run_all is None or declared.keep_done is not None:
        raise ValueError(f"{declared.name} cannot share a transaction")
    try:
        await declared.run_all(payloads, work)
    except Exception as error:
        raise Spoilt(declared.name) from error
