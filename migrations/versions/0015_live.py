"""Numbered messages of live channels: a head a channel, and the messages of the last two hours."""

from alembic import op

revision = "0015_live"
down_revision = "0014_people"

APP = "nollycrewhub_app"

TABLES = """
create table platform.live_channel (
    name text primary key,
    epoch text not null,
    n bigint not null
) with (fillfactor = 50)
"""
MESSAGES = """
create table platform.live_message (
    channel text not null,
    n bigint not null,
    epoch text not null,
    kind text not null,
    payload text not null,
    xact bigint not null default (pg_current_xact_id()::text::bigint),
    at timestamptz not null default clock_timestamp(),
    primary key (channel, n)
)
"""
# Which history of this database the caller writes to: another server, or the same one after a failover or a restore
# to an earlier moment, has another.
HISTORY = """
create function platform.live_history() returns text language sql stable parallel unsafe
set search_path = pg_catalog as $$
    select to_hex((select system_identifier from pg_control_system()) & 16777215) || '.'
        || ltrim(substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8), '0')
$$
"""


def upgrade() -> None:
    """Heads are updated in place (their row is never indexed by what changes); messages are only added and pruned."""
    op.execute(TABLES)
    op.execute(MESSAGES)
    op.execute("create index ix_live_message_xact on platform.live_message (xact)")
    op.execute("create index ix_live_message_at on platform.live_message (at)")
    op.execute(f"revoke update on platform.live_message from {APP}")
    op.execute(HISTORY)


def downgrade() -> None:
    """Drops all three."""
    op.execute("drop table platform.live_message")
    op.execute("drop table platform.live_channel")
    op.execute("drop function platform.live_history()")
