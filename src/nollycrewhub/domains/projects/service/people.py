"""Use cases of projects: begin one, ask people in, come and go, name its shooting days."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from nollycrewhub.contracts.events import ProjectChanged, ProjectInvited, ProjectStarted, ProjectUninvited
from nollycrewhub.contracts.messages import Ties
from nollycrewhub.contracts.projects import Room
from nollycrewhub.contracts.users import People, PersonCard
from nollycrewhub.domains.projects import access, repository
from nollycrewhub.domains.projects.errors import BadProject, CannotDoThat, NobodyToInvite, NoSuchDay, NoSuchScript, ProjectFull
from nollycrewhub.domains.projects.repository import people
from nollycrewhub.domains.projects.schemas import (
    LONGEST_DAY,
    LONGEST_TITLE,
    DayInput,
    ProjectInput,
    ProjectMemberRow,
    ProjectPerson,
    ProjectRow,
    ProjectScenes,
    ProjectWhole,
    ShootingDayRow,
)
from nollycrewhub.kit.ids import uuid7
from nollycrewhub.kit.text import clean, has_control, letters
from nollycrewhub.kit.time import lagos_day, spoken_day, utcnow
from nollycrewhub.kit.told import told
from nollycrewhub.platform.db import ReadSession, WriteSession
from nollycrewhub.platform.events import emit
from nollycrewhub.platform.ports import Ports

MOST_OWNED, MOST_PEOPLE, MOST_WAITING, MOST_DAYS, MOST_LISTED = 50, 100, 20, 200, 200
INVITATIONS_AN_HOUR = 60
LEFT = told("Somebody who has left")
FARTHEST = timedelta(days=5 * 366)


def called(text: str, field: str, most: int, *, optional: bool = False) -> str:
    """A title or a name on one line."""
    try:
        found = " ".join(clean(text).split())
    except ValueError as error:
        raise BadProject(str(error), field=field) from error
    if not letters(found) and not (optional and not found):
        raise BadProject(told("Use letters or digits, so that people can read it out."), field=field)
    return found[:most]


async def changed(session: WriteSession, project_id: UUID) -> None:
    """Tells whoever keeps something of the project; they ask how it is, so order does not matter."""
    await emit(session, ProjectChanged(aggregate_id=str(project_id), version=now_in_ms(), project_id=project_id))


def now_in_ms() -> int:
    """The version of an event whose order with others does not matter."""
    return int(utcnow().timestamp() * 1000)


async def check_script(session: WriteSession, person_id: UUID, script_id: UUID | None) -> None:
    """A project shoots a script of its owner's."""
    if script_id is not None and not await people.owns_script(session, script_id, person_id):
        raise BadProject(told("There is no such script of yours."), field="script_id")


async def start(session: WriteSession, person_id: UUID, *, given: ProjectInput) -> ProjectRow:
    """A new project with its owner in it."""
    title = called(given.title, "title", LONGEST_TITLE)
    await check_script(session, person_id, given.script_id)
    if await people.count_owned(session, person_id) >= MOST_OWNED:
        raise ProjectFull(told("One person has at most %(most)s projects. Delete one that is over.", most=MOST_OWNED))
    project_id = uuid7()
    await people.add(session, project_id, person_id, title=title, script_id=given.script_id)
    await emit(session, ProjectStarted(aggregate_id=str(project_id), version=1, project_id=project_id, owner_id=person_id))
    return ProjectRow(
        id=project_id, owner_id=person_id, title=title, script_id=given.script_id, created_at=utcnow(), state="in", people=1
    )  # fmt: skip


async def change(session: WriteSession, person_id: UUID, project_id: UUID, *, given: ProjectInput) -> None:
    """Another title or script."""
    await access.own_project(session, project_id, person_id)
    title = called(given.title, "title", LONGEST_TITLE)
    await check_script(session, person_id, given.script_id)
    await people.change(session, project_id, title=title, script_id=given.script_id)
    await changed(session, project_id)


async def check_owner(session: WriteSession, person_id: UUID, project_id: UUID) -> None:
    """Refuses whoever does not own it, before anything of theirs is read."""
    await access.own_project(session, project_id, person_id)


async def set_script(session: WriteSession, person_id: UUID, project_id: UUID, script_id: UUID | None) -> None:
    """The script whose scenes it shoots from now on, if any."""
    project, _ = await access.own_project(session, project_id, person_id)
    await people.change(session, project_id, title=project.title, script_id=script_id)
    await changed(session, project_id)


async def script_in(session: WriteSession, person_id: UUID, project_id: UUID) -> UUID:
    """The script of one's own project, to change; NoSuchScript where it has none."""
    project, _ = await access.own_project(session, project_id, person_id)
    if project.script_id is None:
        raise NoSuchScript
    return project.script_id


