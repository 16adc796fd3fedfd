"""/me/projects: begin a project, ask people in, its scenes and shooting days. Whole without a script."""

from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import Parameter

from nollycrewhub.domains.projects import service
from nollycrewhub.domains.projects.errors import BadProject, EmptyScript
from nollycrewhub.domains.projects.schemas import DayInput, ProjectInput, ProjectPage, ProjectsPage
from nollycrewhub.kit.time import lagos_day
from nollycrewhub.kit.told import told
from nollycrewhub.platform.context import AnyRequest
from nollycrewhub.platform.db import Database, ReadSession, WriteSession
from nollycrewhub.platform.errors import Problem
from nollycrewhub.platform.ports import Ports
from nollycrewhub.platform.ratelimit import Limiter
from nollycrewhub.platform.sessions import Viewer
from nollycrewhub.platform.storage import Storage
from nollycrewhub.web.forms import read_form
from nollycrewhub.web.page import go, page

HOME = "/me/projects"
ONE = HOME + "/{project_id:uuid}"
TURNS = ("accept", "decline", "leave")
SCENES = 30


@get(HOME, access="member", include_in_schema=False)
async def projects_page(read: ReadSession, member: Viewer) -> Response[bytes]:
    """What one is in, and what one is asked into."""
    props = ProjectsPage(projects=await service.mine(read, member.person_id), person_id=member.person_id)
    return page("projects/projects.html", props, title=told("Projects"))


@post(HOME, access="member", include_in_schema=False)
async def begin_page(request: AnyRequest, db: Database, write: WriteSession, member: Viewer) -> Response[bytes]:
    """Begins one, or says what is missing."""
    form = await read_form(request, ProjectInput)
    error, status = form.errors.get("title", ""), 422
    try:
        if form.value is not None:
            project = await service.start(write, member.person_id, given=msgspec.structs.replace(form.value, script_id=None))
            return go(f"{HOME}/{project.id}")
    except Problem as refused:
        error, status = refused.detail, refused.status
    mine = await service.mine(db.read_session(primary=True), member.person_id)
    props = ProjectsPage(
        projects=mine, person_id=member.person_id, title=form.raw.get("title", ""), error=error or told("Write its title.")
    )
    return page("projects/projects.html", props, title=told("Projects"), status=status)


async def shown(
    read: ReadSession, member: Viewer, project_id: UUID, ports: Ports, *, after: int = 0, status: int = 200,
    typed: dict[str, str] | None = None, errors: dict[str, str] | None = None,
) -> Response[bytes]:  # fmt: skip
    """One project."""
    whole = await service.whole(read, member.person_id, project_id, ports=ports)
    is_in = whole.project.state == "in"
    found = await service.scenes(read, member.person_id, project_id, after=after, limit=SCENES) if is_in else None
    props = ProjectPage(
        whole=whole, is_owner=whole.project.owner_id == member.person_id, script=await service.state_of(read, whole.project.script_id) if is_in else None,
        scenes=found.scenes if found else [], next=found.next if found else None, today=lagos_day(), typed=typed or {}, errors=errors or {},
    )  # fmt: skip
    return page("projects/project.html", props, title=whole.project.title, status=status)


@get(ONE, access="member", include_in_schema=False)
async def project_page(
    project_id: UUID, read: ReadSession, member: Viewer, ports: Ports, scenes: Annotated[int, Parameter(ge=0, le=10**6)] = 0
) -> Response[bytes]:  # fmt: skip
    """Its people, its days, and a page of its scenes."""
    return await shown(read, member, project_id, ports, after=scenes)


async def refused(
    db: Database, member: Viewer, project_id: UUID, ports: Ports, error: Problem, field: str, typed: dict[str, str]
) -> Response[bytes]:  # fmt: skip
    """The project with what stands against what was typed, beside the field; to whom it is not there, it is not there."""
    errors = {field: error.detail}
    return await shown(db.read_session(primary=True), member, project_id, ports, status=error.status, typed=typed, errors=errors)


@post(ONE, access="member", include_in_schema=False)
async def change_page(
    project_id: UUID, request: AnyRequest, db: Database, read: ReadSession, write: WriteSession, member: Viewer, ports: Ports
) -> Response[bytes]:  # fmt: skip
    """Gives it another title."""
    title = str((await request.form()).get("title", ""))[:400]
    try:
        project = (await service.whole(read, member.person_id, project_id, ports=ports)).project
        given = ProjectInput(title=title, script_id=project.script_id)
        await service.change(write, member.person_id, project_id, given=given)
    except Problem as error:
        return await refused(db, member, project_id, ports, error, "title", {"title": title})
    return go(f"{HOME}/{project_id}")


