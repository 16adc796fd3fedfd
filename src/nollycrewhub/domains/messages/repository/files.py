"""The SQL of files: stored, hung on a message, seen by whom, and let go."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from nollycrewhub.domains.messages.schemas import FileOut, FileRow, Spent
from nollycrewhub.platform.db import Query, ReadSession, WriteSession

OUT = (
    "json_build_object('id', a.id, 'kind', a.kind, 'name', a.name, 'type', a.media, 'size', a.size, 'url', '/api/messages/files/' || a.id, "
    "'small', case when a.small_size > 0 then '/api/messages/files/' || a.id || '/small' end, "
    "'small_size', a.small_size, 'width', a.width, 'height', a.height)"
)
# The files of message `x`, in the order they were named.
FILES_OF = (
    f"(select coalesce(json_agg({OUT} order by a.place), '[]') from messages.attachment a "  # noqa: S608 - constants
    "where a.conversation_id = x.conversation_id and a.n = x.n and x.deleted_at is null)"
)
FILES = f"{FILES_OF} as files"
ROW = "a.id, a.kind, a.media, a.name, a.storage_key, a.size, a.small_size"
OWN = Query(FileRow, f"select {ROW} from messages.attachment a where a.id = $1 and a.owner_id = $2 and a.n is null")  # noqa: S608
# While a report that shows its message waits, also when its author has deleted it.
REPORTED = Query(
    FileRow,
    f"select {ROW} from messages.attachment a where a.id = $1 and exists (select 1 from messages.reported d "  # noqa: S608
    "join messages.report r on r.id = d.report_id where r.conversation_id = a.conversation_id and d.n = a.n and r.decision is null)",
)
SPENT = """
select count(*)::int, coalesce(sum(size), 0)::bigint from messages.attachment where owner_id = $1 and created_at > now() - interval '24 hours'
"""
ADD = """
insert into messages.attachment (id, owner_id, kind, media, name, storage_key, size, small_size, width, height)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""
HANG = f"""
with hung as (
    update messages.attachment a set conversation_id = $1, n = $2, place = f.place
    from unnest($4::uuid[]) with ordinality as f(id, place) where a.id = f.id and a.owner_id = $3 and a.n is null returning a.*
) select coalesce(json_agg({OUT} order by a.place), '[]')::text from hung a
"""  # noqa: S608 - constants
RELEASE = """
delete from messages.attachment a using messages.message x
where a.conversation_id = $1 and x.conversation_id = a.conversation_id and x.n = a.n and x.deleted_at is not null
    and not exists (select 1 from messages.reported d join messages.report r on r.id = d.report_id
        where r.conversation_id = a.conversation_id and d.n = a.n and r.decision is null)
returning a.storage_key
"""
REMOVE_ALL = "delete from messages.attachment where owner_id = $1 returning storage_key"
REMOVE_UNSENT = """
delete from messages.attachment where id in (
    select id from messages.attachment where n is null and created_at < now() - $1::interval order by created_at limit $2 for update skip locked
) returning storage_key
"""
KNOWN = Query(str, "select storage_key from messages.attachment where storage_key = any($1::text[])")
KEYS = Query(FileRow, f"select {ROW} from messages.attachment a where a.owner_id = $1 order by a.id")  # noqa: S608


async def own(read: ReadSession, file_id: UUID, person_id: UUID) -> FileRow | None:
    """A file of one's own that is in no message yet."""
    return await read.one(OWN, file_id, person_id)


async def reported(read: ReadSession, file_id: UUID) -> FileRow | None:
    """A file of a message that waits for an operator."""
    return await read.one(REPORTED, file_id)


async def spent(session: WriteSession, person_id: UUID) -> Spent:
    """Files and bytes of the last 24 hours that are still there."""
    files, size = (await session.sql(SPENT, person_id))[0]
    return Spent(files=files, size=size)


async def add(session: WriteSession, person_id: UUID, storage_key: str, file: FileOut) -> None:
    """Stores what is known of a file whose bytes are in storage."""
    await session.sql(
        ADD, file.id, person_id, file.kind, file.type, file.name, storage_key, file.size, file.small_size, file.width, file.height
    )


async def hang(session: WriteSession, conversation_id: UUID, n: int, owner_id: UUID, ids: Sequence[UUID]) -> list[FileOut]:
    """Makes files part of a message, in this order; only those of its author that hang on none yet."""
    found = await session.sql(HANG, conversation_id, n, owner_id, list(ids))
    return msgspec.json.decode(found[0][0], type=list[FileOut])


async def release(session: WriteSession, conversation_id: UUID) -> list[str]:
    """Forgets the files of deleted messages that no waiting report shows; their keys."""
    return [row[0] for row in await session.sql(RELEASE, conversation_id)]


async def remove_all(session: WriteSession, owner_id: UUID) -> list[str]:
    """Forgets all of one person's files; their keys."""
    return [row[0] for row in await session.sql(REMOVE_ALL, owner_id)]


async def remove_unsent(session: WriteSession, *, older_than: object, most: int) -> list[str]:
    """Forgets files that were uploaded and never sent; their keys."""
    return [row[0] for row in await session.sql(REMOVE_UNSENT, older_than, most)]


async def known_among(read: ReadSession, keys: Sequence[str]) -> set[str]:
    """Which of these keys belong to a file."""
    return set(await read.rows(KNOWN, list(keys)))


async def of_person(read: ReadSession, person_id: UUID) -> list[FileRow]:
    """All of one person's files."""
    return await read.rows(KEYS, person_id)
