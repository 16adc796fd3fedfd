"""The SQL of applying: the listing and what the person has sent to it before, in one question."""

from uuid import UUID

from nollycrewhub.domains.jobs.schemas import PlaceRow
from nollycrewhub.platform.db import WriteSession

# Many may apply at once, so they share the lock: it only keeps the listing as it is until the commit.
PLACE = """
select j.id, j.title, j.poster_id, j.kind, j.state, j.status, j.deadline, j.reopened_at, a.id as application_id
from jobs.job j left join jobs.application a on a.job_id = j.id and a.applicant_id = $2 where j.id = $1 for share of j
"""


async def place(session: WriteSession, job_id: int, person_id: UUID) -> PlaceRow | None:
    """A listing in any state as somebody who applies needs it, locked against changes."""
    found = await session.sql(PLACE, job_id, person_id)
    return PlaceRow(**dict(found[0])) if found else None
