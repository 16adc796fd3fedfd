"""Reports, and what one person may take along or have forgotten."""

from typing import Any
from uuid import UUID

import msgspec

from nollycrewhub.domains.messages.repository.files import OUT
from nollycrewhub.domains.messages.repository.reading import FROM, SEEN
from nollycrewhub.domains.messages.schemas import ReportedRow, ReportRow
from nollycrewhub.platform.db import Query, ReadSession, WriteSession

REPORT = (
    "select r.id, r.conversation_id, c.kind, c.frozen_at is not null as is_frozen, r.reporter_id, r.reported_id, r.reason, r.note, r.created_at "
    "from messages.report r join messages.conversation c on c.id = r.conversation_id "
)
WAITING = Query(ReportRow, REPORT + "where r.decision is null order by r.id limit $1")
FROZEN = Query(ReportRow, REPORT + "where r.decision = 'freeze' and c.frozen_at is not null order by r.id desc limit $1")
# The reported messages and nothing beside them.
SHOWN = Query(
    bytes,
    "select coalesce(json_agg(q), '[]')::text from (select d.report_id, x.n, x.text, x.sent_at, x.deleted_at is not null as is_deleted, "
    "array(select f.text from messages.former_text f where f.conversation_id = x.conversation_id and f.n = x.n order by f.id) as former, "
    f"(select coalesce(json_agg({OUT} order by a.place), '[]') from messages.attachment a "  # noqa: S608 - constants
    "where a.conversation_id = x.conversation_id and a.n = x.n) as files "
    "from messages.reported d join messages.report r on r.id = d.report_id "
    "join messages.message x on x.conversation_id = r.conversation_id and x.n = d.n where d.report_id = any($1::uuid[]) "
    "order by d.report_id, x.n) q",
)
ADD = "insert into messages.report (id, conversation_id, reporter_id, reported_id, reason, note) values ($1, $2, $3, $4, $5, $6)"
ADD_SHOWN = "insert into messages.reported (report_id, n) select $1, n from unnest($2::bigint[]) as n"
WAITS = """
select r.id from messages.report r where r.reporter_id = $1 and r.conversation_id = $2 and r.decision is null and not exists (
    select 1 from unnest($3::bigint[]) as given(number)
    where not exists (select 1 from messages.reported d where d.report_id = r.id and d.n = given.number))
limit 1
"""
LOCK = "select id, conversation_id, reported_id, decision from messages.report where id = $1 for update"
DECIDE = "update messages.report set decision = $2, decided_by = $3, decided_at = now() where id = $1"
# Their words as their author finds them: what was changed through a block looks like what was changed.
SILENT = (
    "(select jsonb_build_object('text', s.text, 'edited_at', s.edited_at) from messages.silent_text s "
    "where s.conversation_id = x.conversation_id and s.n = x.n)"
)
FORMER = (
    "select f.conversation_id, f.n, f.text, f.until from messages.former_text f "
    "join messages.message x on x.conversation_id = f.conversation_id and x.n = f.n where x.author_id = $1 "
    "union all select s.conversation_id, s.n, x.text, s.edited_at from messages.silent_text s "
    "join messages.message x on x.conversation_id = s.conversation_id and x.n = s.n where x.author_id = $1"
)
EXPORT = Query(
    bytes,
    "select json_build_object("
    "'conversations', (select coalesce(json_agg(to_jsonb(c) - 'key' || to_jsonb(m) - 'shown_n' "
    "|| jsonb_build_object('title', coalesce(m.called, c.title)) order by m.since), '[]') "
    f"{FROM} where m.person_id = $1 and {SEEN}), "
    f"'messages', (select coalesce(json_agg(to_jsonb(x) - array['search', 'search_text', 'silent'] || coalesce({SILENT}, '{{}}') "
    "order by x.sent_at), '[]') from messages.message x where x.author_id = $1), "
    f"'former_texts', (select coalesce(json_agg(f order by f.until), '[]') from ({FORMER}) f), "
    "'files', (select coalesce(json_agg(to_jsonb(a) - 'storage_key' order by a.id), '[]') from messages.attachment a where a.owner_id = $1), "
    "'blocks', (select coalesce(json_agg(to_jsonb(b)), '[]') from messages.block b where b.person_id = $1), "
    "'reports', (select coalesce(json_agg(to_jsonb(r) - 'decided_by'), '[]') from messages.report r where r.reporter_id = $1), "
    "'choice', (select to_jsonb(k) from messages.choice k where k.person_id = $1))::text",
)
ERASE = (
    "delete from messages.former_text f using messages.message x where x.conversation_id = f.conversation_id and x.n = f.n and x.author_id = $1",
    "delete from messages.silent_text s using messages.message x where x.conversation_id = s.conversation_id and x.n = s.n and x.author_id = $1",
    "update messages.message set text = '', search_text = '', author_id = null, deleted_at = coalesce(deleted_at, now()) where author_id = $1",
    "update messages.conversation c set owner_id = (select m.person_id from messages.member m where m.conversation_id = c.id "
    "and m.person_id <> $1 and m.state = 'in' order by m.since, m.person_id limit 1) where c.owner_id = $1",
    "update messages.member m set called = null from messages.conversation c "
    "where c.id = m.conversation_id and c.created_by = $1 and m.called is not null",
    "update messages.conversation set title = case when kind = 'group' then '' else title end, created_by = null where created_by = $1",
    "update messages.conversation set key = 'left:' || id where key like 'direct:%' and key like '%' || $1::uuid::text || '%' "
    "and id in (select conversation_id from messages.member where person_id = $1)",
    "update messages.member set asked_by = null where asked_by = $1",
    "with gone as (delete from messages.member where person_id = $1 returning conversation_id) "
    "delete from messages.conversation c using gone where c.id = gone.conversation_id "
    "and not exists (select 1 from messages.member m where m.conversation_id = c.id and m.person_id <> $1)",
    "delete from messages.block where person_id = $1 or blocked_id = $1",
    "update messages.report set reporter_id = null, note = '' where reporter_id = $1",
    "update messages.report set reported_id = null where reported_id = $1",
    "delete from messages.choice where person_id = $1",
)


