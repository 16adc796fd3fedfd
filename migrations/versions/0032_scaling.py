"""What the scaler sees and decides: who leads, each look, each decision with its reasons, and incidents."""

from alembic import op

revision = "0032_scaling"
down_revision = "0031_tallies"

TABLES = (
    """
    create table scaling.term (
        id bigint generated always as identity constraint pk_term primary key, leader text not null, began timestamptz not null default now()
    )
    """,
    """
    create table scaling.look (
        id bigint generated always as identity constraint pk_look primary key, term bigint not null, at timestamptz not null,
        sample jsonb not null, figures jsonb not null, web_wish integer not null, workers_wish integer not null
    )
    """,
    "create index ix_look_at on scaling.look (at)",
    """
    create table scaling.decision (
        id bigint generated always as identity constraint pk_decision primary key, term bigint not null, at timestamptz not null,
        until timestamptz not null, looks integer not null, web_before integer not null, workers_before integer not null,
        web integer not null, workers integer not null, actions text[] not null, reasons text[] not null, sample jsonb not null,
        outcome text not null
    )
    """,
    "create index ix_decision_until on scaling.decision (until)",
    """
    create table scaling.incident (
        id bigint generated always as identity constraint pk_incident primary key, action text not null, what text not null,
        decision bigint not null, opened timestamptz not null, closed timestamptz
    )
    """,
    "create unique index uq_incident_open on scaling.incident (action) where closed is null",
)


def upgrade() -> None:
    """Four tables; none is about a person."""
    for statement in TABLES:
        op.execute(statement)


def downgrade() -> None:
    """Drops them."""
    op.execute("drop table scaling.incident, scaling.decision, scaling.look, scaling.term")
