"""Tables of the schema `messages`. `changed` is the transaction that last touched a row; a trigger sets it, and delta sync reads it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Computed,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from nollycrewhub.platform.db import Base

SCHEMA = "messages"
COMMON = {"personal": False}
PERSONAL = {"personal": True}
MOMENT = DateTime(timezone=True)
CONVERSATION = "messages.conversation.id"
SEARCH = "to_tsvector('simple'::regconfig, search_text)"
NOW = func.now()
FALSE = text("false")
ZERO = text("0")


class Conversation(Base):
    """People who write to each other. `key` is the same for the same pair, or for the same application."""

    __tablename__ = "conversation"
    __table_args__ = (
        UniqueConstraint("key"),
        Index("ix_conversation_project", "project_id", postgresql_where=text("project_id is not null")),
        {"schema": SCHEMA},
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, info=COMMON)
    kind: Mapped[str] = mapped_column(Text, info=COMMON)
    key: Mapped[str] = mapped_column(Text, info=PERSONAL)
    about_id: Mapped[str] = mapped_column(Text, server_default=text("''"), info=COMMON)
    title: Mapped[str] = mapped_column(Text, server_default=text("''"), info=PERSONAL)
    created_by: Mapped[UUID | None] = mapped_column(Uuid, info=PERSONAL)
    created_at: Mapped[datetime] = mapped_column(MOMENT, server_default=NOW, info=COMMON)
    owner_id: Mapped[UUID | None] = mapped_column(Uuid, info=PERSONAL)
    project_id: Mapped[UUID | None] = mapped_column(Uuid, info=COMMON)
    last_n: Mapped[int] = mapped_column(BigInteger, server_default=ZERO, info=COMMON)
    frozen_at: Mapped[datetime | None] = mapped_column(MOMENT, info=COMMON)
    changed: Mapped[int] = mapped_column(BigInteger, server_default=ZERO, info=COMMON)


class Member(Base):
    """Where one person stands in one conversation: they see the messages after `from_n` and up to `until_n`.

    `called` is what the group is called to them, where its later names come from somebody they are apart from by a block;
    `shown_n` the read mark as the other of two sees it, where it has moved since a block.
    """

    __tablename__ = "member"
    __table_args__ = (
        Index("ix_member_person", "person_id"),
        Index("ix_member_asked_by", "asked_by", postgresql_where=text("asked_by is not null")),
        {"schema": SCHEMA},
    )

    conversation_id: Mapped[UUID] = mapped_column(ForeignKey(CONVERSATION, ondelete="CASCADE"), primary_key=True, info=COMMON)
    person_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, info=PERSONAL)
    state: Mapped[str] = mapped_column(Text, info=PERSONAL)
    asked_by: Mapped[UUID | None] = mapped_column(Uuid, info=PERSONAL)
    from_n: Mapped[int] = mapped_column(BigInteger, server_default=ZERO, info=COMMON)
    until_n: Mapped[int | None] = mapped_column(BigInteger, info=COMMON)
    read_n: Mapped[int] = mapped_column(BigInteger, server_default=ZERO, info=PERSONAL)
    called: Mapped[str | None] = mapped_column(Text, info=PERSONAL)
    shown_n: Mapped[int | None] = mapped_column(BigInteger, info=PERSONAL)
    muted: Mapped[bool] = mapped_column(Boolean, server_default=FALSE, info=PERSONAL)
    unmuted_n: Mapped[int] = mapped_column(BigInteger, server_default=text("0"), info=PERSONAL)
    archived: Mapped[bool] = mapped_column(Boolean, server_default=FALSE, info=PERSONAL)
    since: Mapped[datetime] = mapped_column(MOMENT, server_default=NOW, info=COMMON)
    changed: Mapped[int] = mapped_column(BigInteger, server_default=ZERO, info=COMMON)


class Message(Base):
    """One message. A silent one was written to somebody who had blocked its author: its author alone sees it."""

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("author_id", "client_id"),
        Index("ix_message_changed", "conversation_id", "changed"),
        Index("ix_message_search", "search", postgresql_using="gin"),
        {"schema": SCHEMA},
    )

    conversation_id: Mapped[UUID] = mapped_column(ForeignKey(CONVERSATION, ondelete="CASCADE"), primary_key=True, info=COMMON)
    n: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, info=COMMON)
    author_id: Mapped[UUID | None] = mapped_column(Uuid, info=PERSONAL)
    client_id: Mapped[UUID] = mapped_column(Uuid, info=COMMON)
    text: Mapped[str] = mapped_column(Text, info=PERSONAL)
    silent: Mapped[bool] = mapped_column(Boolean, server_default=FALSE, info=COMMON)
    sent_at: Mapped[datetime] = mapped_column(MOMENT, server_default=NOW, info=COMMON)
    edited_at: Mapped[datetime | None] = mapped_column(MOMENT, info=COMMON)
    deleted_at: Mapped[datetime | None] = mapped_column(MOMENT, info=COMMON)
    search_text: Mapped[str] = mapped_column(Text, info=PERSONAL)
    search: Mapped[str] = mapped_column(TSVECTOR, Computed(SEARCH, persisted=True), deferred=True, info=PERSONAL)
    changed: Mapped[int] = mapped_column(BigInteger, server_default=ZERO, info=COMMON)


class Attachment(Base):
    """A file that somebody has sent, or is about to send: until its message is there it has no `n`. The bytes are in storage."""

    __tablename__ = "attachment"
    __table_args__ = (
        ForeignKeyConstraint(["conversation_id", "n"], ["messages.message.conversation_id", "messages.message.n"], ondelete="CASCADE"),
        UniqueConstraint("storage_key"),
        Index("ix_attachment_message", "conversation_id", "n"),
        Index("ix_attachment_owner_newest", "owner_id", "created_at"),
        Index("ix_attachment_unsent", "created_at", postgresql_where=text("n is null")),
        {"schema": SCHEMA},
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, info=COMMON)
    owner_id: Mapped[UUID] = mapped_column(Uuid, info=PERSONAL)
    conversation_id: Mapped[UUID | None] = mapped_column(Uuid, info=COMMON)
    n: Mapped[int | None] = mapped_column(BigInteger, info=COMMON)
    place: Mapped[int] = mapped_column(Integer, server_default=ZERO, info=COMMON)
    kind: Mapped[str] = mapped_column(Text, info=COMMON)
    media: Mapped[str] = mapped_column(Text, info=COMMON)
    name: Mapped[str] = mapped_column(Text, info=PERSONAL)
    storage_key: Mapped[str] = mapped_column(Text, info=COMMON)
    size: Mapped[int] = mapped_column(BigInteger, info=COMMON)
    small_size: Mapped[int] = mapped_column(Integer, server_default=ZERO, info=COMMON)
    width: Mapped[int] = mapped_column(Integer, server_default=ZERO, info=COMMON)
    height: Mapped[int] = mapped_column(Integer, server_default=ZERO, info=COMMON)
    created_at: Mapped[datetime] = mapped_column(MOMENT, server_default=NOW, info=COMMON)


class FormerText(Base):
    """What a message said before it was edited or deleted: for operators with a report, and for its author's export."""

    __tablename__ = "former_text"
    __table_args__ = (
        ForeignKeyConstraint(["conversation_id", "n"], ["messages.message.conversation_id", "messages.message.n"], ondelete="CASCADE"),
        {"schema": SCHEMA},
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, info=COMMON)
    conversation_id: Mapped[UUID] = mapped_column(Uuid, info=COMMON)
    n: Mapped[int] = mapped_column(BigInteger, info=COMMON)
    text: Mapped[str] = mapped_column(Text, info=PERSONAL)
    until: Mapped[datetime] = mapped_column(MOMENT, server_default=NOW, info=COMMON)


