"""The SQL of notices; `deliveries` has that of channels, `habits` that of what people chose."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from nollycrewhub.domains.notifications.schemas import ClimbRow, NoticeRow, ToldRow
from nollycrewhub.platform.db import Query, ReadSession, WriteSession

COLUMNS = "id, kind, subject, body, link, created_at, read_at, confirmed_at"
NEWEST = Query(
    NoticeRow,
    f"select {COLUMNS} from notifications.notice where person_id = $1 and ($2::uuid is null or id < $2) "  # noqa: S608 - constants
    "and ($4::text is null or kind = $4) order by id desc limit $3",
)
KINDS_HELD = Query(str, "select distinct kind from notifications.notice where person_id = $1 order by 1")
UNREAD = Query(int, "select count(*)::int from notifications.notice where person_id = $1 and read_at is null")
INSERT = """
insert into notifications.notice (id, person_id, event_id, kind, subject, body, link, about, sender_id)
select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::uuid[], $9::uuid[])
on conflict (person_id, event_id, kind) do nothing returning id
"""
READ_ALL = "update notifications.notice set read_at = now() where person_id = $1 and read_at is null and id <= $2"
# Ids of events are in the order of time, and a notice may be stored long after the event it tells of.
READ_TALK = """
update notifications.notice set read_at = now() where person_id = $1 and link = $2 and kind in ('message.received', 'conversation.asked')
    and read_at is null and event_id <= $3 returning id
"""
READ_ONE = """
update notifications.notice set read_at = coalesce(read_at, now()), confirmed_at = coalesce(confirmed_at, now())
where person_id = $1 and id = $2 returning link
"""
ONE = Query(
    ToldRow,
    f"select {COLUMNS}, person_id, event_id, sender_id, overtaken_at from notifications.notice where id = $1",  # noqa: S608 - constants
)
CLIMBING = Query(
    ClimbRow,
    "select n.id, n.kind, n.subject, n.body, n.link, n.created_at, n.read_at, n.confirmed_at, n.person_id, n.event_id, n.sender_id, n.overtaken_at, "
    "p.digest, p.digest_hour::int as digest_hour, p.quiet_from::int as quiet_from, p.quiet_until::int as quiet_until, "
    "exists (select 1 from notifications.push_device v where v.person_id = n.person_id) as has_browser, "
    "array(select c.channel from notifications.choice c where c.person_id = n.person_id and c.kind = n.kind and c.is_on) as chosen, "
    "array(select c.channel from notifications.choice c where c.person_id = n.person_id and c.kind = n.kind and not c.is_on) as refused, "
    "array(select d.channel from notifications.delivery d where d.notice_id = n.id order by d.created_at, d.id) as tried_channels, "
    "array(select d.state from notifications.delivery d where d.notice_id = n.id order by d.created_at, d.id) as tried_states, "
    "array(select d.created_at from notifications.delivery d where d.notice_id = n.id order by d.created_at, d.id) as tried_at "
    "from notifications.notice n left join notifications.preference p on p.person_id = n.person_id where n.id = any($1::uuid[])",
)
MANY = Query(ToldRow, ONE.sql.replace("where id = $1", "where id = any($1::uuid[]) order by id"))
REPEATS = """
select given.id from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::int[]) as given(id, person_id, kind, link, about, most)
where (
    select count(*) from notifications.notice n where n.person_id = given.person_id and n.id >= $7 and n.id < given.id
        and n.kind = given.kind and n.link = given.link and n.about is not distinct from given.about
) >= given.most
"""
OVERTAKE = """
update notifications.notice set overtaken_at = now(), read_at = case when $5 then coalesce(read_at, now()) else read_at end
where person_id = $1 and link = $2 and ($3::uuid is null or about = $3) and event_id < $4 and overtaken_at is null and confirmed_at is null returning id
"""
HOLD_NAMES = """
select pg_advisory_xact_lock_shared(hashtextextended('notifications.name:' || name, 0))
from (select distinct name from unnest($1::text[]) as given(name) order by name) ordered
"""
TAKE_NAME = "select pg_advisory_xact_lock(hashtextextended('notifications.name:' || $1::text, 0))"
ERASE = "delete from notifications.notice where person_id = $1"
FORGET_SENDER = "update notifications.notice set sender_id = null where sender_id = $1"
REWRITE_ABOUT = """
update notifications.notice set about = null,
    body = case when kind = 'application.withdrawn' then body when kind like 'application.%' then $2 else $3 end
