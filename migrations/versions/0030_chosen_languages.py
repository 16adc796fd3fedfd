"""Whether a person chose the language of their account, or it is the one of the page they joined on."""

from alembic import op

revision = "0030_chosen_languages"
down_revision = "0029_rooms"


def upgrade() -> None:
    """A constant default: the table is not rewritten."""
    op.execute("alter table users.person add column locale_chosen boolean not null default false")


def downgrade() -> None:
    """Forgets who chose."""
    op.execute("alter table users.person drop column locale_chosen")
