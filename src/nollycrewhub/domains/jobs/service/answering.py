"""Everybody gets an answer: whoever still waits when a listing closes is declined, each with an event."""

from uuid import UUID

from nollycrewhub.contracts.events import ApplicationMoved
from nollycrewhub.domains.jobs import repository
from nollycrewhub.domains.jobs.models import Application, Job
from nollycrewhub.domains.jobs.service.naming import called
from nollycrewhub.kit.time import utcnow
from nollycrewhub.platform.db import WriteSession
from nollycrewhub.platform.events import emit


async def move_to(session: WriteSession, job: Job, application: Application, after: str) -> None:
    """Moves an application and tells its applicant."""
    before, application.status = application.status, after
    application.version += 1
    application.moved_at = utcnow()
    await session.flush()
    is_left = job.poster_id == repository.NOBODY
    await emit(
        session,
        ApplicationMoved(
            aggregate_id=str(application.id), version=application.version, application_id=application.id, job_id=job.id,
            job_title=called(job.category, job.state) if is_left else job.title, applicant_id=application.applicant_id, before=before, after=after,
            job_kind=job.kind, job_state=job.state, poster_id=None if is_left else job.poster_id,
        ),
    )  # fmt: skip


async def answer_left(session: WriteSession, job_id: int) -> None:
    """Declines all who wait for a listing whose poster has left."""
    job = await repository.job(session, job_id)
    if job is not None and job.poster_id == repository.NOBODY:
        await answer_everyone(session, job)


async def answer_everyone(session: WriteSession, job: Job) -> list[UUID]:
    """Declines all who wait; their ids."""
    waiting = await repository.waiting_for(session, job.id)
    for application_id in waiting:
        application = await repository.application(session, application_id)
        if application is not None:
            await move_to(session, job, application, "declined")
    return waiting
