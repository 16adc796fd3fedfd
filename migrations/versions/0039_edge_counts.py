"""What the edge in front has answered, span after span, as its provider counts it."""

from alembic import op

revision = "0039_edge_counts"
down_revision = "0038_first_due"

TABLE = """
create table platform.edge_count (
    since timestamptz primary key,
    until timestamptz not null,
    hits bigint not null,
    misses bigint not null,
    passed bigint not null
)
"""


def upgrade() -> None:
    """A row a span; none where no edge is asked."""
    op.execute(TABLE)


def downgrade() -> None:
    """Forgets them."""
    op.execute("drop table platform.edge_count")
