"""The in-process answers to contracts.messages."""

from collections.abc import Sequence
from uuid import UUID

from nollycrewhub.domains.messages import service
from nollycrewhub.platform.db import ReadSession


class LocalUnread:
    """Counts over our own tables."""

    async def unread(self, read: ReadSession, person_id: UUID) -> int:
        """The same rows as the inbox."""
        return await service.unread(read, person_id)


class LocalTies:
    """Reads our own tables."""

    async def known(self, read: ReadSession, person_id: UUID, others: Sequence[UUID]) -> set[UUID]:
        """With whom both have agreed to write."""
        return await service.known_among(read, person_id, others)

    async def blocking(self, read: ReadSession, person_id: UUID, others: Sequence[UUID]) -> set[UUID]:
        """Who has blocked the person."""
        return await service.blocking_among(read, person_id, others)