where about = $1
"""
EXPORT = Query(
    bytes,
    "select coalesce(json_agg(to_jsonb(n) - array['about', 'sender_id'] order by n.id), '[]')::text from notifications.notice n "
    "where n.person_id = $1",
)


async def newest(read: ReadSession, person_id: UUID, *, before: UUID | None, limit: int, kind: str | None = None) -> list[NoticeRow]:
    """A page of one person's notices, newest first."""
    return await read.rows(NEWEST, person_id, before, limit, kind)


async def kinds_held(read: ReadSession, person_id: UUID) -> list[str]:
    """The kinds a person has notices of."""
    return await read.rows(KINDS_HELD, person_id)


async def told(read: ReadSession, notice_id: UUID) -> ToldRow | None:
    """A notice as the machinery needs it."""
    return await read.one(ONE, notice_id)


async def told_many(read: ReadSession, notice_ids: list[UUID]) -> list[ToldRow]:
    """Several, oldest first."""
    return await read.rows(MANY, notice_ids)


async def climbing(read: ReadSession, notice_ids: Sequence[UUID]) -> dict[UUID, ClimbRow]:
    """Several with what their next steps depend on, by id."""
    return {row.id: row for row in await read.rows(CLIMBING, list(notice_ids))}


async def unread(read: ReadSession, person_id: UUID) -> int:
    """How many were never opened."""
    return await read.value(UNREAD, person_id) or 0


async def add(session: WriteSession, notices: Sequence[tuple[Any, ...]]) -> set[UUID]:
    """Stores notices; the ids of those whose event had not told their person before."""
    return {row[0] for row in await session.sql(INSERT, *([one[place] for one in notices] for place in range(9)))}


async def repeats(session: WriteSession, notices: Sequence[tuple[Any, ...]], since: UUID) -> set[UUID]:
    """Of new notices (id, person, kind, link, about, most) those whose like was stored `most` times already since that id."""
    return {row[0] for row in await session.sql(REPEATS, *([one[place] for one in notices] for place in range(6)), since)}


async def overtake(session: WriteSession, person_id: UUID, link: str, *, about: UUID | None, until: UUID, read: bool) -> list[UUID]:
    """Notes that what a person was told there by events before this one, and has not opened, is not so any more (and is `read`); the notices."""
    return [row[0] for row in await session.sql(OVERTAKE, person_id, link, about, until, read)]


async def mark_all(session: WriteSession, person_id: UUID, *, up_to: UUID) -> None:
    """Everything the person has seen on the page counts as read; later arrivals do not."""
    await session.sql(READ_ALL, person_id, up_to)


async def mark_talk(session: WriteSession, person_id: UUID, link: str, *, until: UUID) -> bool:
    """Notices of one conversation, of events up to this one, count as read; whether there were any."""
    return bool(await session.sql(READ_TALK, person_id, link, until))


async def open_one(session: WriteSession, person_id: UUID, notice_id: UUID) -> str | None:
    """Marks one as read and tells where it leads; None when it is not this person's."""
    found = await session.sql(READ_ONE, person_id, notice_id)
    return str(found[0][0]) if found else None


async def export(read: ReadSession, person_id: UUID) -> list[dict[str, Any]]:
    """All notices of one person, as whole rows but for others' ids."""
    found: list[dict[str, Any]] = msgspec.json.decode(await read.json(EXPORT, person_id))
    return found


async def hold_names(session: WriteSession, people: Sequence[UUID]) -> None:
    """Until the commit nobody forgets these people; whoever did already has finished."""
    await session.sql(HOLD_NAMES, [str(person_id) for person_id in people])


async def take_name(session: WriteSession, person_id: UUID) -> None:
    """Every notice that may name this person is stored when this returns; later ones wait for the commit."""
    await session.sql(TAKE_NAME, str(person_id))


async def erase(session: WriteSession, person_id: UUID) -> None:
    """Forgets one person's notices."""
    await session.sql(ERASE, person_id)
    await session.sql(FORGET_SENDER, person_id)


async def rewrite_about(session: WriteSession, person_id: UUID, *, body: str, written: str) -> None:
    """Puts other words where a notice to somebody else names a person: an applicant's, or a writer's."""
    await session.sql(REWRITE_ABOUT, person_id, body, written)
