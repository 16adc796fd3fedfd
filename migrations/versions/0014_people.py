"""Finding a profile by its photo, which is asked before a photo is served; and why an account was closed."""

from alembic import op

revision = "0014_people"
down_revision = "0013_reopened_jobs"


def upgrade() -> None:
    """The column is empty for accounts closed before; the index is built beside the writers."""
    op.execute("alter table users.person add column banned_reason text not null default ''")
    with op.get_context().autocommit_block():
        op.execute("drop index concurrently if exists users.ix_profile_photo")
        op.execute("create index concurrently ix_profile_photo on users.profile (photo_key) where photo_key is not null")


def downgrade() -> None:
    """Drops both."""
    with op.get_context().autocommit_block():
        op.execute("drop index concurrently if exists users.ix_profile_photo")
    op.execute("alter table users.person drop column banned_reason")
