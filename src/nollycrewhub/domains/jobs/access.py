"""The only door to listings, applications and held posts: not yours means not there."""

from uuid import UUID

from nollycrewhub.domains.jobs import repository
from nollycrewhub.domains.jobs.errors import NoSuchApplication, NoSuchJob, NoSuchReview
from nollycrewhub.domains.jobs.models import Application, Job, Review
from nollycrewhub.domains.jobs.repository import applying
from nollycrewhub.domains.jobs.rules.states import is_public
from nollycrewhub.domains.jobs.schemas import JobRow, PlaceRow
from nollycrewhub.platform.db import ReadSession, WriteSession


async def public_job(read: ReadSession, job_id: int) -> JobRow:
    """A listing everybody may read."""
    found = await repository.one(read, job_id)
    if found is None or not is_public(found.status):
        raise NoSuchJob
    return found


async def visible_job(read: ReadSession, job_id: int, person_id: UUID) -> JobRow:
    """A listing this person may read: public, or their own in any state."""
    found = await repository.one(read, job_id)
    if found is None or not (is_public(found.status) or found.poster_id == person_id):
        raise NoSuchJob
    return found


async def posters_job(read: ReadSession, job_id: int, person_id: UUID) -> JobRow:
    """One's own listing, to look at."""
    found = await repository.one(read, job_id)
    if found is None or found.poster_id != person_id:
        raise NoSuchJob
    return found


async def posters_job_to_change(session: WriteSession, job_id: int, person_id: UUID) -> Job:
    """One's own listing, locked."""
    found = await repository.job(session, job_id)
    if found is None or found.poster_id != person_id:
        raise NoSuchJob
    return found


async def public_job_to_report(session: WriteSession, job_id: int) -> Job:
    """A public listing, locked, so that nothing happens to what is taken away at the same moment."""
    found = await repository.job(session, job_id)
    if found is None or not is_public(found.status):
        raise NoSuchJob
    return found


async def place_to_apply(session: WriteSession, job_id: int, person_id: UUID) -> PlaceRow:
    """The same for whoever applies, with the application they have sent before."""
    found = await applying.place(session, job_id, person_id)
    if found is None or not is_public(found.status):
        raise NoSuchJob
    return found


async def application_to_move(
    session: WriteSession, job_id: int, application_id: UUID, person_id: UUID
) -> tuple[Job, Application]:  # fmt: skip
    """An application to one's own listing, both locked, the listing first."""
    job = await posters_job_to_change(session, job_id, person_id)
    found = await repository.application(session, application_id)
    if found is None or found.job_id != job.id:
        raise NoSuchApplication
    return job, found


async def own_application(session: WriteSession, job_id: int, person_id: UUID) -> tuple[Job, Application]:
    """One's own application, locked."""
    job = await repository.job(session, job_id)
    found = await repository.own_application(session, job_id, person_id) if job is not None else None
    if job is None or found is None:
        raise NoSuchApplication
    return job, found


async def job_for_operator(session: WriteSession, job_id: int) -> Job:
    """Any listing but a draft, for an operator (the route's own access), locked."""
    found = await repository.job(session, job_id)
    if found is None or found.status == "draft":
        raise NoSuchJob
    return found


async def held_post(session: WriteSession, review_id: UUID) -> tuple[Job, Review]:
    """A held post for an operator (the route's own access), locked, the listing first, as all who change both do."""
    found = await repository.review(session, review_id, lock=False)
    job = await repository.job(session, found.job_id) if found is not None else None
    review = await repository.review(session, review_id, lock=True) if job is not None else None
    if review is None or job is None:
        raise NoSuchReview
    return job, review
