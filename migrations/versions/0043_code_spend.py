"""What a day's codes by SMS cost: they have a cap of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0043_code_spend"
down_revision = "0042_early_reports"


def upgrade() -> None:
    """One table of one row a day."""
    op.create_table(
        "code_spend",
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("kobo", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_code_spend"),
        schema="users",
    )


def downgrade() -> None:
    """Drops it."""
    op.drop_table("code_spend", schema="users")
