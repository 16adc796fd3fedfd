"""Projects, the people in them, and their shooting days."""

from alembic import op

revision = "0028_project_people"
down_revision = "0027_group_owners"

TABLES = (
    """
    create table projects.project (
        id uuid not null,
        owner_id uuid not null,
        title text not null,
        script_id uuid constraint fk_project_script_id_script references projects.script (id) on delete set null,
        created_at timestamptz not null default now(),
        constraint pk_project primary key (id)
    )
    """,
    "create index ix_project_owner on projects.project (owner_id)",
    "create index ix_project_script on projects.project (script_id)",
    """
    create table projects.member (
        project_id uuid not null constraint fk_member_project_id_project references projects.project (id) on delete cascade,
        person_id uuid not null,
        state text not null,
        since timestamptz not null default now(),
        constraint pk_member primary key (project_id, person_id)
    )
    """,
    "create index ix_member_person on projects.member (person_id)",
    """
    create table projects.shooting_day (
        id uuid not null,
        project_id uuid not null constraint fk_shooting_day_project_id_project references projects.project (id) on delete cascade,
        day date not null,
        name text not null,
        constraint pk_shooting_day primary key (id)
    )
    """,
    "create index ix_shooting_day_project on projects.shooting_day (project_id, day)",
)


def upgrade() -> None:
    """Three tables."""
    for statement in TABLES:
        op.execute(statement)


def downgrade() -> None:
    """Drops them."""
    for table in ("shooting_day", "member", "project"):
        op.execute(f"drop table projects.{table}")
