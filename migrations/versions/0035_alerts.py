"""What operators are told when something is wrong, by which channel; and which queues and consumers are in trouble since when."""

from alembic import op

revision = "0035_alerts"
down_revision = "0034_calendar_trail"

TABLES = (
    """
    create table platform.alarm (
        name text not null, key text not null, since timestamptz not null default now(), constraint pk_alarm primary key (name, key)
    )
    """,
    """
    create table notifications.alert (
        id uuid constraint pk_alert primary key, ref text not null constraint uq_alert_ref unique, subject text not null,
        title text not null, what text not null, runbook text not null, raised_at timestamptz not null, cleared_at timestamptz,
        told_at timestamptz
    )
    """,
    "create index ix_alert_subject on notifications.alert (subject, told_at)",
    "create index ix_alert_raised on notifications.alert (raised_at)",
    """
    create table notifications.alert_delivery (
        id uuid constraint pk_alert_delivery primary key,
        alert_id uuid not null constraint fk_alert_delivery_alert_id_alert references notifications.alert (id) on delete cascade,
        stage text not null, channel text not null, address_key text not null, person_id uuid, state text not null,
        reason text not null default '', cost_kobo bigint not null default 0,
        created_at timestamptz not null default now(), handed_at timestamptz, sent_at timestamptz,
        constraint uq_alert_delivery_alert_id_stage_channel_address_key unique (alert_id, stage, channel, address_key)
    )
    """,
    "create index ix_alert_delivery_person on notifications.alert_delivery (person_id) where person_id is not null",
)


def upgrade() -> None:
    """Three tables; of a person only that an operator was told."""
    for statement in TABLES:
        op.execute(statement)


def downgrade() -> None:
    """Drops them."""
    op.execute("drop table notifications.alert_delivery, notifications.alert, platform.alarm")
