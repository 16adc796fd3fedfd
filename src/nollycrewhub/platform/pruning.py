"""What has served its time goes, by age, in small bites that lock nothing for long.

Events are append-only for the app role, so a function of the owner's forgets the oldest.
"""

from nollycrewhub.platform.queue import Work, cron

BITE = 5000
RULES = {
    "platform.effect": ("ctid", "at", "90 days"),
    "platform.idempotency": ("ctid", "created_at", "48 hours"),
    "platform.mailbox": ("id", "at", "7 days"),
    "platform.pgqueuer_log": ("id", "created", "14 days"),
}
FAILED = """
delete from platform.pgqueuer where id in (
    select id from platform.pgqueuer where status = 'failed' and updated < now() - interval '30 days' limit 5000
)
"""


def delete_old(table: str, key: str, column: str, age: str) -> str:
    """One bite off an aged table; the parts come from RULES above, never from a caller."""
    return (
        f"delete from {table} where {key} in "  # noqa: S608 - constants of this file
        f"(select {key} from {table} where {column} < now() - interval '{age}' limit {BITE})"
    )


@cron("platform.prune", schedule="17 * * * *", why="events, keys, logs and failures must not grow for ever")
async def prune(work: Work) -> None:
    """One bite off each table."""
    for table, (key, column, age) in RULES.items():
        await work.session.sql(delete_old(table, key, column, age))
    await work.session.sql(FAILED)
    await work.session.sql("select platform.forget_old_events()")
