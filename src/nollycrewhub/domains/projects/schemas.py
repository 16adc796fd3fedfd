"""Payloads of scripts."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

State = Literal["waiting", "reading", "ready", "unreadable", "failed"]


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
    """A script as its owner sees it; `problem` says in words why it is unreadable."""

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
    """POST /api/projects/scripts."""

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
