"""Reactions to events: suggestions kept fresh, saved searches asked, people forgotten."""

from nollycrewhub.contracts.events import (
    JobClosed,
    JobCreated,
    JobEnded,
    JobEvent,
    JobHeld,
    JobReleased,
    JobReopened,
    JobUpdated,
    PersonBanned,
    PersonErased,
)
from nollycrewhub.domains.jobs import service
from nollycrewhub.platform.events import Handler, on
from nollycrewhub.platform.queue import Work

CHANGES: tuple[type[JobEvent], ...] = (JobCreated, JobUpdated, JobEnded, JobClosed, JobReopened, JobHeld, JobReleased)
OPENINGS: tuple[type[JobEvent], ...] = (JobCreated, JobReopened, JobReleased)


@on(PersonErased, consumer="jobs.person_erased")
async def person_erased(event: PersonErased, work: Work) -> None:
    """Forgets what is left, where jobs runs apart from users."""
    await service.erase_person(work.session, event.person_id)


@on(PersonBanned, consumer="jobs.person_banned")
async def person_banned(event: PersonBanned, work: Work) -> None:
    """What the person has open or held is taken away, and everybody who waits for an answer gets one."""
    await service.shelve_all_of(work.session, event.person_id)


def suggesting(event: type[JobEvent]) -> Handler:
    """The consumer that renews a listing's suggestions after one kind of change."""

    @on(event, consumer=f"jobs.suggest_{event.name.removeprefix('job.')}")
    async def suggest(changed: JobEvent, work: Work) -> None:
        await service.renew_suggestions(work.session, [changed.job_id])

    return suggest


def matching(event: type[JobEvent]) -> Handler:
    """The consumer that tells people whose saved search a listing fits which has just become open."""

    @on(event, consumer=f"jobs.match_{event.name.removeprefix('job.')}")
    async def match(opened: JobEvent, work: Work) -> None:
        await service.match_new(work.session, opened)

    return match


@on(JobUpdated, consumer="jobs.match_updated")
async def match_updated(edited: JobUpdated, work: Work) -> None:
    """Tells people whose saved search a listing fits since it was edited, and did not fit before."""
    await service.match_edited(work.session, edited)


HANDLERS = (person_erased, person_banned, *map(suggesting, CHANGES), *map(matching, OPENINGS), match_updated)
