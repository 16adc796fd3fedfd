"""The in-process answer to contracts.jobs."""

from nollycrewhub.contracts.jobs import JobCard
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