@post(ONE + "/script", access="member", include_in_schema=False)
async def script_page(
    project_id: UUID, request: AnyRequest, db: Database, write: WriteSession, member: Viewer, ports: Ports, storage: Storage
) -> Response[bytes]:  # fmt: skip
    """Takes in the script whose scenes it shoots."""
    file = (await request.form()).get("script")
    try:
        await service.check_owner(write, member.person_id, project_id)
        if not isinstance(file, UploadFile) or not file.filename:
            raise EmptyScript(told("Choose the script's file."), field="script")
        title = file.filename.rsplit(".", 1)[0]
        script = await service.upload(write, member.person_id, service.pieces_of(file.read), title=title, storage=storage)
        await service.set_script(write, member.person_id, project_id, script.id)
    except Problem as error:
        return await refused(db, member, project_id, ports, error, "script", {})
    return go(f"{HOME}/{project_id}")


@post(ONE + "/script/again", access="member", include_in_schema=False)
async def again_page(project_id: UUID, write: WriteSession, member: Viewer) -> Response[bytes]:
    """Has the script read again by one button."""
    await service.read_again(write, member.person_id, await service.script_in(write, member.person_id, project_id))
    return go(f"{HOME}/{project_id}")


@post(ONE + "/script/delete", access="member", include_in_schema=False)
async def drop_page(project_id: UUID, write: WriteSession, member: Viewer) -> Response[bytes]:
    """Deletes the script; the project stays."""
    await service.delete(write, member.person_id, await service.drop_script(write, member.person_id, project_id))
    return go(f"{HOME}/{project_id}")


@post(ONE + "/members", access="member", include_in_schema=False)
async def invite_page(
    project_id: UUID, request: AnyRequest, db: Database, read: ReadSession, write: WriteSession, member: Viewer, ports: Ports, limiter: Limiter
) -> Response[bytes]:  # fmt: skip
    """Asks somebody in."""
    handle = str((await request.form()).get("handle", ""))[:200]
    try:
        await limiter.check(f"invite:{member.person_id}", limit=service.INVITATIONS_AN_HOUR, per=3600, needed=False)
        await service.invite(write, read, member.person_id, project_id, handle=handle, ports=ports)
    except Problem as error:
        return await refused(db, member, project_id, ports, error, "handle", {"handle": handle})
    return go(f"{HOME}/{project_id}")


@post(ONE + "/members/{person_id:uuid}/out", access="member", include_in_schema=False)
async def out_page(project_id: UUID, person_id: UUID, write: WriteSession, member: Viewer) -> Response[bytes]:
    """Takes somebody out."""
    await service.put_out(write, member.person_id, project_id, other=person_id)
    return go(f"{HOME}/{project_id}")


@post(ONE + "/turn/{step:str}", access="member", include_in_schema=False)
async def turn_page(project_id: UUID, step: str, write: WriteSession, member: Viewer) -> Response[bytes]:
    """Accepts, declines or leaves by one button."""
    if step not in TURNS:
        raise BadProject(told("A project is accepted, declined or left."), field="step")
    await service.turn(write, member.person_id, project_id, to=step)
    return go(f"{HOME}/{project_id}" if step == "accept" else HOME)


@post(ONE + "/days", access="member", include_in_schema=False)
async def day_page(
    project_id: UUID, request: AnyRequest, db: Database, write: WriteSession, member: Viewer, ports: Ports
) -> Response[bytes]:  # fmt: skip
    """Adds a shooting day."""
    form = await request.form()
    typed = {"day": str(form.get("day", ""))[:40], "name": str(form.get("name", ""))[:200]}
    try:
        await service.check_owner(write, member.person_id, project_id)
        await service.add_day(write, member.person_id, project_id, given=DayInput(day=day_of(typed["day"]), name=typed["name"]))
    except Problem as error:
        field = "day_name" if getattr(error, "field", "") == "name" else "day"
        return await refused(db, member, project_id, ports, error, field, typed)
    return go(f"{HOME}/{project_id}")


def day_of(text: str) -> date:
    """A day as a form sends it."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise BadProject(told("Write a date, for example 2026-12-24."), field="day") from None


@post(ONE + "/days/{day_id:uuid}/remove", access="member", include_in_schema=False)
async def remove_day_page(project_id: UUID, day_id: UUID, write: WriteSession, member: Viewer) -> Response[bytes]:
    """Removes a shooting day."""
    await service.remove_day(write, member.person_id, project_id, day_id)
    return go(f"{HOME}/{project_id}")


@post(ONE + "/delete", access="member", include_in_schema=False)
async def end_page(project_id: UUID, write: WriteSession, member: Viewer) -> Response[bytes]:
    """Deletes it for everybody."""
    await service.end(write, member.person_id, project_id)
    return go(HOME)


PAGES = (
    projects_page, begin_page, project_page, change_page, script_page, again_page, drop_page, invite_page, out_page, turn_page, day_page, remove_day_page, end_page,
)  # fmt: skip
