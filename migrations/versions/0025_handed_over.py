"""When a message was handed to a provider that cannot be asked twice: known before it is asked, so that a killed worker's job knows it too."""

import sqlalchemy as sa
from alembic import op

revision = "0025_handed_over"
down_revision = "0024_joined_jobs"


def upgrade() -> None:
    """One empty column."""
    op.add_column("delivery", sa.Column("handed_at", sa.DateTime(timezone=True)), schema="notifications")


def downgrade() -> None:
    """Drops it."""
    op.drop_column("delivery", "handed_at", schema="notifications")
