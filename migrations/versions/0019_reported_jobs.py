"""Listings that members report to the operators."""

from alembic import op

revision = "0019_reported_jobs"
down_revision = "0018_audit_by_person"

TABLE = """
create table jobs.report (
    id uuid not null,
    job_id bigint not null constraint fk_report_job_id_job references jobs.job (id) on delete cascade,
    reporter_id uuid,
    reason text not null,
    note text not null default '',
    created_at timestamptz not null default now(),
    decision text,
    decided_by uuid,
    decided_at timestamptz,
    constraint pk_report primary key (id)
);
create unique index uq_report_open on jobs.report (job_id, reporter_id) where decision is null;
create index ix_report_job_id on jobs.report (job_id);
create index ix_report_reporter on jobs.report (reporter_id)
"""


def upgrade() -> None:
    """The table, with one open report for each person and post."""
    for statement in TABLE.split(";\n"):
        op.execute(statement)


def downgrade() -> None:
    """Drops it."""
    op.execute("drop table jobs.report")
