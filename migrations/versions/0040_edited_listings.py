"""What saved searches were last asked with of a listing that was edited since."""

import sqlalchemy as sa
from alembic import op

revision = "0040_edited_listings"
down_revision = "0039_edge_counts"


def upgrade() -> None:
    """One table; a listing that nobody edits has no row."""
    op.create_table(
        "asked",
        sa.Column("job_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("terms", sa.ARRAY(sa.Text)),
        sa.Column("pay", sa.BigInteger),
        sa.PrimaryKeyConstraint("job_id", name="pk_asked"),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.job.id"], name="fk_asked_job_id_job", ondelete="CASCADE"),
        schema="jobs",
    )


def downgrade() -> None:
    """Drops it."""
    op.drop_table("asked", schema="jobs")
