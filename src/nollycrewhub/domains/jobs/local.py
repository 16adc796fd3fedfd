"""The in-process answer to contracts.jobs."""

from collections.abc import Collection
from uuid import UUID

from nollycrewhub.contracts.jobs import ApplicationParties, JobCard
from nollycrewhub.domains.jobs.repository.parties import parties
from nollycrewhub.domains.jobs.repository.watching import still_told
from nollycrewhub.domains.jobs.service.searching import search_cards
from nollycrewhub.kit.time import rfc3339
from nollycrewhub.platform.db import ReadSession


class LocalNewestJobs:
    """Answers from our own tables."""

    async def newest(self, read: ReadSession, *, limit: int) -> list[JobCard]:
        """Newest open listings."""
        found = await search_cards(read, {"limit": str(limit)})
        return [
            JobCard(
                id=row.id, title=row.title, company=row.company, location=row.location, salary=row.salary,
                posted=rfc3339(row.posted_at),
            )
            for row in found.cards
        ]  # fmt: skip


class LocalApplications:
    """Between whom an application is."""

    async def parties(self, read: ReadSession, application_id: UUID) -> ApplicationParties | None:
        """In any state: who was turned down may still ask why."""
        return await parties(read, application_id)


class LocalFinds:
    """Answers from our own tables."""

    async def still_told(self, read: ReadSession, person_id: UUID, job_ids: Collection[int], *, by_mail: bool) -> frozenset[int]:
        """Of a search that was forgotten or whose mails were stopped, and of a listing that is not open any more, nothing."""
        return await still_told(read, person_id, job_ids, by_mail=by_mail)
