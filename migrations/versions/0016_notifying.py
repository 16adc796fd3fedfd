"""What became of each notice on each channel, what people chose, their browsers, and what a day may cost."""

import sqlalchemy as sa
from alembic import op

revision = "0016_notifying"
down_revision = "0015_live"

SCHEMA = "notifications"
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Two empty columns and seven tables; indexes on notices are built while people read."""
    op.add_column("notice", sa.Column("confirmed_at", MOMENT), schema=SCHEMA)
    op.add_column("notice", sa.Column("sender_id", sa.Uuid), schema=SCHEMA)
    deliveries()
    habits()
    money()
    with op.get_context().autocommit_block():
        op.create_index(
            "ix_notice_sender", "notice", ["sender_id", "id"], schema=SCHEMA, postgresql_where=sa.text("sender_id is not null"),
            postgresql_concurrently=True, if_not_exists=True,
        )  # fmt: skip
        op.create_index(
            "ix_notice_unread", "notice", ["person_id"], schema=SCHEMA, postgresql_where=sa.text("read_at is null"),
            postgresql_concurrently=True, if_not_exists=True,
        )  # fmt: skip


def deliveries() -> None:
    """One row a notice and channel."""
    op.create_table(
        "delivery",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("notice_id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("event_id", sa.Uuid, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("kind", "channel", "state")),
        *(sa.Column(name, sa.Text, server_default="", nullable=False) for name in ("reason", "provider_id", "address_key")),
        sa.Column("parts", sa.SmallInteger, server_default="0", nullable=False),
        sa.Column("cost_kobo", sa.BigInteger, server_default="0", nullable=False),
        sa.Column("tries", sa.SmallInteger, server_default="0", nullable=False),
        sa.Column("created_at", MOMENT, server_default=sa.func.now(), nullable=False),
        *(sa.Column(name, MOMENT) for name in ("due_at", "sent_at", "delivered_at", "opened_at", "confirmed_at")),
        sa.Column("changed_at", MOMENT, server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_delivery"),
        sa.UniqueConstraint("event_id", "person_id", "kind", "channel", name="uq_delivery_event_id_person_id_kind_channel"),
        sa.ForeignKeyConstraint(["notice_id"], ["notifications.notice.id"], name="fk_delivery_notice_id_notice", ondelete="CASCADE"),
        schema=SCHEMA,
    )
    for name, columns, where in (
        ("notice", ["notice_id"], None),
        ("person_channel", ["person_id", "channel", "created_at"], None),
        ("provider", ["channel", "provider_id"], "provider_id <> ''"),
        ("address", ["address_key", "created_at"], "address_key <> ''"),
        ("waiting", ["created_at"], "channel = 'call' and state = 'queued'"),
        ("created", ["created_at"], None),
    ):
        op.create_index(f"ix_delivery_{name}", "delivery", columns, schema=SCHEMA, postgresql_where=sa.text(where) if where else None)


def habits() -> None:
    """What people chose, and where they can be pushed to."""
    op.create_table(
        "preference",
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        *(sa.Column(name, sa.SmallInteger, nullable=False) for name in ("digest_hour", "quiet_from", "quiet_until")),
        sa.PrimaryKeyConstraint("person_id", name="pk_preference"),
        schema=SCHEMA,
    )
    op.create_table(
        "choice",
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("is_on", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("person_id", "kind", "channel", name="pk_choice"),
        schema=SCHEMA,
    )
    op.create_table(
        "push_device",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("endpoint", "p256dh", "auth", "label")),
        sa.Column("created_at", MOMENT, server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_push_device"),
        sa.UniqueConstraint("endpoint", name="uq_push_device_endpoint"),
        schema=SCHEMA,
    )
    op.create_index("ix_push_device_person", "push_device", ["person_id"], schema=SCHEMA)
    op.create_table(
        "chat_window",
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("heard_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("person_id", name="pk_chat_window"),
        schema=SCHEMA,
    )


def money() -> None:
    """Addresses not to be tried again, and what a day has cost."""
    op.create_table(
        "blocked_address",
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("address_key", sa.Text, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at", MOMENT, server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "address_key", name="pk_blocked_address"),
        schema=SCHEMA,
    )
    op.create_index("ix_blocked_address_person", "blocked_address", ["person_id"], schema=SCHEMA)
    op.create_table(
        "spend",
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("kobo", sa.BigInteger, nullable=False),
        sa.Column("alarmed_at", MOMENT),
        sa.PrimaryKeyConstraint("day", "scope", name="pk_spend"),
        schema=SCHEMA,
    )


def downgrade() -> None:
    """Drops them all."""
    for table in ("spend", "blocked_address", "chat_window", "push_device", "choice", "preference", "delivery"):
        op.drop_table(table, schema=SCHEMA)
    op.drop_index("ix_notice_unread", "notice", schema=SCHEMA)
    op.drop_index("ix_notice_sender", "notice", schema=SCHEMA)
    op.drop_column("notice", "sender_id", schema=SCHEMA)
    op.drop_column("notice", "confirmed_at", schema=SCHEMA)
