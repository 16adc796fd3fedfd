"""When somebody last blocked or unblocked another: their own clients look again, and no seat that the other sees is touched."""

from alembic import op

revision = "0045_apart_changed"
down_revision = "0044_silent_texts"


def upgrade() -> None:
    """One column."""
    op.execute("set local lock_timeout = '2s'")
    op.execute("alter table messages.choice add column apart_changed bigint not null default 0")


def downgrade() -> None:
    """Drops it."""
    op.execute("alter table messages.choice drop column apart_changed")
