"""What other domains may ask about people."""

from collections.abc import Sequence
from typing import Any, Protocol
from uuid import UUID

import msgspec


class PersonCard(msgspec.Struct, frozen=True, kw_only=True):
    """A person beside what they sent somebody (an application): the name, which goes with it, and what they show to members.

    Only who is `listed` has a page of their own for others.
    """

    person_id: UUID
    handle: str
    name: str
    state: str
    town: str
    photo: str | None
    roles: list[str]
    headline: str
    listed: bool


class MailAddress(msgspec.Struct, frozen=True, kw_only=True):
    """Where to write to a person; confirmed addresses only."""

    name: str
    email: str | None
    phone: str | None
    locale: str


class People(Protocol):
    """The users domain's answers."""

    async def cards(self, read: Any, ids: Sequence[UUID]) -> dict[UUID, PersonCard]:
        """Cards by id; erased people are missing."""

    async def address(self, read: Any, person_id: UUID) -> MailAddress | None:
        """Where to write to a person, or None when they are gone."""
