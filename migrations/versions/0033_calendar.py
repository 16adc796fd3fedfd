"""The calendar that operators keep: its events, the plan's own three to begin with."""

from alembic import op

revision = "0033_calendar"
down_revision = "0032_scaling"

TABLE = """
create table scaling.event (
    id bigint generated always as identity constraint pk_event primary key, name text not null, first date not null, last date not null,
    yearly boolean not null, factor double precision not null, tenfold boolean not null, prewarm_minutes integer not null,
    version integer not null, changed timestamptz not null default now(),
    constraint ck_event_ends check (last >= first), constraint ck_event_factor check (factor >= 1 and factor <= 100),
    constraint ck_event_prewarm check (prewarm_minutes >= 0 and prewarm_minutes <= 10080),
    constraint uq_event_name_first_last_yearly unique (name, first, last, yearly)
)
"""
PLAN = """
insert into scaling.event (name, first, last, yearly, factor, tenfold, prewarm_minutes, version) values
    ('AMVCA', '2026-05-01', '2026-05-31', true, 2, false, 30, 1), ('AFRIFF', '2026-10-01', '2026-10-31', true, 2, false, 30, 1),
    ('Award season', '2026-12-01', '2026-12-31', true, 2, false, 30, 1)
"""


def upgrade() -> None:
    """A table, and its rows."""
    op.execute(TABLE)
    op.execute(PLAN)


def downgrade() -> None:
    """Drops it; what was changed stays in the audit trail."""
    op.execute("drop table scaling.event")
