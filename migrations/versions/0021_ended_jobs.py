"""The day a listing past its deadline closes by itself, once its poster was told; and an index that finds what is due."""

from alembic import op

revision = "0021_ended_jobs"
down_revision = "0020_available_from"


def upgrade() -> None:
    """The index is built beside the writers; one that a failed attempt has left unfinished is dropped first."""
    op.execute("alter table jobs.job add column if not exists closes_on date")
    with op.get_context().autocommit_block():
        op.execute("drop index concurrently if exists jobs.ix_job_due")
        op.execute("create index concurrently ix_job_due on jobs.job (coalesce(closes_on, deadline_key + 1), id) where status = 'open'")


def downgrade() -> None:
    """Drops both."""
    with op.get_context().autocommit_block():
        op.execute("drop index concurrently if exists jobs.ix_job_due")
    op.execute("alter table jobs.job drop column if exists closes_on")
