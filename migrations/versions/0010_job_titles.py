"""An index of the words in listings' titles, which relevance puts first, together with the filters' tags.

The words are read from `search_title`, so there is no new column to fill: rows written by the version before are in it
too. ANALYZE follows at once, because until then the planner would guess how common each word is.
"""

from alembic import op

revision = "0010_job_titles"
down_revision = "0009_analytics"


def upgrade() -> None:
    """Built beside the writers; one that a failed attempt has left unfinished is dropped first."""
    with op.get_context().autocommit_block():
        op.execute("drop index concurrently if exists jobs.ix_job_title")
        op.execute(
            "create index concurrently ix_job_title on jobs.job "
            "using gin (string_to_array(search_title, ' '), search_tags) with (fastupdate = off)"
        )
        op.execute("analyze jobs.job")


def downgrade() -> None:
    """Drops it beside the writers."""
    with op.get_context().autocommit_block():
        op.execute("drop index concurrently if exists jobs.ix_job_title")
