"""Listings that an operator takes away: one by a reason, or all of a person whose account was closed.

Whoever waits gets an answer, the poster keeps the text, and nothing comes back by itself.
"""

from uuid import UUID

from nollycrewhub.contracts import events
from nollycrewhub.domains.jobs import access, repository
from nollycrewhub.domains.jobs.models import Job, Review
from nollycrewhub.domains.jobs.repository import reporting
from nollycrewhub.domains.jobs.schemas import ShelveOne
from nollycrewhub.domains.jobs.service.answering import answer_everyone
from nollycrewhub.domains.jobs.service.listings import about, reason_of, refresh, turn
from nollycrewhub.kit.ids import uuid7
from nollycrewhub.platform import audit
from nollycrewhub.platform.db import WriteSession
from nollycrewhub.platform.events import cause_of, emit
from nollycrewhub.platform.queue import enqueue

ACCOUNT_CLOSED = "The account that posted it was closed."


async def shelve(session: WriteSession, job: Job, reason: str, *, by: UUID | None = None) -> None:
    """Out of everyone's sight but the poster's; both queues forget it, and everybody who waits is answered."""
    turn(session, job, "shelve")
    job.held_reason = reason
    refresh(job)
    await session.flush()
    await repository.settle_reviews(session, job.id)
    await reporting.decide(session, job.id, "take-away", by=by)
    await answer_everyone(session, job)
    await emit(session, events.JobClosed(**about(job), reason=reason))


async def take_away(session: WriteSession, operator_id: UUID, job_id: int, note: str) -> Job:
    """An operator closes any listing that is or was public. As after a refusal, a changed text waits for an operator."""
    job = await access.job_for_operator(session, job_id)
    reason = reason_of(note)
    await shelve(session, job, reason, by=operator_id)
    await repository.add_review(session, Review(
        id=uuid7(), job_id=job.id, reason="An operator closed it.", phrases=[], decision="refuse", decided_by=operator_id,
        note=reason, decided_at=job.updated_at,
    ))  # fmt: skip
    await audit.record(session, operator_id, "job.closed", subject=f"job:{job.id}")
    return job


async def shelve_all_of(session: WriteSession, person_id: UUID) -> None:
    """One job of the queue for each open or held listing of somebody whose account was closed."""
    for job_id in await repository.standing(session, person_id):
        await enqueue(session, "jobs.shelve", ShelveOne(job_id, cause_of(session)))


async def shelve_one(session: WriteSession, job_id: int) -> None:
    """Shelves it, unless it is neither open nor held any more."""
    job = await repository.job(session, job_id)
    if job is not None and job.status in ("open", "held"):
        await shelve(session, job, ACCOUNT_CLOSED)
