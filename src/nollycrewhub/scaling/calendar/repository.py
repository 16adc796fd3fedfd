"""The only SQL of the calendar. Its history is the audit trail, which the program can add to and nothing else."""

from datetime import date, datetime
from typing import Protocol, TypeVar
from uuid import UUID

import msgspec

from nollycrewhub.platform.db import Query, ReadSession, WriteSession
from nollycrewhub.scaling.rules.entries import Entry

T = TypeVar("T")


class Rows(Protocol):
    """Whoever can answer a query: a reader's session, or the scaler's leader on its own connection."""

    async def rows(self, query: Query[T], *args: object) -> list[T]:
        """All rows."""
        ...


class EventEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry with its number and version."""

    id: int
    version: int
    name: str
    first: date
    last: date
    yearly: bool
    factor: float
    tenfold: bool
    prewarm_minutes: int

    @property
    def entry(self) -> Entry:
        """The entry alone."""
        return msgspec.convert(self, Entry, from_attributes=True)


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the history; before and after are JSON, or `null`."""

    id: UUID
    at: datetime
    actor: UUID | None
    action: str
    before: str | None
    after: str | None


COLUMNS = "id, version, name, first, last, yearly, factor, tenfold, prewarm_minutes"
ALL = Query(EventEntry, f"select {COLUMNS} from scaling.event order by id limit $1")
HISTORY = Query(
    Change,
    """
    select id, at, actor, action, (detail->'before')::text as before, (detail->'after')::text as after from platform.audit
    where action like 'calendar.%' and ($1::uuid is null or id < $1) order by id desc limit $2
    """,
)
LOCK = "select pg_advisory_xact_lock(hashtext('scaling.event'))"
COUNT = "select count(*) from scaling.event"
ADD = """
insert into scaling.event (name, first, last, yearly, factor, tenfold, prewarm_minutes, version) values ($1, $2, $3, $4, $5, $6, $7, 1)
on conflict do nothing returning id
"""
ONE = f"select {COLUMNS} from scaling.event where id = $1 for update"
TWIN = "select 1 from scaling.event where name = $1 and first = $2 and last = $3 and yearly = $4 and id <> $5"
CHANGE = """
update scaling.event set name = $2, first = $3, last = $4, yearly = $5, factor = $6, tenfold = $7, prewarm_minutes = $8,
    version = version + 1, changed = now() where id = $1
"""
REMOVE = "delete from scaling.event where id = $1"


async def entries(reader: Rows, limit: int) -> list[EventEntry]:
    """All entries, oldest first."""
    return await reader.rows(ALL, limit)


async def history(read: ReadSession, *, before: UUID | None, limit: int) -> list[Change]:
    """Changes, newest first."""
    return await read.rows(HISTORY, before, limit)


async def alone(session: WriteSession) -> int:
    """Waits until nobody else changes the calendar; how many entries there are."""
    await session.sql(LOCK)
    return int((await session.sql(COUNT))[0][0])


async def locked(session: WriteSession, event_id: int) -> EventEntry | None:
    """One entry, held until the transaction ends."""
    found = await session.sql(ONE, event_id)
    return EventEntry(**dict(found[0].items())) if found else None


async def has_twin(session: WriteSession, entry: Entry, *, beside: int) -> bool:
    """Whether another entry has the same name and days."""
    return bool(await session.sql(TWIN, entry.name, entry.first, entry.last, entry.yearly, beside))


async def add(session: WriteSession, entry: Entry) -> int | None:
    """A new entry's number; None when there is such a one."""
    found = await session.sql(ADD, *values(entry))
    return int(found[0]["id"]) if found else None


async def change(session: WriteSession, event_id: int, entry: Entry) -> None:
    """Another text for an entry that is locked."""
    await session.sql(CHANGE, event_id, *values(entry))


async def remove(session: WriteSession, event_id: int) -> None:
    """Takes an entry away that is locked."""
    await session.sql(REMOVE, event_id)


def values(entry: Entry) -> tuple[object, ...]:
    """In the order of the columns."""
    return (entry.name, entry.first, entry.last, entry.yearly, entry.factor, entry.tenfold, entry.prewarm_minutes)
