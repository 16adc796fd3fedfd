"""Tables of the schema `users`. Every column says whether it is personal; export and erasure go by that."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ARRAY, BigInteger, Boolean, Date, DateTime, ForeignKey, Index, Text, Uuid, func, text
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from nollycrewhub.platform.db import Base

SCHEMA = "users"
PUBLIC = {"personal": False}
PERSONAL = {"personal": True}
MOMENT = DateTime(timezone=True)
PERSON = "users.person.id"


class Person(Base):
    """One account. E-mail is stored lower-case, the phone as E.164; either may be missing, not both."""

    __tablename__ = "person"
    __table_args__ = (Index("ix_person_operator", "id", postgresql_where=text("operator")), {"schema": SCHEMA})

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, info=PERSONAL)
    handle: Mapped[str] = mapped_column(Text, unique=True, info=PERSONAL)
    name: Mapped[str] = mapped_column(Text, info=PERSONAL)
    email: Mapped[str | None] = mapped_column(Text, unique=True, info=PERSONAL)
    phone: Mapped[str | None] = mapped_column(Text, unique=True, info=PERSONAL)
    password_hash: Mapped[str | None] = mapped_column(Text, info=PERSONAL)
    google_sub: Mapped[str | None] = mapped_column(Text, unique=True, info=PERSONAL)
    email_confirmed_at: Mapped[datetime | None] = mapped_column(MOMENT, info=PERSONAL)
    phone_confirmed_at: Mapped[datetime | None] = mapped_column(MOMENT, info=PERSONAL)
    operator: Mapped[bool] = mapped_column(Boolean, server_default=text("false"), info=PUBLIC)
    banned_at: Mapped[datetime | None] = mapped_column(MOMENT, info=PERSONAL)
    banned_reason: Mapped[str] = mapped_column(Text, server_default=text("''"), info=PERSONAL)
    locale: Mapped[str] = mapped_column(Text, server_default=text("'en'"), info=PERSONAL)
    locale_chosen: Mapped[bool] = mapped_column(Boolean, server_default=text("false"), info=PERSONAL)
    version: Mapped[int] = mapped_column(BigInteger, server_default=text("1"), info=PUBLIC)
    created_at: Mapped[datetime] = mapped_column(MOMENT, server_default=func.now(), info=PERSONAL)
    updated_at: Mapped[datetime] = mapped_column(MOMENT, server_default=func.now(), info=PERSONAL)


class Profile(Base):
    """What a person shows. `visibility` names, per field, members or private; a field not named is public."""

    __tablename__ = "profile"
    __table_args__ = (
        Index("ix_profile_search", "search", postgresql_using="gin"),
        Index(
            "ix_profile_search_text", "search_text", postgresql_using="gin",
            postgresql_ops={"search_text": "gin_trgm_ops"},
        ),
        Index("ix_profile_photo", "photo_key", postgresql_where=text("photo_key is not null")),
        Index("ix_profile_listed_newest", text("updated_at desc"), text("person_id desc"), postgresql_where=text("listed")),
        {"schema": SCHEMA},
    )  # fmt: skip

    person_id: Mapped[UUID] = mapped_column(ForeignKey(PERSON, ondelete="CASCADE"), primary_key=True, info=PERSONAL)
    headline: Mapped[str] = mapped_column(Text, server_default=text("''"), info=PERSONAL)
    bio: Mapped[str] = mapped_column(Text, server_default=text("''"), info=PERSONAL)
    state: Mapped[str] = mapped_column(Text, server_default=text("''"), info=PERSONAL)
    town: Mapped[str] = mapped_column(Text, server_default=text("''"), info=PERSONAL)
    photo_key: Mapped[str | None] = mapped_column(Text, info=PERSONAL)
    availability: Mapped[str] = mapped_column(Text, server_default=text("'ask'"), info=PERSONAL)
    available_from: Mapped[date | None] = mapped_column(Date, info=PERSONAL)
    rate_kobo: Mapped[int | None] = mapped_column(BigInteger, info=PERSONAL)
    rate_unit: Mapped[str] = mapped_column(Text, server_default=text("'day'"), info=PERSONAL)
    skills: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"), info=PERSONAL)
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"), info=PERSONAL)
    departments: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"), info=PERSONAL)
    languages: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"), info=PERSONAL)
    language_codes: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"), info=PERSONAL)
    credits: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"), info=PERSONAL)
    links: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"), info=PERSONAL)
    listed: Mapped[bool] = mapped_column(Boolean, server_default=text("false"), info=PERSONAL)
    visibility: Mapped[dict[str, str]] = mapped_column(JSONB, server_default=text("'{}'"), info=PERSONAL)
    search_text: Mapped[str] = mapped_column(Text, server_default=text("''"), info=PERSONAL)
    search: Mapped[str] = mapped_column(TSVECTOR, server_default=text("''"), info=PERSONAL)
    updated_at: Mapped[datetime] = mapped_column(MOMENT, server_default=func.now(), info=PERSONAL)


class Secret(Base):
    """A one-time code or link that was sent: to confirm an address, or to set a new password.

    `name` and `password_hash` are those of the registration it was sent for, until one of an address is confirmed.
    """

    __tablename__ = "secret"
    __table_args__ = (Index("ix_secret_person", "person_id", "purpose"), {"schema": SCHEMA})

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, info=PUBLIC)
    person_id: Mapped[UUID] = mapped_column(ForeignKey(PERSON, ondelete="CASCADE"), info=PERSONAL)
    purpose: Mapped[str] = mapped_column(Text, info=PUBLIC)
    channel: Mapped[str] = mapped_column(Text, info=PERSONAL)
    code_hash: Mapped[str] = mapped_column(Text, info=PUBLIC)
    name: Mapped[str | None] = mapped_column(Text, info=PERSONAL)
    password_hash: Mapped[str | None] = mapped_column(Text, info=PERSONAL)
    expires_at: Mapped[datetime] = mapped_column(MOMENT, info=PUBLIC)
    used_at: Mapped[datetime | None] = mapped_column(MOMENT, info=PUBLIC)


class CodeSpend(Base):
    """What a day's codes by SMS cost, in all and by the parts of the day's money."""

    __tablename__ = "code_spend"
    __table_args__ = ({"schema": SCHEMA},)

    day: Mapped[date] = mapped_column(Date, primary_key=True, info=PUBLIC)
    kobo: Mapped[int] = mapped_column(BigInteger, info=PUBLIC)
    joining_kobo: Mapped[int] = mapped_column(BigInteger, server_default=text("0"), info=PUBLIC)
    recovery_kobo: Mapped[int] = mapped_column(BigInteger, server_default=text("0"), info=PUBLIC)
    signing_in_kobo: Mapped[int] = mapped_column(BigInteger, server_default=text("0"), info=PUBLIC)


class Registration(msgspec.Struct, frozen=True):
    """What somebody who cannot yet be told from a stranger wants an account to have, and since when."""

    name: str
    password_hash: str
    asked_at: datetime


class SentSecret(msgspec.Struct, frozen=True):
    """A code that was sent and not used; `is_live` until it is too old."""

    id: UUID
    code_hash: str
    channel: str
    is_live: bool
    name: str | None
    password_hash: str | None
