"""Tables of the schema `notifications`."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, Index, Text, UniqueConstraint, Uuid, func, text
from sqlalchemy.orm import Mapped, mapped_column

from nollycrewhub.platform.db import Base

SCHEMA = "notifications"
PUBLIC = {"personal": False}
PERSONAL = {"personal": True}


class Notice(Base):
    """One thing one person was told, in their list until they delete the account. `about` is whom it names, if anyone."""

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("person_id", "event_id", "kind"),
        Index("ix_notice_person_newest", "person_id", "id"),
        Index("ix_notice_about", "about", postgresql_where=text("about is not null")),
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
