"""The in-process answer to contracts.projects."""

from uuid import UUID

from nollycrewhub.contracts.projects import Room
from nollycrewhub.domains.projects import service
from nollycrewhub.platform.db import ReadSession


class LocalRooms:
    """Reads our own tables."""

    async def room(self, read: ReadSession, kind: str, about_id: str) -> Room | None:
        """What of a project can be talked about."""
        return await service.room(read, kind, about_id)

    async def inside(self, read: ReadSession, project_id: UUID) -> list[UUID]:
        """Who is in a project."""
        return await service.inside(read, project_id)
