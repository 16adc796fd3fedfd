"""Scripts and their scene headings."""

import sqlalchemy as sa
from alembic import op

revision = "0007_projects"
down_revision = "0006_queue"


def upgrade() -> None:
    """Two tables; scenes go with their script."""
    op.create_table(
        "script",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("owner_id", sa.Uuid, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("storage_key", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, server_default="waiting", nullable=False),
        sa.Column("problem", sa.Text, server_default="", nullable=False),
        sa.Column("job_id", sa.BigInteger),
        sa.Column("scene_count", sa.Integer, server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_script"),
        schema="projects",
    )
    op.create_index("ix_script_owner_newest", "script", ["owner_id", "id"], schema="projects")
    op.create_table(
        "scene",
        sa.Column("script_id", sa.Uuid, nullable=False),
        sa.Column("n", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("line", sa.Integer, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("heading", sa.Text, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("set_name", sa.Text, nullable=False),
        sa.Column("time", sa.Text, nullable=False),
        sa.Column("light", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("script_id", "n", name="pk_scene"),
        sa.ForeignKeyConstraint(["script_id"], ["projects.script.id"], name="fk_scene_script_id_script", ondelete="CASCADE"),
        schema="projects",
    )


def downgrade() -> None:
    """Drops both."""
    op.drop_table("scene", schema="projects")
    op.drop_table("script", schema="projects")
