"""What has served its time goes, what is young stays: events, effects, keys, letters, failed jobs."""

import pytest

from nollycrewhub.platform import pruning
from nollycrewhub.platform.app import Process
from tests.platform.test_events_and_jobs import work_of

# table: how a row of a given age comes in ($1 its name, $2 its age), how it is counted by name, its limit in days
AGED = {
    "platform.event": (
        "insert into platform.event (id, name, aggregate_id, version, at, body) values (gen_random_uuid(), 'job.created', $1, 1, now() - $2::text::interval, '{}')",
        "aggregate_id", 90,
    ),
    "platform.effect": (
        "insert into platform.effect (consumer, event_id, aggregate_id, version, at) values ('toy', gen_random_uuid(), $1, 1, now() - $2::text::interval)",
        "aggregate_id", 90,
    ),
    "platform.idempotency": (
        "insert into platform.idempotency (caller, key, fingerprint, status, headers, body, created_at) values ($1, $2, '', 201, '{}', '', now() - $2::text::interval)",
        "caller", 2,
    ),
    "platform.mailbox": (
        "insert into platform.mailbox (id, channel, recipient, subject, text, at) values (gen_random_uuid(), 'mail', $1, 'x', 'x', now() - $2::text::interval)",
        "recipient", 7,
    ),
    "platform.pgqueuer": (
        "insert into platform.pgqueuer (priority, status, entrypoint, created, updated, execute_after) "
        "values (0, 'failed', $1, now() - $2::text::interval, now() - $2::text::interval, now())",
        "entrypoint", 30,
    ),
}  # fmt: skip


async def left(toy: Process, table: str, column: str) -> int:
    """How many rows of this test are there."""
    async with toy.runtime.db.write_session() as session:
        return int((await session.sql(f"select count(*) from {table} where {column} = 'prune-me'"))[0][0])


@pytest.mark.parametrize("table", AGED)
async def test_old_rows_go_and_young_ones_stay(toy: Process, table: str) -> None:
    insert, column, days = AGED[table]
    async with toy.runtime.db.write_session() as session:
        for age in (f"{days * 24 + 1} hours", f"{days * 24 + 500} hours", f"{days * 24 - 1} hours", "0 hours"):
            await session.sql(insert, "prune-me", age)
        await session.commit()
    assert await left(toy, table, column) == 4
    async with toy.runtime.db.write_session() as session:
        await pruning.prune.run(work_of(toy, session))
        await session.commit()
    assert await left(toy, table, column) == 2


def test_every_aged_table_is_tried() -> None:
    assert {name for name in pruning.RULES if name in ("platform.effect", "platform.idempotency", "platform.mailbox")} <= set(AGED)
