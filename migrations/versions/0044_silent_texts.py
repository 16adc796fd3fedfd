"""What somebody changes through a block: their own message, a group's name and their read mark, for whom it does not reach."""

from alembic import op

revision = "0044_silent_texts"
down_revision = "0043_code_spend"

TABLE = """
create table messages.silent_text (
    conversation_id uuid not null,
    n bigint not null,
    text text not null,
    search_text text not null,
    search tsvector generated always as (to_tsvector('simple'::regconfig, search_text)) stored,
    edited_at timestamptz not null default now(),
    constraint pk_silent_text primary key (conversation_id, n),
    constraint fk_silent_text_conversation_id_n_message foreign key (conversation_id, n)
        references messages.message (conversation_id, n) on delete cascade
)
"""


def upgrade() -> None:
    """An empty table and two empty columns."""
    op.execute("set local lock_timeout = '2s'")
    op.execute("set local statement_timeout = '60s'")
    op.execute(TABLE)
    op.execute("create index ix_silent_text_search on messages.silent_text using gin (search)")
    op.execute("alter table messages.member add column called text, add column shown_n bigint")


def downgrade() -> None:
    """Drops them."""
    op.execute("alter table messages.member drop column shown_n, drop column called")
    op.execute("drop table messages.silent_text")
