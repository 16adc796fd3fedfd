"""What others may ask about messages."""

from typing import Any, Protocol
from uuid import UUID


class Unread(Protocol):
    """The figure of a badge."""

    async def unread(self, read: Any, person_id: UUID) -> int:
        """How many messages the inbox shows as unread, counted over the same rows as the inbox."""
