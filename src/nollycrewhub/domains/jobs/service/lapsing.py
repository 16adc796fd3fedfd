"""What the clock does to a listing whose last day to apply is over: first its poster is told who waits, and only later is it closed."""

from datetime import date

from nollycrewhub.contracts.events import JobEnded
from nollycrewhub.domains.jobs import repository
from nollycrewhub.domains.jobs.rules.states import after_deadline, closes_on, has_ended
from nollycrewhub.domains.jobs.service.listings import about, finish, renew
from nollycrewhub.domains.jobs.service.searching import today
from nollycrewhub.kit.told import told
from nollycrewhub.platform.db import WriteSession
from nollycrewhub.platform.events import emit

LAPSED = told("The deadline has passed.")
FORGOTTEN = told("Its deadline passed 30 days ago.")


async def lapse(session: WriteSession, job_id: int) -> None:
    """Tells the poster, or closes the listing; one that was closed or given more time is left alone. Doing it twice is doing it once."""
    job = await repository.job(session, job_id)
    if job is None or job.deadline is None or not has_ended(job.status, job.deadline, today()):
        return
    waiting = len(await repository.waiting_for(session, job.id))
    step = after_deadline(job.deadline, today(), waiting=waiting, is_told=job.closes_on is not None)
    if step == "close":
        await finish(session, job, reason=str(FORGOTTEN if waiting else LAPSED))
    elif step == "tell":
        job.closes_on = closes_on(job.deadline)
        job.version += 1
        await session.flush()
        renew(session, job)
        await emit(session, JobEnded(**about(job), waiting=waiting, closes_on=job.closes_on))


async def due(session: WriteSession, after: tuple[date, int], *, limit: int) -> list[tuple[date, int]]:
    """The next listings to look at."""
    return await repository.due(session, today(), after, limit=limit)
