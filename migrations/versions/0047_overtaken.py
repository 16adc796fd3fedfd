"""When a later event overtook what a notice told, and from where on a conversation is told again after it was muted.

The former program goes on sending the one, and stays silent about the other.
"""

from alembic import op

revision = "0047_overtaken"
down_revision = "0046_code_parts"


def upgrade() -> None:
    """Two columns."""
    op.execute("set local lock_timeout = '2s'")
    op.execute("alter table notifications.notice add column overtaken_at timestamptz")
    op.execute("alter table messages.member add column unmuted_n bigint not null default 0")


def downgrade() -> None:
    """Drops them."""
    op.execute("alter table messages.member drop column unmuted_n")
    op.execute("alter table notifications.notice drop column overtaken_at")
