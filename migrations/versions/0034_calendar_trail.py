"""An index that finds the calendar's lines of the audit trail, which are its history."""

from alembic import op

revision = "0034_calendar_trail"
down_revision = "0033_calendar"


def upgrade() -> None:
    """Built beside the writers; one that a failed attempt has left unfinished is dropped first."""
    with op.get_context().autocommit_block():
        op.execute("drop index concurrently if exists platform.ix_audit_calendar")
        op.execute("create index concurrently ix_audit_calendar on platform.audit (id) where action like 'calendar.%'")


def downgrade() -> None:
    """Drops it beside the writers."""
    with op.get_context().autocommit_block():
        op.execute("drop index concurrently if exists platform.ix_audit_calendar")
