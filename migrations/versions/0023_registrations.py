"""What somebody registered with goes with the code sent for it, so that confirming sets that password and no other."""

import sqlalchemy as sa
from alembic import op

revision = "0023_registrations"
down_revision = "0022_found_people"


def upgrade() -> None:
    """Two columns, empty in codes that set a new password and in those sent before."""
    op.add_column("secret", sa.Column("name", sa.Text), schema="users")
    op.add_column("secret", sa.Column("password_hash", sa.Text), schema="users")


def downgrade() -> None:
    """Drops them."""
    op.drop_column("secret", "password_hash", schema="users")
    op.drop_column("secret", "name", schema="users")
