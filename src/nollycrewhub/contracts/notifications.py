"""What others may ask about notices."""

from typing import Any, Protocol
from uuid import UUID


class Unopened(Protocol):
    """The figure of a badge."""

    async def unopened(self, read: Any, person_id: UUID) -> int:
        """How many notices of all kinds the person has never opened, as their page counts them."""
