"""Whoever hid whether they are free has the date hidden too, which nobody was shown before and which has a setting of its own now."""

from alembic import op

revision = "0020_available_from"
down_revision = "0019_reported_jobs"


def upgrade() -> None:
    """The same setting for both, where there is a date and the other is hidden."""
    op.execute(
        "update users.profile set visibility = visibility || jsonb_build_object('available_from', visibility->'availability') "
        "where available_from is not null and visibility ? 'availability'"
    )


def downgrade() -> None:
    """Takes the setting away, which the former program knows nothing of."""
    op.execute("update users.profile set visibility = visibility - 'available_from' where visibility ? 'available_from'")
