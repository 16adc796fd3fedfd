"""Which project a conversation hangs on."""

from alembic import op

revision = "0029_rooms"
down_revision = "0028_project_people"


def upgrade() -> None:
    """A column that older conversations do not need."""
    op.execute("alter table messages.conversation add column project_id uuid")
    op.execute("create index ix_conversation_project on messages.conversation (project_id) where project_id is not null")


def downgrade() -> None:
    """Drops it."""
    op.execute("alter table messages.conversation drop column project_id")
