"""Tables of the schema `notifications`."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from nollycrewhub.platform.db import Base

SCHEMA = "notifications"
PUBLIC = {"personal": False}
PERSONAL = {"personal": True}


class Notice(Base):
    """One thing one person was told, in their list until they delete the account. `about` is whom it names, or speaks of, if anyone.

    `sender_id` is who caused it and may see whether it was seen; `overtaken_at` is when it was not so any more.
    """

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("person_id", "event_id", "kind"),
        Index("ix_notice_person_newest", "person_id", "id"),
        Index("ix_notice_about", "about", postgresql_where=text("about is not null")),
        Index("ix_notice_sender", "sender_id", "id", postgresql_where=text("sender_id is not null")),
        Index("ix_notice_unread", "person_id", postgresql_where=text("read_at is null")),
        {"schema": SCHEMA},
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, info=PUBLIC)
    person_id: Mapped[UUID] = mapped_column(Uuid, info=PERSONAL)
    event_id: Mapped[UUID] = mapped_column(Uuid, info=PUBLIC)
    kind: Mapped[str] = mapped_column(Text, info=PUBLIC)
    subject: Mapped[str] = mapped_column(Text, info=PERSONAL)
    body: Mapped[str] = mapped_column(Text, info=PERSONAL)
    link: Mapped[str] = mapped_column(Text, info=PUBLIC)
    about: Mapped[UUID | None] = mapped_column(Uuid, info=PERSONAL)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now(), info=PUBLIC)
    read_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=PERSONAL)
    confirmed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=PERSONAL)
    sender_id: Mapped[UUID | None] = mapped_column(Uuid, info=PERSONAL)
    overtaken_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=PERSONAL)


class Delivery(Base):
    """What became of one notice on one channel; one row each, so never twice. `address_key` is a keyed hash of where to.

    `handed_at` is set, and committed, before a provider without an idempotency key is asked: a job that finds it set was
    killed in between. A digest's rows have one `provider_id`, the name of their mail. `window_closed_at` is when WhatsApp
    took no free text any more, so that the message goes as the template.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("event_id", "person_id", "kind", "channel"),
        ForeignKeyConstraint(["notice_id"], ["notifications.notice.id"], ondelete="CASCADE"),
        Index("ix_delivery_notice", "notice_id"),
        Index("ix_delivery_person_channel", "person_id", "channel", "created_at"),
        Index("ix_delivery_provider", "channel", "provider_id", postgresql_where=text("provider_id <> ''")),
        Index("ix_delivery_address", "address_key", "created_at", postgresql_where=text("address_key <> ''")),
        Index("ix_delivery_waiting", "created_at", postgresql_where=text("channel = 'call' and state = 'queued'")),
        Index("ix_delivery_created", "created_at"),
        {"schema": SCHEMA},
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, info=PUBLIC)
    notice_id: Mapped[UUID] = mapped_column(Uuid, info=PUBLIC)
    person_id: Mapped[UUID] = mapped_column(Uuid, info=PERSONAL)
    event_id: Mapped[UUID] = mapped_column(Uuid, info=PUBLIC)
    kind: Mapped[str] = mapped_column(Text, info=PUBLIC)
    channel: Mapped[str] = mapped_column(Text, info=PUBLIC)
    state: Mapped[str] = mapped_column(Text, info=PERSONAL)
    reason: Mapped[str] = mapped_column(Text, server_default="", info=PERSONAL)
    provider_id: Mapped[str] = mapped_column(Text, server_default="", info=PUBLIC)
    address_key: Mapped[str] = mapped_column(Text, server_default="", info=PERSONAL)
    parts: Mapped[int] = mapped_column(SmallInteger, server_default="0", info=PUBLIC)
    cost_kobo: Mapped[int] = mapped_column(BigInteger, server_default="0", info=PUBLIC)
    tries: Mapped[int] = mapped_column(SmallInteger, server_default="0", info=PUBLIC)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now(), info=PUBLIC)
    due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=PUBLIC)
    handed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=PUBLIC)
    window_closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=PUBLIC)
    sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=PERSONAL)
    delivered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=PERSONAL)
    opened_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=PERSONAL)
    confirmed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=PERSONAL)
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now(), info=PUBLIC)


class EarlyReport(Base):
    """What a provider reported of a message whose name we have not stored yet; applied when it is, else forgotten after a day."""

    __tablename__ = "early_report"
    __table_args__ = ({"schema": SCHEMA},)

    channel: Mapped[str] = mapped_column(Text, primary_key=True, info=PUBLIC)
    provider_id: Mapped[str] = mapped_column(Text, primary_key=True, info=PUBLIC)
    state: Mapped[str] = mapped_column(Text, primary_key=True, info=PUBLIC)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now(), info=PUBLIC)


class Preference(Base):
    """When a person may be disturbed; quiet hours are minutes of the day in Lagos."""

    __tablename__ = "preference"
    __table_args__ = ({"schema": SCHEMA},)

    person_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, info=PERSONAL)
    digest: Mapped[str] = mapped_column(Text, info=PERSONAL)
    digest_hour: Mapped[int] = mapped_column(SmallInteger, info=PERSONAL)
    quiet_from: Mapped[int] = mapped_column(SmallInteger, info=PERSONAL)
    quiet_until: Mapped[int] = mapped_column(SmallInteger, info=PERSONAL)


