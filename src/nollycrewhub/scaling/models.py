"""Tables of the schema `scaling`. The scaler writes all but the calendar on the connection that makes it the leader; nothing is personal."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, Date, DateTime, Double, Identity, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from nollycrewhub.platform.db import Base

SCHEMA = "scaling"
COMMON = {"personal": False}
MOMENT = DateTime(timezone=True)


class Term(Base):
    """The time of one leader; only the newest term's may be written in."""

    __tablename__ = "term"
    __table_args__ = {"schema": SCHEMA}  # noqa: RUF012 - SQLAlchemy's own way

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True, info=COMMON)
    leader: Mapped[str] = mapped_column(Text, info=COMMON)
    began: Mapped[datetime] = mapped_column(MOMENT, server_default=text("now()"), info=COMMON)


class LookRow(Base):
    """What was seen at one look, all of it, and what that look alone wished for; kept for two days."""

    __tablename__ = "look"
    __table_args__ = (Index("ix_look_at", "at"), {"schema": SCHEMA})

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True, info=COMMON)
    term: Mapped[int] = mapped_column(BigInteger, info=COMMON)
    at: Mapped[datetime] = mapped_column(MOMENT, info=COMMON)
    sample: Mapped[dict[str, Any]] = mapped_column(JSONB, info=COMMON)
    figures: Mapped[dict[str, Any]] = mapped_column(JSONB, info=COMMON)
    web_wish: Mapped[int] = mapped_column(Integer, info=COMMON)
    workers_wish: Mapped[int] = mapped_column(Integer, info=COMMON)


class DecisionRow(Base):
    """A decision, why, and what became of it. One that changes nothing is told once, with until when it held and in how many looks."""

    __tablename__ = "decision"
    __table_args__ = (Index("ix_decision_until", "until"), {"schema": SCHEMA})

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True, info=COMMON)
    term: Mapped[int] = mapped_column(BigInteger, info=COMMON)
    at: Mapped[datetime] = mapped_column(MOMENT, info=COMMON)
    until: Mapped[datetime] = mapped_column(MOMENT, info=COMMON)
    looks: Mapped[int] = mapped_column(Integer, info=COMMON)
    web_before: Mapped[int] = mapped_column(Integer, info=COMMON)
    workers_before: Mapped[int] = mapped_column(Integer, info=COMMON)
    web: Mapped[int] = mapped_column(Integer, info=COMMON)
    workers: Mapped[int] = mapped_column(Integer, info=COMMON)
    actions: Mapped[list[str]] = mapped_column(ARRAY(Text), info=COMMON)
    reasons: Mapped[list[str]] = mapped_column(ARRAY(Text), info=COMMON)
    sample: Mapped[dict[str, Any]] = mapped_column(JSONB, info=COMMON)
    outcome: Mapped[str] = mapped_column(Text, info=COMMON)


class IncidentRow(Base):
    """Something that more processes do not mend; one of a kind is open at a time."""

    __tablename__ = "incident"
    __table_args__ = (
        Index("uq_incident_open", "action", unique=True, postgresql_where=text("closed is null")), {"schema": SCHEMA},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True, info=COMMON)
    action: Mapped[str] = mapped_column(Text, info=COMMON)
    what: Mapped[str] = mapped_column(Text, info=COMMON)
    decision: Mapped[int] = mapped_column(BigInteger, info=COMMON)
    opened: Mapped[datetime] = mapped_column(MOMENT, info=COMMON)
    closed: Mapped[datetime | None] = mapped_column(MOMENT, info=COMMON)


class EventRow(Base):
    """An event of the calendar: certain days, or those of every year; operators keep it, and the audit trail says who changed what."""

    __tablename__ = "event"
    __table_args__ = (UniqueConstraint("name", "first", "last", "yearly"), {"schema": SCHEMA})

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True, info=COMMON)
    name: Mapped[str] = mapped_column(Text, info=COMMON)
    first: Mapped[date] = mapped_column(Date, info=COMMON)
    last: Mapped[date] = mapped_column(Date, info=COMMON)
    yearly: Mapped[bool] = mapped_column(Boolean, info=COMMON)
    factor: Mapped[float] = mapped_column(Double, info=COMMON)
    tenfold: Mapped[bool] = mapped_column(Boolean, info=COMMON)
    prewarm_minutes: Mapped[int] = mapped_column(Integer, info=COMMON)
    version: Mapped[int] = mapped_column(Integer, info=COMMON)
    changed: Mapped[datetime] = mapped_column(MOMENT, server_default=text("now()"), info=COMMON)
