"""The tables of schema `jobs`. Derived columns are filled by rules.indexing and nothing else."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Computed,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from nollycrewhub.platform.db import Base

SCHEMA = "jobs"
PERSONAL = {"personal": True}
COMMON = {"personal": False}
SEARCH = (
    "setweight(to_tsvector('simple'::regconfig, search_title), 'A') || "
    "to_tsvector('simple'::regconfig, search_text) || array_to_tsvector(search_tags)"
)
IS_OPEN = text("status = 'open'")
IS_PUBLIC = text("status in ('open', 'closed')")


class Job(Base):
    """One listing, from draft to closed."""

    __tablename__ = "job"
    __table_args__ = (
        Index("ix_job_open_newest", text("posted_at desc"), text("id desc"), postgresql_where=IS_OPEN),
        Index("ix_job_open_deadline", "deadline_key", "id", postgresql_where=IS_OPEN),
        Index("ix_job_due", text("coalesce(closes_on, deadline_key + 1)"), "id", postgresql_where=IS_OPEN),
        Index("ix_job_open_pay", text("pay_key desc"), text("id desc"), postgresql_where=IS_OPEN),
        Index("ix_job_public_newest", text("posted_at desc"), text("id desc"), postgresql_where=IS_PUBLIC),
        Index("ix_job_public_deadline", "deadline_key", "id", postgresql_where=IS_PUBLIC),
        Index("ix_job_public_pay", text("pay_key desc"), text("id desc"), postgresql_where=IS_PUBLIC),
        Index("ix_job_search", "search", postgresql_using="gin", postgresql_with={"fastupdate": "off"}),
        Index(
            "ix_job_title",
            text("string_to_array(search_title, ' ')"),
            "search_tags",
            postgresql_using="gin",
            postgresql_with={"fastupdate": "off"},
        ),
        Index("ix_job_poster", "poster_id", text("id desc")),
        {"schema": SCHEMA},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(start=100001), primary_key=True, info=COMMON)
    poster_id: Mapped[UUID] = mapped_column(Uuid, info=PERSONAL)
    title: Mapped[str] = mapped_column(Text, info=PERSONAL)
    kind: Mapped[str] = mapped_column(Text, info=COMMON)
    category: Mapped[str] = mapped_column(Text, info=COMMON)
    company: Mapped[str] = mapped_column(Text, info=PERSONAL)
    state: Mapped[str] = mapped_column(Text, info=COMMON)
    town: Mapped[str] = mapped_column(Text, info=COMMON)
    pay_amount: Mapped[int | None] = mapped_column(BigInteger, info=COMMON)
    pay_currency: Mapped[str] = mapped_column(Text, server_default=text("'NGN'"), info=COMMON)
    pay_unit: Mapped[str] = mapped_column(Text, server_default=text("'day'"), info=COMMON)
    pay_terms: Mapped[str] = mapped_column(Text, server_default=text("'paid'"), info=COMMON)
    description: Mapped[str] = mapped_column(Text, info=PERSONAL)
    skills: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"), info=COMMON)
    languages: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"), info=COMMON)
    experience: Mapped[str] = mapped_column(Text, server_default=text("'any'"), info=COMMON)
    wanted: Mapped[int] = mapped_column(Integer, server_default=text("1"), info=COMMON)
    starts_on: Mapped[date | None] = mapped_column(Date, info=COMMON)
    ends_on: Mapped[date | None] = mapped_column(Date, info=COMMON)
    deadline: Mapped[date | None] = mapped_column(Date, info=COMMON)
    status: Mapped[str] = mapped_column(Text, info=COMMON)
    held_reason: Mapped[str] = mapped_column(Text, server_default=text("''"), info=COMMON)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"), info=COMMON)
    posted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=COMMON)
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"), info=COMMON)
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=COMMON)
    reopened_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=COMMON)
    closes_on: Mapped[date | None] = mapped_column(Date, info=COMMON)
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"), info=COMMON)
    location: Mapped[str] = mapped_column(Text, info=COMMON)
    salary: Mapped[str] = mapped_column(Text, info=COMMON)
    pay_key: Mapped[int] = mapped_column(BigInteger, info=COMMON)
    deadline_key: Mapped[date] = mapped_column(Date, info=COMMON)
    search_title: Mapped[str] = mapped_column(Text, info=PERSONAL)
    search_text: Mapped[str] = mapped_column(Text, info=PERSONAL)
    search_tags: Mapped[list[str]] = mapped_column(ARRAY(Text), info=COMMON)
    search: Mapped[str] = mapped_column(TSVECTOR, Computed(SEARCH, persisted=True), deferred=True, info=PERSONAL)


class Application(Base):
    """One person's answer to one listing."""

    __tablename__ = "application"
    __table_args__ = (
        UniqueConstraint("job_id", "applicant_id"),
        Index("ix_application_applicant", "applicant_id", text("created_at desc")),
        {"schema": SCHEMA},
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, info=COMMON)
    job_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("jobs.job.id", ondelete="CASCADE"), info=COMMON)
    applicant_id: Mapped[UUID] = mapped_column(Uuid, info=PERSONAL)
    note: Mapped[str] = mapped_column(Text, info=PERSONAL)
    rate_kobo: Mapped[int | None] = mapped_column(BigInteger, info=PERSONAL)
    rate_unit: Mapped[str] = mapped_column(Text, server_default=text("'day'"), info=PERSONAL)
    status: Mapped[str] = mapped_column(Text, server_default=text("'applied'"), info=PERSONAL)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"), info=COMMON)
    moved_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"), info=COMMON)
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"), info=COMMON)


