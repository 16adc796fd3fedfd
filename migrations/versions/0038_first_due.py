"""A job that waits for another try knows since when it has been due, so that pauses between tries do not make it young again."""

from alembic import op

revision = "0038_first_due"
down_revision = "0037_forgotten_states"


def upgrade() -> None:
    """Empty until a job is put back; what waits between two tries now is counted from its next one on."""
    op.execute("alter table platform.pgqueuer add column first_due timestamptz")


def downgrade() -> None:
    """Forgets it."""
    op.execute("alter table platform.pgqueuer drop column first_due")
