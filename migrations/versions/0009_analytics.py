"""Daily counts, and how late effects of events were."""

import sqlalchemy as sa
from alembic import op

revision = "0009_analytics"
down_revision = "0008_search_statistics"


def upgrade() -> None:
    """Two tables of sums."""
    op.execute(
        "create table platform.event_lag (consumer text not null, bucket smallint not null, felt bigint not null, "
        "seconds float8 not null, primary key (consumer, bucket))"
    )
    op.create_table(
        "daily",
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("fact", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("region", sa.Text, nullable=False),
        sa.Column("slot", sa.SmallInteger, nullable=False, autoincrement=False),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.Column("newest_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("day", "fact", "kind", "state", "region", "slot", name="pk_daily"),
        schema="analytics",
    )


def downgrade() -> None:
    """Drops both."""
    op.execute("drop table platform.event_lag")
    op.drop_table("daily", schema="analytics")
