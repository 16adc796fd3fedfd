"""Suggestions while typing, and saved searches with what they matched."""

import sqlalchemy as sa
from alembic import op

revision = "0011_saved_searches"
down_revision = "0010_job_titles"
FILL = """
insert into platform.pgqueuer (priority, entrypoint, payload, status) select 0, 'jobs.suggest', '{}', 'queued'
where exists (select 1 from jobs.job)
"""


def upgrade() -> None:
    """Four tables; listings that are there already are counted by a job, batch after batch."""
    op.create_table(
        "suggested",
        sa.Column("job_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("terms", sa.ARRAY(sa.Text), nullable=False),
        sa.PrimaryKeyConstraint("job_id", name="pk_suggested"),
        schema="jobs",
    )
    op.create_table(
        "suggestion",
        sa.Column("term", sa.Text(collation="C"), nullable=False),
        sa.Column("slot", sa.SmallInteger, nullable=False, autoincrement=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("jobs", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("term", "slot", name="pk_suggestion"),
        schema="jobs",
    )
    saved_searches()
    op.execute(FILL)


def saved_searches() -> None:
    """The searches, and whom they told of which listing."""
    op.create_table(
        "saved_search",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("terms", sa.ARRAY(sa.Text), nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("pay_min", sa.BigInteger),
        sa.Column("pay_max", sa.BigInteger),
        sa.Column("by_mail", sa.Boolean, nullable=False),
        sa.Column("stop_token", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_saved_search"),
        sa.UniqueConstraint("person_id", "question", name="uq_saved_search_person_id_question"),
        sa.UniqueConstraint("stop_token", name="uq_saved_search_stop_token"),
        schema="jobs",
    )
    op.create_index("ix_saved_search_key", "saved_search", ["key"], schema="jobs")
    op.create_table(
        "search_match",
        sa.Column("job_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("search_id", sa.Uuid, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("job_id", "person_id", name="pk_search_match"),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.job.id"], name="fk_search_match_job_id_job", ondelete="CASCADE"),
        schema="jobs",
    )
    op.create_index("ix_search_match_person", "search_match", ["person_id"], schema="jobs")


def downgrade() -> None:
    """Drops all four."""
    for table in ("search_match", "saved_search", "suggestion", "suggested"):
        op.drop_table(table, schema="jobs")
