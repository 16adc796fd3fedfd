"""What others may ask about jobs."""

from collections.abc import Collection
from typing import Any, Protocol
from uuid import UUID

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


class ApplicationParties(msgspec.Struct, frozen=True, kw_only=True):
    """Between whom an application is, and what it is called."""

    job_id: int
    job_title: str
    poster_id: UUID
    applicant_id: UUID


class Applications(Protocol):
    """What conversations that hang on an application ask."""

    async def parties(self, read: Any, application_id: UUID) -> ApplicationParties | None:
        """Poster and applicant; None for one that is not there."""


class Finds(Protocol):
    """What saved searches found."""

    async def still_told(self, read: Any, person_id: UUID, job_ids: Collection[int], *, by_mail: bool) -> frozenset[int]:
        """Those of them that are open still, and whose search is kept and, where asked, tells by mail."""
