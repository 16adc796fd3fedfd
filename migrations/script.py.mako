"""${message}"""

from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Expand first: new columns are nullable, indexes are built concurrently, nothing old is dropped."""
    op.execute("set local lock_timeout = '2s'")
    op.execute("set local statement_timeout = '60s'")
    ${upgrades if upgrades else ""}


def downgrade() -> None:
    """The way back, for a laptop."""
    ${downgrades if downgrades else ""}
