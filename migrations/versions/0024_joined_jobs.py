"""What listings are found by is made anew: with two words of a title or a skill written together too.

A worker does it after the migration. Until then every listing is found by single words, as before.
"""

from alembic import op

revision = "0024_joined_jobs"
down_revision = "0023_registrations"

RENEW = """
insert into platform.pgqueuer (priority, entrypoint, payload, status) select 0, 'jobs.renew-search', '{}', 'queued'
where exists (select 1 from jobs.job)
"""


def upgrade() -> None:
    """Leaves the first batch to the queue."""
    op.execute(RENEW)


def downgrade() -> None:
    """Nothing: the columns of both versions are read by both."""
