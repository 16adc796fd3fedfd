"""The SQL of projects, their people and their shooting days."""

from typing import Any
from uuid import UUID

import msgspec

from nollycrewhub.domains.projects.schemas import OwnProject, ProjectMemberRow, ProjectRow, ShootingDayRow
from nollycrewhub.platform.db import Query, ReadSession, WriteSession
from nollycrewhub.platform.standing import Stand

PROJECT = (
    "p.id, p.owner_id, p.title, p.script_id, p.created_at, m.state, "
    "(select count(*)::int from projects.member o where o.project_id = p.id and o.state = 'in') as people"
)
SEAT = "from projects.project p join projects.member m on m.project_id = p.id"
MINE = Query(
    ProjectRow,
    f"select {PROJECT} {SEAT} where m.person_id = $1 and m.state in ('in', 'asked') order by p.id desc limit $2",  # noqa: S608
)
ONE = Query(ProjectRow, f"select {PROJECT} {SEAT} where p.id = $1 and m.person_id = $2 and m.state in ('in', 'asked')")  # noqa: S608
PEOPLE = Query(
    ProjectMemberRow, "select person_id, state, since from projects.member where project_id = $1 order by state desc, since, person_id"
)
INSIDE = Query(UUID, "select person_id from projects.member where project_id = $1 and state = 'in' order by since, person_id")
DAYS = Query(ShootingDayRow, "select id, project_id, day, name from projects.shooting_day where project_id = $1 order by day, id")
DAY = Query(ShootingDayRow, "select id, project_id, day, name from projects.shooting_day where id = $1")
TITLE = Query(str, "select title from projects.project where id = $1")
SCENE = Query(
    str,
    "select concat_ws(' ', nullif(s.number, ''), s.heading) from projects.project p join projects.scene s on s.script_id = p.script_id "
    "where p.id = $1 and p.script_id = $2 and s.n = $3",
)
LOCK = "select id, owner_id, title, script_id from projects.project where id = $1 for update"
SEATS = "select person_id, state from projects.member where project_id = $1 order by since, person_id"
OWNED = "select count(*)::int from projects.project where owner_id = $1"
HOLD = "select pg_advisory_xact_lock(hashtextextended('projects:' || $1::text, 0))"
ADD = "insert into projects.project (id, owner_id, title, script_id) values ($1, $2, $3, $4)"
CHANGE = "update projects.project set title = $2, script_id = $3 where id = $1"
REMOVE = "delete from projects.project where id = $1"
SIT = """
insert into projects.member (project_id, person_id, state) values ($1, $2, $3)
on conflict (project_id, person_id) do update set state = excluded.state, since = now()
"""
STAND = "delete from projects.member where project_id = $1 and person_id = $2"
HAND_OVER = "update projects.project set owner_id = $2 where id = $1"
HOW_MANY = Query(Stand, "select 'projects' as what, count(*) as total from projects.project")
COUNT_DAYS = "select count(*)::int from projects.shooting_day where project_id = $1"
ADD_DAY = "insert into projects.shooting_day (id, project_id, day, name) values ($1, $2, $3, $4)"
HAS_DAY = "select 1 from projects.shooting_day where id = $1 and project_id = $2"
REMOVE_DAY = "delete from projects.shooting_day where id = $1 and project_id = $2"
OWN_SCRIPT = "select 1 from projects.script where id = $1 and owner_id = $2 for share"
OF_PERSON = (
    "select p.id, p.owner_id from projects.project p join projects.member m on m.project_id = p.id where m.person_id = $1 order by p.id"
)
EXPORT = Query(
    bytes,
    "select coalesce(json_agg(json_build_object('project', case when p.owner_id = $1 then to_jsonb(p) else to_jsonb(p) - 'owner_id' end, "
    "'membership', to_jsonb(m), 'days', (select coalesce(json_agg(to_jsonb(d) order by d.day, d.id), '[]') from projects.shooting_day d "
    "where d.project_id = p.id and p.owner_id = $1)) order by p.id), '[]')::text "
    "from projects.project p join projects.member m on m.project_id = p.id where m.person_id = $1",
)


async def mine(read: ReadSession, person_id: UUID, *, limit: int) -> list[ProjectRow]:
    """The projects somebody is in or asked into, newest first."""
    return await read.rows(MINE, person_id, limit)


async def one(read: ReadSession, project_id: UUID, person_id: UUID) -> ProjectRow | None:
    """A project from where one person stands in it."""
    return await read.one(ONE, project_id, person_id)


