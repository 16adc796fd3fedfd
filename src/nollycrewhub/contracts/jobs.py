"""What others may ask about jobs."""

from typing import Any, Protocol

import msgspec


class JobCard(msgspec.Struct, frozen=True, kw_only=True):
    """A listing as a card: exactly the compact form of the API."""

    id: int
    title: str
    company: str
    location: str
    salary: str
    posted: str


class NewestJobs(Protocol):
    """The newest open listings."""

    async def newest(self, read: Any, *, limit: int) -> list[JobCard]:
        """Newest first."""