class Choice(Base):
    """One kind by one channel, on or off, where a person chose otherwise than usual."""

    __tablename__ = "choice"
    __table_args__ = ({"schema": SCHEMA},)

    person_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, info=PERSONAL)
    kind: Mapped[str] = mapped_column(Text, primary_key=True, info=PERSONAL)
    channel: Mapped[str] = mapped_column(Text, primary_key=True, info=PERSONAL)
    is_on: Mapped[bool] = mapped_column(Boolean, info=PERSONAL)


class PushDevice(Base):
    """One browser that takes pushes."""

    __tablename__ = "push_device"
    __table_args__ = (UniqueConstraint("endpoint"), Index("ix_push_device_person", "person_id"), {"schema": SCHEMA})

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, info=PUBLIC)
    person_id: Mapped[UUID] = mapped_column(Uuid, info=PERSONAL)
    endpoint: Mapped[str] = mapped_column(Text, info=PERSONAL)
    p256dh: Mapped[str] = mapped_column(Text, info=PERSONAL)
    auth: Mapped[str] = mapped_column(Text, info=PERSONAL)
    label: Mapped[str] = mapped_column(Text, info=PERSONAL)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now(), info=PUBLIC)


class ChatWindow(Base):
    """When a person last wrote to us by WhatsApp: free text is allowed for 24 hours."""

    __tablename__ = "chat_window"
    __table_args__ = ({"schema": SCHEMA},)

    person_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, info=PERSONAL)
    heard_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=PERSONAL)


class BlockedAddress(Base):
    """An address that must not be tried again: a keyed hash, for the address itself is not needed."""

    __tablename__ = "blocked_address"
    __table_args__ = (Index("ix_blocked_address_person", "person_id"), {"schema": SCHEMA})

    channel: Mapped[str] = mapped_column(Text, primary_key=True, info=PUBLIC)
    address_key: Mapped[str] = mapped_column(Text, primary_key=True, info=PERSONAL)
    person_id: Mapped[UUID] = mapped_column(Uuid, info=PERSONAL)
    reason: Mapped[str] = mapped_column(Text, info=PERSONAL)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now(), info=PUBLIC)


class Spend(Base):
    """What a day's messages cost, for the fleet (`fleet`) and for each person (the id)."""

    __tablename__ = "spend"
    __table_args__ = ({"schema": SCHEMA},)

    day: Mapped[date] = mapped_column(Date, primary_key=True, info=PUBLIC)
    scope: Mapped[str] = mapped_column(Text, primary_key=True, info=PERSONAL)
    kobo: Mapped[int] = mapped_column(BigInteger, info=PUBLIC)
    alarmed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=PUBLIC)


class AlertCase(Base):
    """One case of trouble that operators are told of. `ref` names it; cases of one `subject` are repeats of each other."""

    __tablename__ = "alert"
    __table_args__ = (
        UniqueConstraint("ref"),
        Index("ix_alert_subject", "subject", "told_at"),
        Index("ix_alert_raised", "raised_at"),
        {"schema": SCHEMA},
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, info=PUBLIC)
    ref: Mapped[str] = mapped_column(Text, info=PUBLIC)
    subject: Mapped[str] = mapped_column(Text, info=PUBLIC)
    title: Mapped[str] = mapped_column(Text, info=PUBLIC)
    what: Mapped[str] = mapped_column(Text, info=PUBLIC)
    runbook: Mapped[str] = mapped_column(Text, info=PUBLIC)
    raised_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=PUBLIC)
    cleared_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=PUBLIC)
    told_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=PUBLIC)


class AlertDelivery(Base):
    """What became of one case by one channel at one place, once when it is raised and once when it is over."""

    __tablename__ = "alert_delivery"
    __table_args__ = (
        UniqueConstraint("alert_id", "stage", "channel", "address_key"),
        ForeignKeyConstraint(["alert_id"], ["notifications.alert.id"], ondelete="CASCADE"),
        Index("ix_alert_delivery_person", "person_id", postgresql_where=text("person_id is not null")),
        {"schema": SCHEMA},
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, info=PUBLIC)
    alert_id: Mapped[UUID] = mapped_column(Uuid, info=PUBLIC)
    stage: Mapped[str] = mapped_column(Text, info=PUBLIC)
    channel: Mapped[str] = mapped_column(Text, info=PUBLIC)
    address_key: Mapped[str] = mapped_column(Text, info=PERSONAL)
    person_id: Mapped[UUID | None] = mapped_column(Uuid, info=PERSONAL)
    state: Mapped[str] = mapped_column(Text, info=PUBLIC)
    reason: Mapped[str] = mapped_column(Text, server_default="", info=PUBLIC)
    cost_kobo: Mapped[int] = mapped_column(BigInteger, server_default="0", info=PUBLIC)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now(), info=PUBLIC)
    handed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=PUBLIC)
    sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=PUBLIC)
