"""What others may ask about messages."""

from collections.abc import Sequence
from typing import Any, Protocol
from uuid import UUID


class Unread(Protocol):
    """The figure of a badge."""

    async def unread(self, read: Any, person_id: UUID) -> int:
        """How many messages the inbox shows as unread, counted over the same rows as the inbox."""


class Ties(Protocol):
    """How people stand to each other, for whoever lets one ask another into something."""

    async def known(self, read: Any, person_id: UUID, others: Sequence[UUID]) -> set[UUID]:
        """With whom of these the person is in a conversation that both have agreed to."""

    async def blocking(self, read: Any, person_id: UUID, others: Sequence[UUID]) -> set[UUID]:
        """Who of these has blocked the person, who must not be told."""
