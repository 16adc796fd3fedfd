"""Payloads and rows of scripts and of projects."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

State = Literal["waiting", "reading", "ready", "unreadable", "failed", "cancelled"]


class ScriptRow(msgspec.Struct, frozen=True, kw_only=True):
    """A script as stored."""

    id: UUID
    owner_id: UUID
    title: str
    storage_key: str
    size: int
    state: str
    problem: str
    job_id: int | None
    scene_count: int
    created_at: datetime
    read_at: datetime | None


class SceneRow(msgspec.Struct, frozen=True, kw_only=True):
    """A scene heading: `place` INT, EXT, INT/EXT or empty; `light` the time of day, carried over CONTINUOUS and LATER."""

    n: int
    line: int
    number: str
    heading: str
    place: str
    set_name: str
    time: str
    light: str


class ReadingProgress(msgspec.Struct, frozen=True, kw_only=True):
    """How much of the script has been read, in bytes."""

    done: int
    of: int


class ScriptView(msgspec.Struct, frozen=True, kw_only=True):
    """A script as its owner sees it; `problem` says in words why it is unreadable, or not read."""

    id: UUID
    title: str
    size: int
    state: State
    progress: ReadingProgress
    scene_count: int
    created_at: datetime
    read_at: datetime | None = None
    problem: str = ""


class ScriptAnswer(msgspec.Struct, kw_only=True):
    """POST /api/projects/scripts, and of one that is to be read again."""

    script: ScriptView


class ScriptScenes(msgspec.Struct, kw_only=True):
    """GET /api/projects/scripts/{id}."""

    script: ScriptView
    scenes: list[SceneRow]
    next: int | None = None


class ScriptList(msgspec.Struct, kw_only=True):
    """GET /api/projects/scripts."""

    scripts: list[ScriptView]
    next: UUID | None = None


class Reading(msgspec.Struct, frozen=True):
    """The payload of `script-analysis`: the script's id only."""

    script_id: UUID


class Forgetting(msgspec.Struct, frozen=True):
    """The payload of `script.forget`: which file nobody owns any more."""

    storage_key: str


LONGEST_TITLE, LONGEST_DAY = 120, 80
Title = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_TITLE)]


class ProjectInput(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What a project is called, and the script of one's own whose scenes it shoots."""

    title: Title
    script_id: UUID | None = None


class Inviting(msgspec.Struct, forbid_unknown_fields=True):
    """Whom to ask into a project."""

    handle: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]


class ProjectTurn(msgspec.Struct, forbid_unknown_fields=True):
    """What one does with one's own place in a project."""

    turn: Literal["accept", "decline", "leave"]


class DayInput(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A shooting day."""

    day: date
    name: Annotated[str, msgspec.Meta(max_length=LONGEST_DAY)] = ""


class ProjectRow(msgspec.Struct, frozen=True, kw_only=True):
    """A project from where one person stands in it: `in`, or `asked`."""

    id: UUID
    owner_id: UUID
    title: str
    script_id: UUID | None
    created_at: datetime
    state: str
    people: int


class OwnProject(msgspec.Struct, frozen=True, kw_only=True):
    """A project that is locked."""

    id: UUID
    owner_id: UUID
    title: str
    script_id: UUID | None


class ProjectMemberRow(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody in a project, or asked into it."""

    person_id: UUID
    state: str
    since: datetime


class ShootingDayRow(msgspec.Struct, frozen=True, kw_only=True):
    """A shooting day."""

    id: UUID
    project_id: UUID
    day: date
    name: str


class ProjectPerson(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody in a project, by name once they have said yes."""

    id: UUID
    name: str
    handle: str
    photo: str | None
    state: str


class ProjectWhole(msgspec.Struct, kw_only=True):
    """GET /api/projects/{id}. Who is only asked sees what it is called and whose it is."""

    project: ProjectRow
    owner: str
    people: list[ProjectPerson]
    days: list[ShootingDayRow]


class ProjectAnswer(msgspec.Struct, kw_only=True):
    """POST /api/projects."""

    project: ProjectRow


class ProjectList(msgspec.Struct, kw_only=True):
    """GET /api/projects."""

    projects: list[ProjectRow]


class ProjectScenes(msgspec.Struct, kw_only=True):
    """GET /api/projects/{id}/scenes."""

    scenes: list[SceneRow]
    next: int | None = None


class DayAnswer(msgspec.Struct, kw_only=True):
    """POST /api/projects/{id}/days."""

    day: ShootingDayRow


class ProjectsPage(msgspec.Struct, kw_only=True):
    """Props of /me/projects."""

    projects: list[ProjectRow]
    person_id: UUID
    title: str = ""
    error: str = ""


class ProjectPage(msgspec.Struct, kw_only=True):
    """Props of one project; `typed` and `errors` are those of its forms."""

    whole: ProjectWhole
    is_owner: bool
    script: ScriptView | None
    scenes: list[SceneRow]
    next: int | None
    today: date
    typed: dict[str, str]
    errors: dict[str, str]
