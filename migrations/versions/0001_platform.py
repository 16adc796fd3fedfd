"""The ground: schemas, default rights of the roles, events, effects, keys, audit, mailbox and the queue."""

from alembic import op
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment
from pgqueuer.domain.settings import DBSettings
from sqlalchemy.util import await_only

revision = "0001_platform"
down_revision = None

SCHEMAS = ["platform", "users", "jobs", "projects", "payments", "notifications", "messages", "analytics", "ai", "scaling"]
APP = "nollycrewhub_app"
READER = "nollycrewhub_reader"

TABLES = """
create table platform.event (
    id uuid primary key,
    name text not null,
    aggregate_id text not null,
    version bigint not null,
    at timestamptz not null,
    body jsonb not null
);
create index ix_event_aggregate on platform.event (aggregate_id, version);
create index ix_event_at on platform.event (at);
create table platform.effect (
    consumer text not null,
    event_id uuid not null,
    aggregate_id text not null,
    version bigint not null,
    at timestamptz not null default now(),
    primary key (consumer, event_id)
);
create index ix_effect_aggregate on platform.effect (consumer, aggregate_id, version);
create index ix_effect_at on platform.effect (at);
create table platform.idempotency (
    caller text not null,
    key text not null,
    fingerprint bytea not null,
    status int not null,
    headers jsonb not null,
    body bytea not null,
    created_at timestamptz not null default now(),
    primary key (caller, key)
);
create index ix_idempotency_created on platform.idempotency (created_at);
create table platform.audit (
    id uuid primary key,
    actor uuid,
    action text not null,
    subject text not null,
    detail jsonb not null,
    at timestamptz not null default now()
);
create index ix_audit_at on platform.audit (at);
create table platform.mailbox (
    id uuid primary key,
    channel text not null,
    recipient text not null,
    subject text not null,
    text text not null,
    at timestamptz not null default now()
);
create index ix_mailbox_at on platform.mailbox (at);
"""


FORGET_EVENTS = """
create function platform.forget_old_events() returns bigint language sql security definer
set search_path = pg_catalog, platform as $$
    with gone as (
        delete from platform.event where id in (
            select id from platform.event where at < now() - interval '90 days' limit 5000
        ) returning 1
    )
    select count(*) from gone
$$
"""


def statements(sql: str) -> list[str]:
    """Split where a line ends with a semicolon; none of our table definitions has one inside."""
    return [part.strip() for part in sql.split(";\n") if part.strip()]


def upgrade() -> None:
    """Everything later stands on this."""
    for schema in SCHEMAS:
        op.execute(f"create schema if not exists {schema}")
        op.execute(f"grant usage on schema {schema} to {APP}, {READER}")
        op.execute(f"alter default privileges in schema {schema} grant select, insert, update, delete on tables to {APP}")
        op.execute(f"alter default privileges in schema {schema} grant usage, select on sequences to {APP}")
        op.execute(f"alter default privileges in schema {schema} grant select on tables to {READER}")
    for statement in statements(TABLES):
        op.execute(statement)
    op.execute(f"revoke update, delete on platform.event, platform.audit from {APP}")
    op.execute(FORGET_EVENTS)
    op.execute("revoke all on function platform.forget_old_events() from public")
    op.execute(f"grant execute on function platform.forget_old_events() to {APP}")
    install = QueryBuilderEnvironment(settings=DBSettings(db_schema="platform")).build_install_query(create_schema=False)
    run_script(install)


def run_script(script: str) -> None:
    """Runs a script of many statements on the raw asyncpg connection, inside this transaction."""
    adapted = op.get_bind().connection.dbapi_connection
    assert adapted is not None
    await_only(adapted.driver_connection.execute(script))


def downgrade() -> None:
    """Drops it all."""
    for schema in SCHEMAS:
        op.execute(f"drop schema if exists {schema} cascade")
