"""The SQL of reported posts."""

from typing import Any
from uuid import UUID

from nollycrewhub.domains.jobs.schemas import OwnReport, ReportedPost
from nollycrewhub.platform.db import Query, ReadSession, WriteSession

# One row for each post, the most reported first; what is taken away already waits for nobody.
WAITING = Query(
    ReportedPost,
    "select j.id as job_id, j.title, j.company, j.status, j.description, count(*)::int as reports, min(r.created_at) as since, "
    "array_agg(distinct r.reason) as reasons, coalesce(array_agg(r.note order by r.id) filter (where r.note <> ''), '{}') as notes "
    "from jobs.report r join jobs.job j on j.id = r.job_id where r.decision is null and j.status <> 'shelved' "
    "group by j.id order by reports desc, since limit $1",
)
IS_WAITING = Query(bool, "select exists (select from jobs.report where job_id = $1 and reporter_id = $2 and decision is null)")
MINE = Query(
    OwnReport,
    "select id, job_id, reporter_id, reason, note, created_at, decision, decided_at from jobs.report where reporter_id = $1 order by id",
)
ADD = (
    "insert into jobs.report (id, job_id, reporter_id, reason, note) values ($1, $2, $3, $4, $5) "
    "on conflict (job_id, reporter_id) where decision is null do nothing returning 1"
)
DECIDE = "update jobs.report set decision = $2, decided_by = $3, decided_at = now() where job_id = $1 and decision is null returning 1"
FORGET_REPORTER = "update jobs.report set reporter_id = null, note = '' where reporter_id = $1"
FORGET_OPERATOR = "update jobs.report set decided_by = null where decided_by = $1"


async def waiting(read: ReadSession, *, limit: int) -> list[ReportedPost]:
    """Posts with reports that nobody has decided."""
    return await read.rows(WAITING, limit)


async def is_waiting(read: ReadSession, job_id: int, person_id: UUID) -> bool:
    """Whether this person's report of it is still open."""
    found = await read.value(IS_WAITING, job_id, person_id)
    return bool(found)


async def add(session: WriteSession, report_id: UUID, job_id: int, reporter_id: UUID, *, reason: str, note: str) -> bool:
    """Stores a report; False when one by this person is open already."""
    return bool(await session.sql(ADD, report_id, job_id, reporter_id, reason, note))


async def decide(session: WriteSession, job_id: int, decision: str, *, by: UUID | None) -> int:
    """Settles all open reports of a post; how many there were."""
    return len(await session.sql(DECIDE, job_id, decision, by))


async def everything(read: ReadSession, person_id: UUID) -> dict[str, Any]:
    """What a person has reported."""
    return {"reports": await read.rows(MINE, person_id)}


async def erase(session: WriteSession, person_id: UUID) -> None:
    """The reports stay, without who made them, what they wrote, or who decided."""
    await session.sql(FORGET_REPORTER, person_id)
    await session.sql(FORGET_OPERATOR, person_id)
