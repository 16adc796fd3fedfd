"""Files in conversations."""

from alembic import op

revision = "0026_attachments"
down_revision = "0025_handed_over"

TABLE = """
create table messages.attachment (
    id uuid not null,
    owner_id uuid not null,
    conversation_id uuid,
    n bigint,
    place integer not null default 0,
    kind text not null,
    media text not null,
    name text not null,
    storage_key text not null,
    size bigint not null,
    small_size integer not null default 0,
    width integer not null default 0,
    height integer not null default 0,
    created_at timestamptz not null default now(),
    constraint pk_attachment primary key (id),
    constraint uq_attachment_storage_key unique (storage_key),
    constraint fk_attachment_conversation_id_n_message foreign key (conversation_id, n)
        references messages.message (conversation_id, n) on delete cascade
)
"""
INDEXES = (
    "create index ix_attachment_message on messages.attachment (conversation_id, n)",
    "create index ix_attachment_owner_newest on messages.attachment (owner_id, created_at)",
    "create index ix_attachment_unsent on messages.attachment (created_at) where n is null",
)


def upgrade() -> None:
    """A table of its own; the bytes are in storage."""
    op.execute(TABLE)
    for index in INDEXES:
        op.execute(index)


def downgrade() -> None:
    """Drops it; the files stay in storage until they are swept."""
    op.execute("drop table messages.attachment")
