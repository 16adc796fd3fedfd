"""Tell the planner how common three times as many search terms are as it would remember by itself.

With the usual hundred it guesses that every rarer word is in one listing of four hundred, expects to meet it soon in
the order of the list, and reads a million listings to find two. More than a few hundred would make each planning slow.
"""

from alembic import op

revision = "0008_search_statistics"
down_revision = "0007_projects"


def upgrade() -> None:
    """Holds a lock that stops neither reading nor writing; ANALYZE follows by autovacuum."""
    op.execute("alter table jobs.job alter column search set statistics 300")


def downgrade() -> None:
    """Back to the server's own default."""
    op.execute("alter table jobs.job alter column search set statistics -1")