async def drop_script(session: WriteSession, person_id: UUID, project_id: UUID) -> UUID:
    """The project shoots no script any more; which it was, for whoever deletes it."""
    script_id = await script_in(session, person_id, project_id)
    await set_script(session, person_id, project_id, None)
    return script_id


async def end(session: WriteSession, person_id: UUID, project_id: UUID) -> None:
    """Deletes it for everybody; the script stays its owner's."""
    _, seats = await access.own_project(session, project_id, person_id)
    await people.remove(session, project_id)
    for other, state in seats.items():
        if state == "asked":
            await uninvited(session, project_id, other)
    await changed(session, project_id)


async def invite(session: WriteSession, read: ReadSession, person_id: UUID, project_id: UUID, *, handle: str, ports: Ports) -> None:
    """Asks somebody of the directory, or whom the owner writes with already. Whoever has blocked the owner is not asked, and nobody told."""
    _, seats = await access.own_project(session, project_id, person_id)
    found, ties = ports.find(People), ports.find(Ties)
    standing = await found.standing(read, person_id) if found is not None else None
    if standing is None or not standing.confirmed:
        raise CannotDoThat(told("Confirm your e-mail address or phone number first. Then you can ask people in."))
    if has_control(handle):
        raise BadProject(told("This holds characters that cannot be seen. Type it again."), field="handle")
    wanted = handle.strip().removeprefix("@")
    one = (await found.by_handles(read, [wanted])).get(wanted) if found is not None else None
    if one is None or not (one.listed or (ties is not None and one.person_id in await ties.known(read, person_id, [one.person_id]))):
        raise NobodyToInvite(told("This is nobody you can ask. Look at the spelling of the handle."), field="handle")
    other = one.person_id
    if other in seats:  # in it, asked, or has said no, which nobody is told
        return
    if len(seats) >= MOST_PEOPLE:
        raise ProjectFull(told("A project has at most %(most)s people.", most=MOST_PEOPLE))
    if sum(state != "in" for state in seats.values()) >= MOST_WAITING:
        raise ProjectFull(told("%(number)s invitations wait for an answer. Ask more when they have come.", number=MOST_WAITING))
    if ties is not None and other in await ties.blocking(read, person_id, [other]):
        await people.sit(session, project_id, other, "declined")
        return
    await people.sit(session, project_id, other, "asked")
    await emit(session, ProjectInvited(
        aggregate_id=str(project_id), version=len(seats) + 1, project_id=project_id, inviter_id=person_id, person_id=other
    ))  # fmt: skip


async def turn(session: WriteSession, person_id: UUID, project_id: UUID, *, to: str) -> None:
    """Accepts, declines or leaves. The owner of the project is not told of a no."""
    project, seats = await access.seat_to_change(session, project_id, person_id)
    if to == "leave" and project.owner_id == person_id:
        raise CannotDoThat(told("The project is yours. Delete it when it is over."))
    if (seats[person_id] == "asked") is (to == "leave"):
        raise CannotDoThat
    if to == "accept":
        await people.sit(session, project_id, person_id, "in")
    elif to == "decline":
        await people.sit(session, project_id, person_id, "declined")
        return
    else:
        await people.stand(session, project_id, person_id)
    await changed(session, project_id)


async def put_out(session: WriteSession, person_id: UUID, project_id: UUID, *, other: UUID) -> None:
    """Takes somebody out, or takes an invitation back."""
    _, seats = await access.inside_project(session, project_id, person_id)
    if other not in seats:
        raise NobodyToInvite(told("That person is not in the project."))
    await access.own_project(session, project_id, person_id)
    if other == person_id:
        raise CannotDoThat(told("The project is yours. Delete it when it is over."))
    if seats[other] == "declined":  # a no stays a no, however often one asks
        return
    await people.stand(session, project_id, other)
    if seats[other] == "asked":
        await uninvited(session, project_id, other)
    await changed(session, project_id)


async def uninvited(session: WriteSession, project_id: UUID, person_id: UUID) -> None:
    """Whoever was told that they are asked is not any more."""
    await emit(session, ProjectUninvited(aggregate_id=str(project_id), version=now_in_ms(), project_id=project_id, person_id=person_id))


async def add_day(session: WriteSession, person_id: UUID, project_id: UUID, *, given: DayInput) -> ShootingDayRow:
    """A day on which it shoots."""
    await access.own_project(session, project_id, person_id)
    name = called(given.name, "name", LONGEST_DAY, optional=True)
    if abs(given.day - lagos_day()) > FARTHEST:
        raise BadProject(told("Write a day of the last or of the coming five years."), field="day")
    if await people.count_days(session, project_id) >= MOST_DAYS:
        raise ProjectFull(told("A project has at most %(most)s shooting days.", most=MOST_DAYS))
    row = ShootingDayRow(id=uuid7(), project_id=project_id, day=given.day, name=name)
    await people.add_day(session, row)
    return row


