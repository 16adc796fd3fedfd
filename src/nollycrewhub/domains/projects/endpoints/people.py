"""/api/projects: projects, who is in them, their scenes and shooting days."""

from typing import Annotated
from uuid import UUID

from litestar import Response, delete, get, post, put
from litestar.params import Parameter

from nollycrewhub.domains.projects import service
from nollycrewhub.domains.projects.schemas import (
    DayAnswer,
    DayInput,
    Inviting,
    ProjectAnswer,
    ProjectInput,
    ProjectList,
    ProjectScenes,
    ProjectTurn,
    ProjectWhole,
)
from nollycrewhub.platform.created import created
from nollycrewhub.platform.db import ReadSession, WriteSession
from nollycrewhub.platform.ports import Ports
from nollycrewhub.platform.ratelimit import Limiter
from nollycrewhub.platform.sessions import Viewer

ONE = "/api/projects/{project_id:uuid}"


@get("/api/projects", access="member", summary="My projects")
async def list_projects(read: ReadSession, member: Viewer) -> ProjectList:
    """Those one is in, and those one is asked into."""
    return ProjectList(projects=await service.mine(read, member.person_id))


@post("/api/projects", access="member", summary="Begin a project")
async def begin_project(data: ProjectInput, write: WriteSession, member: Viewer) -> Response[ProjectAnswer]:
    """With its title, and a script of one's own if there is one."""
    project = await service.start(write, member.person_id, given=data)
    return created(ProjectAnswer(project=project), f"/api/projects/{project.id}")


@get(ONE, access="member", summary="One project")
async def get_project(project_id: UUID, read: ReadSession, member: Viewer, ports: Ports) -> ProjectWhole:
    """With its people and shooting days, for whoever is in it."""
    return await service.whole(read, member.person_id, project_id, ports=ports)


@put(ONE, access="member", summary="Change a project", status_code=204)
async def change_project(project_id: UUID, data: ProjectInput, write: WriteSession, member: Viewer) -> None:
    """Its title and script; its owner's to do, as everything below but coming and going."""
    await service.change(write, member.person_id, project_id, given=data)


@delete(ONE, access="member", summary="Delete a project")
async def end_project(project_id: UUID, write: WriteSession, member: Viewer) -> None:
    """For everybody in it, its conversations too. The script stays."""
    await service.end(write, member.person_id, project_id)


@get(ONE + "/scenes", access="member", summary="Scenes of a project's script")
async def get_scenes(
    project_id: UUID, read: ReadSession, member: Viewer, cursor: Annotated[int, Parameter(ge=0, le=10**6)] = 0,
    limit: Annotated[int, Parameter(ge=1, le=100)] = service.SCENES,
) -> ProjectScenes:  # fmt: skip
    """In the script's order; `next` of one answer is `cursor` of the following one."""
    return await service.scenes(read, member.person_id, project_id, after=cursor, limit=limit)


@post(ONE + "/members", access="member", summary="Ask somebody into a project", status_code=204, problems=(429,))
async def invite(
    project_id: UUID, data: Inviting, read: ReadSession, write: WriteSession, member: Viewer, ports: Ports, limiter: Limiter
) -> None:  # fmt: skip
    """By their handle. They are in it when they accept; a no is not told."""
    await limiter.check(f"invite:{member.person_id}", limit=service.INVITATIONS_AN_HOUR, per=3600, needed=False)
    await service.invite(write, read, member.person_id, project_id, handle=data.handle, ports=ports)


@delete(ONE + "/members/{person_id:uuid}", access="member", summary="Take somebody out of a project")
async def put_out(project_id: UUID, person_id: UUID, write: WriteSession, member: Viewer) -> None:
    """Or take an invitation back."""
    await service.put_out(write, member.person_id, project_id, other=person_id)


@post(ONE + "/turn", access="member", summary="Accept, decline or leave", status_code=204)
async def turn(project_id: UUID, data: ProjectTurn, write: WriteSession, member: Viewer) -> None:
    """With the project go its conversations."""
    await service.turn(write, member.person_id, project_id, to=data.turn)


@post(ONE + "/days", access="member", summary="Add a shooting day")
async def add_day(project_id: UUID, data: DayInput, write: WriteSession, member: Viewer) -> Response[DayAnswer]:
    """A date, and a name if it has one."""
    day = await service.add_day(write, member.person_id, project_id, given=data)
    return created(DayAnswer(day=day), f"/api/projects/{project_id}")


@delete(ONE + "/days/{day_id:uuid}", access="member", summary="Remove a shooting day")
async def remove_day(project_id: UUID, day_id: UUID, write: WriteSession, member: Viewer) -> None:
    """What was said about it stays with the people of the project."""
    await service.remove_day(write, member.person_id, project_id, day_id)


ENDPOINTS = (
    list_projects, begin_project, get_project, change_project, end_project, get_scenes, invite, put_out, turn, add_day, remove_day,
)  # fmt: skip
