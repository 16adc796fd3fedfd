"""Between whom an application is, for conversations that hang on it."""

from uuid import UUID

from nollycrewhub.contracts.jobs import ApplicationParties
from nollycrewhub.platform.db import Query, ReadSession

PARTIES = Query(
    ApplicationParties,
    "select j.id as job_id, j.title as job_title, j.poster_id, a.applicant_id from jobs.application a join jobs.job j on j.id = a.job_id "
    "where a.id = $1 and j.title <> ''",
)


async def parties(read: ReadSession, application_id: UUID) -> ApplicationParties | None:
    """The poster and the applicant."""
    return await read.one(PARTIES, application_id)