class Review(Base):
    """One listing in the operators' queue: why it was held, and what was decided."""

    __tablename__ = "review"
    __table_args__ = (
        Index("ix_review_waiting", "created_at", postgresql_where=text("decision is null")),
        Index("ix_review_job_id", "job_id"),
        {"schema": SCHEMA},
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, info=COMMON)
    job_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("jobs.job.id", ondelete="CASCADE"), info=COMMON)
    reason: Mapped[str] = mapped_column(Text, info=COMMON)
    phrases: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"), info=PERSONAL)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"), info=COMMON)
    decided_by: Mapped[UUID | None] = mapped_column(Uuid, info=PERSONAL)
    decision: Mapped[str | None] = mapped_column(Text, info=COMMON)
    note: Mapped[str] = mapped_column(Text, server_default=text("''"), info=COMMON)
    decided_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=COMMON)
    released_text: Mapped[str] = mapped_column(Text, server_default=text("''"), info=COMMON)


class Report(Base):
    """A member tells the operators of a post: one open report for each person and post."""

    __tablename__ = "report"
    __table_args__ = (
        Index("uq_report_open", "job_id", "reporter_id", unique=True, postgresql_where=text("decision is null")),
        Index("ix_report_job_id", "job_id"),
        Index("ix_report_reporter", "reporter_id"),
        {"schema": SCHEMA},
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, info=COMMON)
    job_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("jobs.job.id", ondelete="CASCADE"), info=COMMON)
    reporter_id: Mapped[UUID | None] = mapped_column(Uuid, info=PERSONAL)
    reason: Mapped[str] = mapped_column(Text, info=PERSONAL)
    note: Mapped[str] = mapped_column(Text, server_default=text("''"), info=PERSONAL)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"), info=COMMON)
    decision: Mapped[str | None] = mapped_column(Text, info=COMMON)
    decided_by: Mapped[UUID | None] = mapped_column(Uuid, info=PERSONAL)
    decided_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=COMMON)


class Word(Base):
    """The words listings use, so that a misspelt one can be led to its neighbour."""

    __tablename__ = "word"
    __table_args__ = (
        Index(
            "ix_word_near",
            "word",
            postgresql_using="gin",
            postgresql_ops={"word": "gin_trgm_ops"},
        ),
        {"schema": SCHEMA},
    )

    word: Mapped[str] = mapped_column(Text, primary_key=True, info=COMMON)


class Suggested(Base):
    """What one open listing adds to the suggestions, so that exactly that can be taken away again."""

    __tablename__ = "suggested"
    __table_args__ = {"schema": SCHEMA}  # noqa: RUF012 - SQLAlchemy's own way

    job_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, info=COMMON)
    terms: Mapped[list[str]] = mapped_column(ARRAY(Text), info=COMMON)


class Suggestion(Base):
    """How many open listings a term finds: the sum over `slot`, so that workers rarely wait for the same row."""

    __tablename__ = "suggestion"
    __table_args__ = {"schema": SCHEMA}  # noqa: RUF012 - SQLAlchemy's own way

    term: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True, info=COMMON)
    slot: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False, info=COMMON)
    label: Mapped[str] = mapped_column(Text, info=COMMON)
    jobs: Mapped[int] = mapped_column(Integer, info=COMMON)


class SavedSearch(Base):
    """A search somebody wants to hear of, kept under its most selective term."""

    __tablename__ = "saved_search"
    __table_args__ = (
        UniqueConstraint("person_id", "question"),
        UniqueConstraint("stop_token"),
        Index("ix_saved_search_key", "key"),
        {"schema": SCHEMA},
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, info=COMMON)
    person_id: Mapped[UUID] = mapped_column(Uuid, info=PERSONAL)
    question: Mapped[str] = mapped_column(Text, info=PERSONAL)
    label: Mapped[str] = mapped_column(Text, info=PERSONAL)
    terms: Mapped[list[str]] = mapped_column(ARRAY(Text), info=PERSONAL)
    key: Mapped[str] = mapped_column(Text, info=PERSONAL)
    pay_min: Mapped[int | None] = mapped_column(BigInteger, info=PERSONAL)
    pay_max: Mapped[int | None] = mapped_column(BigInteger, info=PERSONAL)
    by_mail: Mapped[bool] = mapped_column(Boolean, info=PERSONAL)
    stop_token: Mapped[str] = mapped_column(Text, info=COMMON)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"), info=COMMON)


class SearchMatch(Base):
    """One listing one person was told of, by whichever of their searches: never twice."""

    __tablename__ = "search_match"
    __table_args__ = (Index("ix_search_match_person", "person_id"), {"schema": SCHEMA})

    job_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("jobs.job.id", ondelete="CASCADE"), primary_key=True, info=COMMON)
    person_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, info=PERSONAL)
    search_id: Mapped[UUID] = mapped_column(Uuid, info=COMMON)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"), info=COMMON)


class Asked(Base):
    """What saved searches were last asked with of a listing that was edited since, until they are asked again; NULL where it was not open."""

    __tablename__ = "asked"
    __table_args__ = {"schema": SCHEMA}  # noqa: RUF012 - SQLAlchemy's own way

    job_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("jobs.job.id", ondelete="CASCADE"), primary_key=True, autoincrement=False, info=COMMON
    )
    terms: Mapped[list[str] | None] = mapped_column(ARRAY(Text), info=PERSONAL)
    pay: Mapped[int | None] = mapped_column(BigInteger, info=COMMON)
