"""What is held about one person: out, or gone."""

from typing import Any
from uuid import UUID

import msgspec

from nollycrewhub.domains.projects import repository
from nollycrewhub.domains.projects.rules import MOST_SCENES
from nollycrewhub.domains.projects.service.people import erase_projects, export_projects
from nollycrewhub.domains.projects.service.scripts import forget
from nollycrewhub.platform.db import ReadSession, WriteSession
from nollycrewhub.platform.module import KeptFile


async def export_person(read: ReadSession, person_id: UUID) -> dict[str, Any]:
    """What this domain's tables hold about one person: scripts with their scenes, and projects. The texts are files."""
    scripts = []
    for row in await repository.own(read, person_id):
        found = await repository.scenes(read, row.id, after=0, limit=MOST_SCENES)
        scripts.append(
            {"id": row.id, "title": row.title, "size": row.size, "created_at": row.created_at, "scenes": msgspec.to_builtins(found)}
        )
    return {"scripts": msgspec.to_builtins(scripts), "projects": await export_projects(read, person_id)}


async def person_files(read: ReadSession, person_id: UUID) -> list[KeptFile]:
    """The scripts as they were sent, each under its id."""
    return [KeptFile(name=f"{row.id}.txt", key=row.storage_key) for row in await repository.own(read, person_id)]


async def erase_person(session: WriteSession, person_id: UUID) -> None:
    """Forgets them, and has their projects go on without them."""
    await erase_projects(session, person_id)
    for storage_key, job_id in await repository.delete_all(session, person_id):
        await forget(session, storage_key, job_id)
