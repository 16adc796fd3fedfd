"""The in-app list of notices."""

import sqlalchemy as sa
from alembic import op

revision = "0004_notifications"
down_revision = "0003_jobs"


def upgrade() -> None:
    """One table; the unique triple is what makes a repeated event harmless."""
    op.create_table(
        "notice",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("link", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_notice"),
        sa.UniqueConstraint("person_id", "event_id", "kind", name="uq_notice_person_id_event_id_kind"),
        schema="notifications",
    )
    op.create_index("ix_notice_person_newest", "notice", ["person_id", "id"], schema="notifications")


def downgrade() -> None:
    """Drops it."""
    op.drop_table("notice", schema="notifications")
