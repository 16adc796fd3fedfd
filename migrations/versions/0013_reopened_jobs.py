"""When a listing was reopened, so that whom its closing declined may apply again; and which text an operator released."""

from alembic import op

revision = "0013_reopened_jobs"
down_revision = "0012_shelved_jobs"


def upgrade() -> None:
    """What was released before has no mark, so its next change is read once more."""
    op.execute("alter table jobs.job add column reopened_at timestamptz")
    op.execute("alter table jobs.review add column released_text text not null default ''")


def downgrade() -> None:
    """Drops both."""
    op.execute("alter table jobs.job drop column reopened_at")
    op.execute("alter table jobs.review drop column released_text")
