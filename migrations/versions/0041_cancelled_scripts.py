"""A script whose reading was cancelled says so; it was stored as failed, which nothing else is."""

from alembic import op

revision = "0041_cancelled_scripts"
down_revision = "0040_edited_listings"


def upgrade() -> None:
    """A few rows of those that an operator has touched."""
    op.execute("update projects.script set state = 'cancelled' where state = 'failed'")


def downgrade() -> None:
    """As it was."""
    op.execute("update projects.script set state = 'failed' where state = 'cancelled'")