class SilentText(Base):
    """What a message says to its author alone, who changed it while the other of two had blocked them."""

    __tablename__ = "silent_text"
    __table_args__ = (
        ForeignKeyConstraint(["conversation_id", "n"], ["messages.message.conversation_id", "messages.message.n"], ondelete="CASCADE"),
        Index("ix_silent_text_search", "search", postgresql_using="gin"),
        {"schema": SCHEMA},
    )

    conversation_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, info=COMMON)
    n: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, info=COMMON)
    text: Mapped[str] = mapped_column(Text, info=PERSONAL)
    search_text: Mapped[str] = mapped_column(Text, info=PERSONAL)
    search: Mapped[str] = mapped_column(TSVECTOR, Computed(SEARCH, persisted=True), deferred=True, info=PERSONAL)
    edited_at: Mapped[datetime] = mapped_column(MOMENT, server_default=NOW, info=COMMON)


class Block(Base):
    """Nothing comes through between these two, and neither is told."""

    __tablename__ = "block"
    __table_args__ = (Index("ix_block_blocked", "blocked_id"), {"schema": SCHEMA})

    person_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, info=PERSONAL)
    blocked_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, info=PERSONAL)
    since: Mapped[datetime] = mapped_column(MOMENT, server_default=NOW, info=COMMON)


class Report(Base):
    """Somebody asks an operator to look at messages of one other person."""

    __tablename__ = "report"
    __table_args__ = (
        Index("ix_report_waiting", "id", postgresql_where=text("decision is null")),
        Index("ix_report_reported", "reported_id"),
        Index("ix_report_frozen", "id", postgresql_where=text("decision = 'freeze'")),
        {"schema": SCHEMA},
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, info=COMMON)
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey(CONVERSATION, ondelete="CASCADE"), info=COMMON)
    reporter_id: Mapped[UUID | None] = mapped_column(Uuid, info=PERSONAL)
    reported_id: Mapped[UUID | None] = mapped_column(Uuid, info=PERSONAL)
    reason: Mapped[str] = mapped_column(Text, info=COMMON)
    note: Mapped[str] = mapped_column(Text, info=PERSONAL)
    created_at: Mapped[datetime] = mapped_column(MOMENT, server_default=NOW, info=COMMON)
    decision: Mapped[str | None] = mapped_column(Text, info=COMMON)
    decided_by: Mapped[UUID | None] = mapped_column(Uuid, info=PERSONAL)
    decided_at: Mapped[datetime | None] = mapped_column(MOMENT, info=COMMON)


class Reported(Base):
    """One of the messages a report shows."""

    __tablename__ = "reported"
    __table_args__ = ({"schema": SCHEMA},)

    report_id: Mapped[UUID] = mapped_column(ForeignKey("messages.report.id", ondelete="CASCADE"), primary_key=True, info=COMMON)
    n: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, info=COMMON)


class Choice(Base):
    """Whether the people one writes with see when one was last here, and when that was, to the minute."""

    __tablename__ = "choice"
    __table_args__ = ({"schema": SCHEMA},)

    person_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, info=PERSONAL)
    presence: Mapped[str] = mapped_column(Text, server_default=text("'talks'"), info=PERSONAL)
    seen_at: Mapped[datetime | None] = mapped_column(MOMENT, info=PERSONAL)
    apart_changed: Mapped[int] = mapped_column(BigInteger, server_default=ZERO, info=COMMON)
