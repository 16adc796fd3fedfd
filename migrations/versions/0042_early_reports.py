"""Reports that come before the name they are about, and when WhatsApp took no free text any more."""

import sqlalchemy as sa
from alembic import op

revision = "0042_early_reports"
down_revision = "0041_cancelled_scripts"


def upgrade() -> None:
    """One table, and a column that is empty until a window closes."""
    op.create_table(
        "early_report",
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("provider_id", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("channel", "provider_id", "state", name="pk_early_report"),
        schema="notifications",
    )
    op.add_column("delivery", sa.Column("window_closed_at", sa.DateTime(timezone=True)), schema="notifications")


def downgrade() -> None:
    """Drops both."""
    op.drop_column("delivery", "window_closed_at", schema="notifications")
    op.drop_table("early_report", schema="notifications")
