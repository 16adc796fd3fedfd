"""The only SQL of scripts and scenes."""

from collections.abc import Sequence
from uuid import UUID

from nollycrewhub.domains.projects.rules import Heading
from nollycrewhub.domains.projects.schemas import SceneRow, ScriptRow
from nollycrewhub.platform.db import Query, ReadSession, WriteSession

COLUMNS = "id, owner_id, title, storage_key, size, state, problem, job_id, scene_count, created_at, read_at"
SCENES = "n, line, number, heading, place, set_name, time, light"
ONE = Query(ScriptRow, f"select {COLUMNS} from projects.script where id = $1")
NEWEST = Query(
    ScriptRow,
    f"select {COLUMNS} from projects.script where owner_id = $1 and ($2::uuid is null or id < $2) order by id desc limit $3",
)
SCENE_PAGE = Query(SceneRow, f"select {SCENES} from projects.scene where script_id = $1 and n > $2 order by n limit $3")
OWN = Query(ScriptRow, f"select {COLUMNS} from projects.script where owner_id = $1 order by id")
INSERT = """
insert into projects.script (id, owner_id, title, storage_key, size) values ($1, $2, $3, $4, $5)
"""
SET_JOB = "update projects.script set job_id = $2 where id = $1"
WAITING = "select job_id from projects.script where owner_id = $1 and state = 'waiting' and job_id is not null"
LOCK_PERSON = "select pg_advisory_xact_lock(hashtextextended('scripts:' || $1::text, 0))"
FORGET_SCENES = "delete from projects.scene where script_id = $1"
ADD_SCENES = """
insert into projects.scene (script_id, n, line, number, heading, place, set_name, time, light)
select $1, * from unnest($2::int[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])
"""
HOLD = f"select {COLUMNS} from projects.script where id = $1 for update"
WAIT_AGAIN = "update projects.script set state = 'waiting', problem = '', read_at = null, job_id = $2 where id = $1"
SETTLE = """
update projects.script set state = $2, problem = $3, scene_count = $4, read_at = now() where id = $1 returning id
"""
DELETE = f"delete from projects.script where id = $1 and owner_id = $2 returning {COLUMNS}"
DELETE_ALL = "delete from projects.script where owner_id = $1 returning storage_key, job_id"
BATCH = 2000


async def one(read: ReadSession, script_id: UUID) -> ScriptRow | None:
    """A script, whoever owns it."""
    return await read.one(ONE, script_id)


async def newest(read: ReadSession, owner_id: UUID, *, before: UUID | None, limit: int) -> list[ScriptRow]:
    """A page of one person's scripts, newest first."""
    return await read.rows(NEWEST, owner_id, before, limit)


async def scenes(read: ReadSession, script_id: UUID, *, after: int, limit: int) -> list[SceneRow]:
    """A page of a script's scenes, in its order."""
    return await read.rows(SCENE_PAGE, script_id, after, limit)


async def own(read: ReadSession, owner_id: UUID) -> list[ScriptRow]:
    """All of one person's scripts."""
    return await read.rows(OWN, owner_id)


async def jobs_waiting(session: WriteSession, owner_id: UUID) -> list[int]:
    """The jobs of a person's scripts that have not been read; holds off the person's other uploads until the commit."""
    await session.sql(LOCK_PERSON, str(owner_id))
    return [row[0] for row in await session.sql(WAITING, owner_id)]


async def hold(session: WriteSession, script_id: UUID) -> ScriptRow | None:
    """A script, whoever owns it, locked."""
    found = await session.sql(HOLD, script_id)
    return ScriptRow(**dict(found[0])) if found else None


async def wait_again(session: WriteSession, script_id: UUID, job_id: int | None) -> None:
    """Says that it is to be read once more, and by which job."""
    await session.sql(WAIT_AGAIN, script_id, job_id)


async def add(session: WriteSession, script_id: UUID, owner_id: UUID, *, title: str, storage_key: str, size: int) -> None:
    """Stores an unread script."""
    await session.sql(INSERT, script_id, owner_id, title, storage_key, size)


async def set_job(session: WriteSession, script_id: UUID, job_id: int | None) -> None:
    """Which job reads it."""
    await session.sql(SET_JOB, script_id, job_id)


async def store_scenes(session: WriteSession, script_id: UUID, found: Sequence[Heading]) -> None:
    """Puts these scenes in place of earlier ones, a batch at a time."""
    await session.sql(FORGET_SCENES, script_id)
    for start in range(0, len(found), BATCH):
        part = found[start : start + BATCH]
        await session.sql(
            ADD_SCENES, script_id, list(range(start + 1, start + len(part) + 1)), [h.line for h in part], [h.number for h in part],
            [h.text for h in part], [h.place for h in part], [h.set_name for h in part], [h.time for h in part], [h.light for h in part],
        )  # fmt: skip


async def settle(session: WriteSession, script_id: UUID, *, state: str, problem: str = "", scene_count: int = 0) -> bool:
    """Says how reading ended; False when the script is gone."""
    return bool(await session.sql(SETTLE, script_id, state, problem, scene_count))


async def delete(session: WriteSession, script_id: UUID, owner_id: UUID) -> tuple[str, int | None] | None:
    """Deletes it with its scenes; its file's key and its job, or None when it is not this person's."""
    found = await session.sql(DELETE, script_id, owner_id)
    return (found[0]["storage_key"], found[0]["job_id"]) if found else None


async def delete_all(session: WriteSession, owner_id: UUID) -> list[tuple[str, int | None]]:
    """Deletes all of one person's scripts; their files' keys and jobs."""
    return [(row[0], row[1]) for row in await session.sql(DELETE_ALL, owner_id)]
