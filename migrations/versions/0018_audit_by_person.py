"""Indexes that find one person's lines of the trail: the export of one's own data holds them, and the trail only grows."""

from alembic import op

revision = "0018_audit_by_person"
down_revision = "0017_messages"
INDEXES = {"ix_audit_actor": "actor", "ix_audit_subject": "subject"}


def upgrade() -> None:
    """Built beside the writers; one that a failed attempt has left unfinished is dropped first."""
    with op.get_context().autocommit_block():
        for name, column in INDEXES.items():
            op.execute(f"drop index concurrently if exists platform.{name}")
            op.execute(f"create index concurrently {name} on platform.audit ({column})")


def downgrade() -> None:
    """Drops them beside the writers."""
    with op.get_context().autocommit_block():
        for name in INDEXES:
            op.execute(f"drop index concurrently if exists platform.{name}")
