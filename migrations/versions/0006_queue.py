"""The queue's own columns on PgQueuer's table, its rate grants, cron ticks and counts; a wake-up that says less.

Four of PgQueuer's indexes go: only its own runner reads them, and every claim would pay for them.
"""

from alembic import op

revision = "0006_queue"
down_revision = "0005_forgetting"

APP = "nollycrewhub_app"
COLUMNS = """
alter table platform.pgqueuer
    add column kills int not null default 0,
    add column alone boolean not null default false,
    add column cancelled boolean not null default false,
    add column error text,
    add column progress jsonb
"""
# A queue's table is emptied as fast as it is filled: vacuum soon, and leave room for updates on the page.
# PgQueuer wakes every worker at every change, heartbeats included, and logs three rows a job; ours wakes for
# what can be run, once a transaction and task, and keeps counts per minute instead of the log.
STATEMENTS = (
    COLUMNS,
    "alter table platform.pgqueuer set (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000, "
    "autovacuum_analyze_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0, fillfactor = 70)",
    "create index ix_pgqueuer_ended on platform.pgqueuer (entrypoint, updated) where status in ('failed', 'successful', 'canceled')",
    "create table platform.job_grant (queue text not null, at timestamptz not null, n int not null)",
    "create index ix_job_grant_queue on platform.job_grant (queue, at)",
    "create table platform.job_tick (name text primary key, due timestamptz not null)",
    "create table platform.job_count (queue text not null, minute timestamptz not null, done int not null default 0, "
    "retried int not null default 0, failed int not null default 0, primary key (queue, minute))",
    "drop trigger tg_pgqueuer_changed on platform.pgqueuer",
    "create function platform.wake_workers() returns trigger language plpgsql as $$ begin "
    "perform pg_notify('nch_queue', ''); return null; end $$",
    "create trigger tg_pgqueuer_added after insert on platform.pgqueuer for each statement execute function platform.wake_workers()",
    "create trigger tg_pgqueuer_queued after update of status on platform.pgqueuer for each row "
    "when (new.status = 'queued' and old.status <> 'queued') execute function platform.wake_workers()",
    f"grant maintain on platform.pgqueuer, platform.job_grant to {APP}",
    "drop index platform.pgqueuer_priority_id_id1_idx, platform.pgqueuer_updated_id_id1_idx, platform.pgqueuer_picked_slot_idx, "
    "platform.pgqueuer_queue_manager_id_idx",
)


INDEXES = (
    "create index pgqueuer_priority_id_id1_idx on platform.pgqueuer (priority, id desc) include (id) where status = 'queued'",
    "create index pgqueuer_updated_id_id1_idx on platform.pgqueuer (updated, id desc) include (id) where status = 'picked'",
    "create index pgqueuer_queue_manager_id_idx on platform.pgqueuer (queue_manager_id) where queue_manager_id is not null",
    "create unique index pgqueuer_picked_slot_idx on platform.pgqueuer (entrypoint, slot) where status = 'picked' and slot is not null",
)


def upgrade() -> None:
    """One statement after the other; the queue is small when this runs."""
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Back to PgQueuer's own table and trigger."""
    op.execute("drop trigger tg_pgqueuer_added on platform.pgqueuer")
    op.execute("drop trigger tg_pgqueuer_queued on platform.pgqueuer")
    op.execute("drop function platform.wake_workers()")
    op.execute("create trigger tg_pgqueuer_changed after insert or update or delete or truncate on platform.pgqueuer "
               "execute function platform.fn_pgqueuer_changed()")  # fmt: skip
    op.execute("drop table platform.job_count, platform.job_tick, platform.job_grant")
    op.execute("drop index platform.ix_pgqueuer_ended")
    op.execute("alter table platform.pgqueuer drop column kills, drop column alone, drop column cancelled, drop column error, "
               "drop column progress")  # fmt: skip
    for statement in INDEXES:
        op.execute(statement)
