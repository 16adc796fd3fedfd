"""Conversations, who is in them, messages with their former texts, blocks and reports."""

from alembic import op

revision = "0017_messages"
down_revision = "0016_notifying"

TABLES = """
create table messages.conversation (
    id uuid not null,
    kind text not null,
    key text not null,
    about_id text not null default '',
    title text not null default '',
    created_by uuid,
    created_at timestamptz not null default now(),
    last_n bigint not null default 0,
    frozen_at timestamptz,
    changed bigint not null default 0,
    constraint pk_conversation primary key (id),
    constraint uq_conversation_key unique (key)
);
create table messages.member (
    conversation_id uuid not null constraint fk_member_conversation_id_conversation references messages.conversation (id) on delete cascade,
    person_id uuid not null,
    state text not null,
    asked_by uuid,
    from_n bigint not null default 0,
    until_n bigint,
    read_n bigint not null default 0,
    muted boolean not null default false,
    archived boolean not null default false,
    since timestamptz not null default now(),
    changed bigint not null default 0,
    constraint pk_member primary key (conversation_id, person_id)
);
create index ix_member_person on messages.member (person_id);
create index ix_member_asked_by on messages.member (asked_by) where asked_by is not null;
create table messages.message (
    conversation_id uuid not null constraint fk_message_conversation_id_conversation references messages.conversation (id) on delete cascade,
    n bigint not null,
    author_id uuid,
    client_id uuid not null,
    text text not null,
    silent boolean not null default false,
    sent_at timestamptz not null default now(),
    edited_at timestamptz,
    deleted_at timestamptz,
    search_text text not null,
    search tsvector generated always as (to_tsvector('simple'::regconfig, search_text)) stored,
    changed bigint not null default 0,
    constraint pk_message primary key (conversation_id, n),
    constraint uq_message_author_id_client_id unique (author_id, client_id)
);
create index ix_message_changed on messages.message (conversation_id, changed);
create index ix_message_search on messages.message using gin (search);
create table messages.former_text (
    id uuid not null,
    conversation_id uuid not null,
    n bigint not null,
    text text not null,
    until timestamptz not null default now(),
    constraint pk_former_text primary key (id),
    constraint fk_former_text_conversation_id_n_message foreign key (conversation_id, n)
        references messages.message (conversation_id, n) on delete cascade
);
create table messages.block (
    person_id uuid not null,
    blocked_id uuid not null,
    since timestamptz not null default now(),
    constraint pk_block primary key (person_id, blocked_id)
);
create index ix_block_blocked on messages.block (blocked_id);
create table messages.report (
    id uuid not null,
    conversation_id uuid not null constraint fk_report_conversation_id_conversation references messages.conversation (id) on delete cascade,
    reporter_id uuid,
    reported_id uuid,
    reason text not null,
    note text not null,
    created_at timestamptz not null default now(),
    decision text,
    decided_by uuid,
    decided_at timestamptz,
    constraint pk_report primary key (id)
);
create index ix_report_waiting on messages.report (id) where decision is null;
create index ix_report_reported on messages.report (reported_id);
create table messages.reported (
    report_id uuid not null constraint fk_reported_report_id_report references messages.report (id) on delete cascade,
    n bigint not null,
    constraint pk_reported primary key (report_id, n)
);
create table messages.choice (
    person_id uuid not null,
    presence text not null default 'talks',
    seen_at timestamptz,
    constraint pk_choice primary key (person_id)
);
"""
NOTE = """
create function messages.note_change() returns trigger language plpgsql set search_path = pg_catalog as $$
begin
    new.changed := pg_current_xact_id()::text::bigint;
    return new;
end
$$
"""
FOLLOWED = ("conversation", "member", "message")


def upgrade() -> None:
    """All of it; one trigger notes the transaction that touched a row, so no statement can forget to."""
    for statement in TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
    op.execute(NOTE)
    for table in FOLLOWED:
        op.execute(
            f"create trigger note_change before insert or update on messages.{table} for each row execute function messages.note_change()"
        )


def downgrade() -> None:
    """Drops it all."""
    for table in ("choice", "reported", "report", "block", "former_text", "message", "member", "conversation"):
        op.execute(f"drop table messages.{table}")
    op.execute("drop function messages.note_change()")
