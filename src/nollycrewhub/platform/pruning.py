"""What has served its time goes, in bites that lock nothing for long; the queue's table is given its room back.

Events are append-only for the app role, so a function of the owner's forgets the oldest; none is forgotten while one that
old still waits to be felt.
"""

import asyncpg

from nollycrewhub.platform import log
from nollycrewhub.platform.queue import DeclaredTasks, Keep, Work, cron

LOG = log.logger("pruning")
BITE = 5000
MOST_BITES = 400
RULES = {
    "platform.effect": ("ctid", "at", "90 days"),
    "platform.idempotency": ("ctid", "created_at", "48 hours"),
    "platform.mailbox": ("id", "at", "7 days"),
    "platform.job_count": ("ctid", "minute", "14 days"),
    "platform.live_message": ("ctid", "at", "2 hours"),
    "platform.edge_count": ("ctid", "until", "2 days"),
    "platform.job_grant": ("ctid", "at", "1 hour"),
}
USUAL = Keep(1000, 30)
# A delivery of an event that was given up is the only trace of an effect that is missing: it goes by an operator's replay or
# cancel alone, whatever its task declares and whether or not this process knows the task.
ENDED = """
with keep as (select * from unnest($1::text[], $2::int[], $3::float8[], $4::int[], $5::float8[]) as given(entrypoint, failed, failed_days, done, done_days)),
ranked as (
    select id, entrypoint, status, updated, row_number() over (partition by entrypoint, status order by updated desc, id desc) as place
    from platform.pgqueuer
    where status in ('successful', 'canceled') or (status = 'failed' and entrypoint not like 'event:%')
)
delete from platform.pgqueuer where id in (
    select ranked.id from ranked left join keep on keep.entrypoint = ranked.entrypoint
    where case when ranked.status = 'failed'
        then place > coalesce(keep.failed, $6) or updated < now() - make_interval(secs => 86400 * coalesce(keep.failed_days, $7))
        else place > coalesce(keep.done, 0) or updated < now() - make_interval(secs => 86400 * coalesce(keep.done_days, 0)) end
    limit $8
)
"""
TABLE = "platform.pgqueuer"
# Worth a rewrite when the table and its indexes are past this size, mostly air, and few rows are left to copy: vacuum
# alone gives nothing back while one kept failure sits on the last page.
TIDY_ABOVE = 8 * 1024 * 1024
TIDY_ROWS = 20_000
ROW_BYTES = 1500
# An event is needed as long as somebody may still have to feel it; its delivery's job is as old as the event.
OLD_DELIVERY = "select exists (select 1 from platform.pgqueuer where entrypoint like 'event:%' and created < now() - interval '89 days')"
SIZE = "select pg_total_relation_size($1::regclass)::bigint as size, (select count(*) from platform.pgqueuer)::bigint as rows"


def delete_old(table: str, key: str, column: str, age: str) -> str:
    """One bite off an aged table; the parts come from RULES above, never from a caller."""
    return (
        f"delete from {table} where {key} in "  # noqa: S608 - constants of this file
        f"(select {key} from {table} where {column} < now() - interval '{age}' limit {BITE})"
    )


@cron("platform.prune", schedule="*/5 * * * *", why="events, keys and ended jobs must not grow for ever, in number or age", timeout=240)
async def prune(work: Work) -> None:
    """Bites off each table until nothing old is left, then tidies the queue's table if it is mostly air."""
    async with asyncpg.create_pool(work.settings.database_direct_url, min_size=1, max_size=1) as pool:
        await prune_ended(pool, work.ports.find(DeclaredTasks))
        for table, (key, column, age) in RULES.items():
            await in_bites(pool, delete_old(table, key, column, age))
        if not await pool.fetchval(OLD_DELIVERY):
            while await pool.fetchval("select platform.forget_old_events()") >= BITE:
                pass
        await tidy(pool)


async def prune_ended(pool: asyncpg.Pool, declared: DeclaredTasks | None) -> None:
    """Ended jobs beyond what their task keeps, by count and by age."""
    tasks = declared.tasks if declared else ()
    await in_bites(
        pool, ENDED, [t.name for t in tasks], [t.keep_failed.most for t in tasks], [t.keep_failed.days for t in tasks],
        [t.keep_done.most if t.keep_done else 0 for t in tasks], [t.keep_done.days if t.keep_done else 0 for t in tasks],
        USUAL.most, USUAL.days, BITE * 10,
    )  # fmt: skip


async def in_bites(pool: asyncpg.Pool, statement: str, *args: object) -> None:
    """Repeats a bounded delete, each in its own transaction, until it finds nothing."""
    for _ in range(MOST_BITES):
        if (await pool.execute(statement, *args)).endswith(" 0"):
            return


async def tidy(pool: asyncpg.Pool) -> bool:
    """Gives room back to the disk: rewrites the few rows that are left, with the queue locked for well under a second.

    A queue that is too busy to be locked within a second is left for the next time.
    """
    size, rows = await pool.fetchrow(SIZE, TABLE)
    if size < TIDY_ABOVE or rows > TIDY_ROWS or rows * ROW_BYTES > size:
        return False
    async with pool.acquire() as connection:
        await connection.execute("set statement_timeout = 0")
        await connection.execute("set lock_timeout = '1s'")
        try:
            await connection.execute(f"vacuum (analyze) {TABLE}", timeout=200)
            await connection.execute(f"vacuum (full) {TABLE}", timeout=200)
        except asyncpg.LockNotAvailableError:
            return False
        finally:
            await connection.execute("reset statement_timeout")
            await connection.execute("reset lock_timeout")
    after, _ = await pool.fetchrow(SIZE, TABLE)
    LOG.info("queue table tidied", before=size, after=after, rows=rows)
    return True
