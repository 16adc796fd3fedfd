"""The in-process answer to contracts.messages."""

from uuid import UUID

from nollycrewhub.domains.messages import service
from nollycrewhub.platform.db import ReadSession


class LocalUnread:
    """Counts over our own tables."""

    async def unread(self, read: ReadSession, person_id: UUID) -> int:
        """The same rows as the inbox."""
        return await service.unread(read, person_id)
