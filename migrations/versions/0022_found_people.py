"""People's search documents are made anew: with the words of name and craft marked, and joined spellings.

A worker does it after the migration. Until then everybody is found by single words, only without an order of fitness.
"""

from alembic import op

revision = "0022_found_people"
down_revision = "0021_ended_jobs"

RENEW = "insert into platform.pgqueuer (priority, entrypoint, payload, status) select 0, 'users.renew-search', '{}', 'queued'"


def upgrade() -> None:
    """Leaves the first batch to the queue."""
    op.execute(RENEW)


def downgrade() -> None:
    """Nothing: the documents of both versions are read by both."""