async def waiting(read: ReadSession, *, limit: int) -> list[ReportRow]:
    """Reports nobody has decided, oldest first."""
    return await read.rows(WAITING, limit)


async def frozen(read: ReadSession, *, limit: int) -> list[ReportRow]:
    """Reports for which a conversation was stopped, and is; newest first."""
    return await read.rows(FROZEN, limit)


async def shown(read: ReadSession, ids: list[UUID]) -> list[ReportedRow]:
    """The messages of these reports."""
    return msgspec.json.decode(await read.json(SHOWN, ids), type=list[ReportedRow])


async def add(session: WriteSession, values: tuple[UUID, UUID, UUID, UUID, str, str], numbers: list[int]) -> None:
    """Stores a report (id, conversation, by whom, about whom, reason, note) and which messages it shows."""
    await session.sql(ADD, *values)
    await session.sql(ADD_SHOWN, values[0], numbers)


async def waits(session: WriteSession, reporter_id: UUID, conversation_id: UUID, numbers: list[int]) -> UUID | None:
    """The report that shows these messages already and waits."""
    found = await session.sql(WAITS, reporter_id, conversation_id, numbers)
    return found[0][0] if found else None


async def report(session: WriteSession, report_id: UUID) -> tuple[UUID, UUID, UUID | None, str | None] | None:
    """Id, conversation, whom it is about and the decision, locked."""
    found = await session.sql(LOCK, report_id)
    return tuple(found[0]) if found else None


async def decide(session: WriteSession, report_id: UUID, decision: str, *, by: UUID) -> None:
    """What was decided, and by whom."""
    await session.sql(DECIDE, report_id, decision, by)


async def export(read: ReadSession, person_id: UUID) -> dict[str, Any]:
    """Everything of one person: whole rows, but for keys and search words."""
    found: dict[str, Any] = msgspec.json.decode(await read.json(EXPORT, person_id))
    return found


async def erase(session: WriteSession, person_id: UUID) -> None:
    """Their words are gone from others' conversations too; that something was said there stays."""
    for statement in ERASE:
        await session.sql(statement, person_id)
