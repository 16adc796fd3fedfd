"""Tables of the schema `analytics`."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, DateTime, SmallInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from nollycrewhub.platform.db import Base

SCHEMA = "analytics"
COMMON = {"personal": False}


class Daily(Base):
    """How often one fact happened on a Lagos day, by kind, state and region where it has them. No row tells of a person.

    The sum over `slot` is the count: workers that count the same fact at once rarely wait for the same row.
    """

    __tablename__ = "daily"
    __table_args__ = {"schema": SCHEMA}  # noqa: RUF012 - SQLAlchemy's own way

    day: Mapped[date] = mapped_column(Date, primary_key=True, info=COMMON)
    fact: Mapped[str] = mapped_column(Text, primary_key=True, info=COMMON)
    kind: Mapped[str] = mapped_column(Text, primary_key=True, info=COMMON)
    state: Mapped[str] = mapped_column(Text, primary_key=True, info=COMMON)
    region: Mapped[str] = mapped_column(Text, primary_key=True, info=COMMON)
    slot: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False, info=COMMON)
    count: Mapped[int] = mapped_column(BigInteger, info=COMMON)
    newest_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=COMMON)
