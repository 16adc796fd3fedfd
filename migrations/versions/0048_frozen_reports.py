"""An index that finds the reports for which a conversation was stopped."""

from alembic import op

revision = "0048_frozen_reports"
down_revision = "0047_overtaken"


def upgrade() -> None:
    """Built beside the writers; one that a failed attempt has left unfinished is dropped first."""
    with op.get_context().autocommit_block():
        op.execute("drop index concurrently if exists messages.ix_report_frozen")
        op.execute("create index concurrently ix_report_frozen on messages.report (id) where decision = 'freeze'")


def downgrade() -> None:
    """Drops it beside the writers."""
    with op.get_context().autocommit_block():
        op.execute("drop index concurrently if exists messages.ix_report_frozen")
