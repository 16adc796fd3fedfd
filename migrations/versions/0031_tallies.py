"""What workers count, for the figures of web processes."""

from alembic import op

revision = "0031_tallies"
down_revision = "0030_chosen_languages"


def upgrade() -> None:
    """A row for each counter and its labels."""
    op.execute(
        "create table platform.tally (counter text not null, labels text[] not null, total bigint not null, "
        "constraint pk_tally primary key (counter, labels))"
    )


def downgrade() -> None:
    """Drops it."""
    op.execute("drop table platform.tally")
