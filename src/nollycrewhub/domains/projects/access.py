"""The only doors to scripts (their owner's) and projects (their people's)."""

from uuid import UUID

from nollycrewhub.domains.projects import repository
from nollycrewhub.domains.projects.errors import NoSuchProject, NoSuchScript, NotTheOwner
from nollycrewhub.domains.projects.repository import people
from nollycrewhub.domains.projects.schemas import OwnProject, ProjectRow, ScriptRow
from nollycrewhub.platform.db import ReadSession, WriteSession


async def own_script(read: ReadSession, script_id: UUID, person_id: UUID) -> ScriptRow:
    """One's own script; somebody else's is not there."""
    found = await repository.one(read, script_id)
    if found is None or found.owner_id != person_id:
        raise NoSuchScript
    return found


async def own_script_to_change(session: WriteSession, script_id: UUID, person_id: UUID) -> ScriptRow:
    """One's own script, locked."""
    found = await repository.hold(session, script_id)
    if found is None or found.owner_id != person_id:
        raise NoSuchScript
    return found


async def seen_project(read: ReadSession, project_id: UUID, person_id: UUID) -> ProjectRow:
    """A project one is in or asked into; `state` says which."""
    found = await people.one(read, project_id, person_id)
    if found is None:
        raise NoSuchProject
    return found


async def joined_project(read: ReadSession, project_id: UUID, person_id: UUID) -> ProjectRow:
    """A project one is in."""
    found = await seen_project(read, project_id, person_id)
    if found.state != "in":
        raise NoSuchProject
    return found


async def seat_to_change(session: WriteSession, project_id: UUID, person_id: UUID) -> tuple[OwnProject, dict[UUID, str]]:
    """A project one is in or asked into, locked, with where everybody stands."""
    found = await people.hold(session, project_id)
    if found is None or found[1].get(person_id) not in ("in", "asked"):
        raise NoSuchProject
    return found


async def inside_project(session: WriteSession, project_id: UUID, person_id: UUID) -> tuple[OwnProject, dict[UUID, str]]:
    """A project one is in, locked."""
    project, seats = await seat_to_change(session, project_id, person_id)
    if seats[person_id] != "in":
        raise NoSuchProject
    return project, seats


async def own_project(session: WriteSession, project_id: UUID, person_id: UUID) -> tuple[OwnProject, dict[UUID, str]]:
    """One's own project, locked; whoever is in it too is told whose it is to change, and to all others it is not there."""
    project, seats = await inside_project(session, project_id, person_id)
    if project.owner_id != person_id:
        raise NotTheOwner
    return project, seats
