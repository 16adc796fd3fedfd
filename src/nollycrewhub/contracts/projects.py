"""What others may ask about projects."""

from collections.abc import Sequence
from typing import Any, Protocol
from uuid import UUID

import msgspec


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """Something of a project that can be talked about: the project itself, a scene, or a shooting day."""

    project_id: UUID
    title: str
    link: str
    people: Sequence[UUID]
    """Everybody who is in the project."""


class Rooms(Protocol):
    """What conversations that hang on projects ask."""

    async def room(self, read: Any, kind: str, about_id: str) -> Room | None:
        """The `project`, `scene` (project:script:number) or `day` of this id; None for one that is not there."""

    async def inside(self, read: Any, project_id: UUID) -> Sequence[UUID]:
        """Who is in a project; nobody when it is gone."""