async def people(read: ReadSession, project_id: UUID) -> list[ProjectMemberRow]:
    """Everybody in it, then whoever is asked, in the order they came."""
    return await read.rows(PEOPLE, project_id)


async def inside(read: ReadSession, project_id: UUID) -> list[UUID]:
    """Who is in it; nobody when it is gone."""
    return await read.rows(INSIDE, project_id)


async def days(read: ReadSession, project_id: UUID) -> list[ShootingDayRow]:
    """Its shooting days, the first one first."""
    return await read.rows(DAYS, project_id)


async def day(read: ReadSession, day_id: UUID) -> ShootingDayRow | None:
    """One shooting day."""
    return await read.one(DAY, day_id)


async def title(read: ReadSession, project_id: UUID) -> str | None:
    """What it is called."""
    return await read.value(TITLE, project_id)


async def scene(read: ReadSession, project_id: UUID, script_id: UUID, n: int) -> str | None:
    """A scene's number and heading, while the project has that script."""
    return await read.value(SCENE, project_id, script_id, n)


async def hold(session: WriteSession, project_id: UUID) -> tuple[OwnProject, dict[UUID, str]] | None:
    """A project, locked, and where everybody stands in it."""
    found = await session.sql(LOCK, project_id)
    if not found:
        return None
    seats = await session.sql(SEATS, project_id)
    return OwnProject(**dict(found[0])), {row[0]: row[1] for row in seats}


async def count_owned(session: WriteSession, person_id: UUID) -> int:
    """How many one owns; holds off one's other new ones until the commit."""
    await session.sql(HOLD, str(person_id))
    return int((await session.sql(OWNED, person_id))[0][0])


async def owns_script(session: WriteSession, script_id: UUID, person_id: UUID) -> bool:
    """Whether a script is this person's, who cannot delete it meanwhile."""
    return bool(await session.sql(OWN_SCRIPT, script_id, person_id))


async def add(session: WriteSession, project_id: UUID, owner_id: UUID, *, title: str, script_id: UUID | None) -> None:
    """Stores a project with its owner in it."""
    await session.sql(ADD, project_id, owner_id, title, script_id)
    await session.sql(SIT, project_id, owner_id, "in")


async def change(session: WriteSession, project_id: UUID, *, title: str, script_id: UUID | None) -> None:
    """Another title or script."""
    await session.sql(CHANGE, project_id, title, script_id)


async def remove(session: WriteSession, project_id: UUID) -> None:
    """Deletes it with its people and days."""
    await session.sql(REMOVE, project_id)


async def sit(session: WriteSession, project_id: UUID, person_id: UUID, state: str) -> None:
    """Puts somebody into it, or asks them."""
    await session.sql(SIT, project_id, person_id, state)


async def stand(session: WriteSession, project_id: UUID, person_id: UUID) -> None:
    """Takes somebody out of it."""
    await session.sql(STAND, project_id, person_id)


async def hand_over(session: WriteSession, project_id: UUID, owner_id: UUID) -> None:
    """Another owner."""
    await session.sql(HAND_OVER, project_id, owner_id)


async def count_days(session: WriteSession, project_id: UUID) -> int:
    """How many shooting days a locked project has."""
    return int((await session.sql(COUNT_DAYS, project_id))[0][0])


async def add_day(session: WriteSession, row: ShootingDayRow) -> None:
    """Stores a shooting day."""
    await session.sql(ADD_DAY, row.id, row.project_id, row.day, row.name)


async def has_day(session: WriteSession, project_id: UUID, day_id: UUID) -> bool:
    """Whether it is a day of this project."""
    return bool(await session.sql(HAS_DAY, day_id, project_id))


async def remove_day(session: WriteSession, project_id: UUID, day_id: UUID) -> None:
    """Deletes a shooting day."""
    await session.sql(REMOVE_DAY, day_id, project_id)


async def of_person(session: WriteSession, person_id: UUID) -> list[tuple[UUID, UUID]]:
    """Every project somebody has to do with, with its owner."""
    return [(row[0], row[1]) for row in await session.sql(OF_PERSON, person_id)]


async def export(read: ReadSession, person_id: UUID) -> list[dict[str, Any]]:
    """Every project somebody has to do with, with their place in it; the days of their own."""
    found: list[dict[str, Any]] = msgspec.json.decode(await read.json(EXPORT, person_id))
    return found
