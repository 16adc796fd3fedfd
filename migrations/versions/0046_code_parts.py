"""What a day's codes by SMS cost, by the parts of the day's money; the former program goes on counting the whole."""

from alembic import op

revision = "0046_code_parts"
down_revision = "0045_apart_changed"


def upgrade() -> None:
    """Three columns."""
    op.execute("set local lock_timeout = '2s'")
    op.execute(
        "alter table users.code_spend add column joining_kobo bigint not null default 0, "
        "add column recovery_kobo bigint not null default 0, add column signing_in_kobo bigint not null default 0"
    )


def downgrade() -> None:
    """Drops them."""
    op.execute("alter table users.code_spend drop column joining_kobo, drop column recovery_kobo, drop column signing_in_kobo")
