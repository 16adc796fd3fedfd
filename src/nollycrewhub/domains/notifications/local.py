"""The in-process answer to contracts.notifications."""

from uuid import UUID

from nollycrewhub.domains.notifications import service
from nollycrewhub.platform.db import ReadSession


class LocalUnopened:
    """Counts over our own table."""

    async def unopened(self, read: ReadSession, person_id: UUID) -> int:
        """The same rows as the page of notices."""
        return await service.unread(read, person_id)
