"""An index that finds the operators, who are told when something is wrong, among all people."""

from alembic import op

revision = "0036_operators"
down_revision = "0035_alerts"


def upgrade() -> None:
    """Built beside the writers; one that a failed attempt has left unfinished is dropped first."""
    with op.get_context().autocommit_block():
        op.execute("drop index concurrently if exists users.ix_person_operator")
        op.execute("create index concurrently ix_person_operator on users.person (id) where operator")


def downgrade() -> None:
    """Drops it beside the writers."""
    with op.get_context().autocommit_block():
        op.execute("drop index concurrently if exists users.ix_person_operator")