async def remove_day(session: WriteSession, person_id: UUID, project_id: UUID, day_id: UUID) -> None:
    """It does not shoot on that day."""
    await access.inside_project(session, project_id, person_id)
    if not await people.has_day(session, project_id, day_id):
        raise NoSuchDay
    await access.own_project(session, project_id, person_id)
    await people.remove_day(session, project_id, day_id)
    await changed(session, project_id)


async def mine(read: ReadSession, person_id: UUID) -> list[ProjectRow]:
    """What one is in or asked into, newest first."""
    return await people.mine(read, person_id, limit=MOST_LISTED)


async def whole(read: ReadSession, person_id: UUID, project_id: UUID, *, ports: Ports) -> ProjectWhole:
    """A project with its people and days; who is only asked sees whose it is."""
    project = await access.seen_project(read, project_id, person_id)
    is_in = project.state == "in"
    rows = await people.people(read, project_id) if is_in else []
    found = ports.find(People)
    cards = await found.cards(read, [project.owner_id, *(row.person_id for row in rows)]) if found is not None else {}
    owner = cards[project.owner_id].label if project.owner_id in cards else LEFT
    return ProjectWhole(
        project=project, owner=owner, people=shown(rows, cards, project.owner_id == person_id),
        days=await people.days(read, project_id) if is_in else [],
    )  # fmt: skip


def shown(rows: Iterable[ProjectMemberRow], cards: dict[UUID, PersonCard], is_owner: bool) -> list[ProjectPerson]:
    """Who is in it by name; who has not answered, or has said no, is asked, and only the owner sees that."""
    return [
        ProjectPerson(
            id=row.person_id, name=LEFT if (card := cards.get(row.person_id)) is None else card.name if row.state == "in" else card.label,
            handle=card.handle if card is not None else "", photo=card.photo if card is not None else None,
            state="in" if row.state == "in" else "asked",
        )
        for row in rows
        if row.state == "in" or is_owner
    ]  # fmt: skip


async def scenes(read: ReadSession, person_id: UUID, project_id: UUID, *, after: int, limit: int) -> ProjectScenes:
    """A page of the scenes of its script, for everybody in it."""
    project = await access.joined_project(read, project_id, person_id)
    if project.script_id is None:
        return ProjectScenes(scenes=[])
    found = await repository.scenes(read, project.script_id, after=after, limit=limit + 1)
    return ProjectScenes(scenes=found[:limit], next=found[limit - 1].n if len(found) > limit else None)


async def room(read: ReadSession, kind: str, about_id: str) -> Room | None:
    """What a conversation hangs on, as contracts.projects has it."""
    try:
        found = await {"project": project_room, "scene": scene_room, "day": day_room}[kind](read, about_id)
    except (KeyError, ValueError):
        return None
    if found is None:
        return None
    project_id, title = found
    return Room(project_id=project_id, title=title, link=f"/me/projects/{project_id}", people=await people.inside(read, project_id))


async def project_room(read: ReadSession, about_id: str) -> tuple[UUID, str] | None:
    """The project itself."""
    title = await people.title(read, UUID(about_id))
    return (UUID(about_id), title) if title is not None else None


async def scene_room(read: ReadSession, about_id: str) -> tuple[UUID, str] | None:
    """A scene of the script that the project has now."""
    project, script, n = about_id.split(":")
    heading = await people.scene(read, UUID(project), UUID(script), int(n)) if n.isascii() and n.isdecimal() and len(n) < 7 else None
    title = await people.title(read, UUID(project))
    return (UUID(project), f"{title}: {heading}") if heading is not None and title is not None else None


async def day_room(read: ReadSession, about_id: str) -> tuple[UUID, str] | None:
    """A shooting day."""
    row = await people.day(read, UUID(about_id))
    title = await people.title(read, row.project_id) if row is not None else None
    return (
        (row.project_id, ": ".join(filter(None, (title, row.name, spoken_day(row.day))))) if row is not None and title is not None else None
    )


async def inside(read: ReadSession, project_id: UUID) -> list[UUID]:
    """Who is in it."""
    return await people.inside(read, project_id)


async def export_projects(read: ReadSession, person_id: UUID) -> list[dict[str, Any]]:
    """Every project one has to do with."""
    return await people.export(read, person_id)


async def erase_projects(session: WriteSession, person_id: UUID) -> None:
    """They are in none any more; their own go to whoever has been in them longest, or away where nobody is."""
    for project_id, owner_id in await people.of_person(session, person_id):
        found = await people.hold(session, project_id)
        if found is None:
            continue
        await people.stand(session, project_id, person_id)
        others = [one for one, state in found[1].items() if state == "in" and one != person_id]
        if owner_id == person_id and others:
            await people.hand_over(session, project_id, others[0])
        elif owner_id == person_id:
            await people.remove(session, project_id)
        await changed(session, project_id)
