"""Tables of the schema `projects`."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Date, DateTime, ForeignKey, Index, Integer, Text, Uuid, func
from sqlalchemy.orm import Mapped, mapped_column

from nollycrewhub.platform.db import Base

SCHEMA = "projects"
PUBLIC = {"personal": False}
PERSONAL = {"personal": True}


class Script(Base):
    """One uploaded script; its text is a file in storage."""

    __tablename__ = "script"
    __table_args__ = (Index("ix_script_owner_newest", "owner_id", "id"), {"schema": SCHEMA})

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, info=PUBLIC)
    owner_id: Mapped[UUID] = mapped_column(Uuid, info=PERSONAL)
    title: Mapped[str] = mapped_column(Text, info=PERSONAL)
    storage_key: Mapped[str] = mapped_column(Text, info=PUBLIC)
    size: Mapped[int] = mapped_column(BigInteger, info=PUBLIC)
    state: Mapped[str] = mapped_column(Text, server_default="waiting", info=PUBLIC)
    problem: Mapped[str] = mapped_column(Text, server_default="", info=PUBLIC)
    job_id: Mapped[int | None] = mapped_column(BigInteger, info=PUBLIC)
    scene_count: Mapped[int] = mapped_column(Integer, server_default="0", info=PUBLIC)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now(), info=PUBLIC)
    read_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=PUBLIC)


class Scene(Base):
    """One scene heading of a script, in the script's order."""

    __tablename__ = "scene"
    __table_args__ = ({"schema": SCHEMA},)

    script_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey(f"{SCHEMA}.script.id", ondelete="CASCADE"), primary_key=True, info=PUBLIC)
    n: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False, info=PUBLIC)
    line: Mapped[int] = mapped_column(Integer, info=PUBLIC)
    number: Mapped[str] = mapped_column(Text, info=PERSONAL)
    heading: Mapped[str] = mapped_column(Text, info=PERSONAL)
    place: Mapped[str] = mapped_column(Text, info=PUBLIC)
    set_name: Mapped[str] = mapped_column(Text, info=PERSONAL)
    time: Mapped[str] = mapped_column(Text, info=PUBLIC)
    light: Mapped[str] = mapped_column(Text, info=PUBLIC)


class Project(Base):
    """A production: whose it is, what it is called, and the script whose scenes it shoots."""

    __tablename__ = "project"
    __table_args__ = (Index("ix_project_owner", "owner_id"), Index("ix_project_script", "script_id"), {"schema": SCHEMA})

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, info=PUBLIC)
    owner_id: Mapped[UUID] = mapped_column(Uuid, info=PERSONAL)
    title: Mapped[str] = mapped_column(Text, info=PERSONAL)
    script_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey(f"{SCHEMA}.script.id", ondelete="SET NULL"), info=PUBLIC)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now(), info=PUBLIC)


class Member(Base):
    """Somebody who is in a project (the owner too), is asked into it, or has said no."""

    __tablename__ = "member"
    __table_args__ = (Index("ix_member_person", "person_id"), {"schema": SCHEMA})

    project_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey(f"{SCHEMA}.project.id", ondelete="CASCADE"), primary_key=True, info=PUBLIC)
    person_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, info=PERSONAL)
    state: Mapped[str] = mapped_column(Text, info=PERSONAL)
    since: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now(), info=PUBLIC)


class ShootingDay(Base):
    """A day on which a project shoots."""

    __tablename__ = "shooting_day"
    __table_args__ = (Index("ix_shooting_day_project", "project_id", "day"), {"schema": SCHEMA})

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, info=PUBLIC)
    project_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey(f"{SCHEMA}.project.id", ondelete="CASCADE"), info=PUBLIC)
    day: Mapped[date] = mapped_column(Date, info=PUBLIC)
    name: Mapped[str] = mapped_column(Text, info=PERSONAL)
