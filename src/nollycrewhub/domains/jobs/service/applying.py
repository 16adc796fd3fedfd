"""Applications: apply, withdraw, and move through the poster's pipeline."""

from datetime import UTC, datetime
from uuid import UUID

from nollycrewhub.contracts.events import ApplicationReceived, ApplicationWithdrawn
from nollycrewhub.contracts.users import People, PersonCard
from nollycrewhub.domains.jobs import access, repository
from nollycrewhub.domains.jobs.errors import AlreadyApplied, BadField, CannotMove, NoSuchApplication, NotTakingApplications, OwnListing
from nollycrewhub.domains.jobs.models import Application
from nollycrewhub.domains.jobs.rules.states import STATE_WORDS, can_apply_again, can_withdraw, posters_moves, takes_applications
from nollycrewhub.domains.jobs.schemas import ApplicationRow, ApplyInput
from nollycrewhub.domains.jobs.service.answering import move_to
from nollycrewhub.domains.jobs.service.naming import for_applicant
from nollycrewhub.domains.jobs.service.paging import PAGE, Paged, cursor_of
from nollycrewhub.domains.jobs.service.searching import today
from nollycrewhub.kit import paging
from nollycrewhub.kit.ids import uuid7
from nollycrewhub.kit.text import clean
from nollycrewhub.kit.time import utcnow
from nollycrewhub.kit.told import told, what
from nollycrewhub.platform.db import ReadSession, WriteSession
from nollycrewhub.platform.events import emit
from nollycrewhub.platform.ports import Ports

BEGINNING = (datetime(1, 1, 2, tzinfo=UTC), UUID(int=0))
END = (datetime(9999, 1, 1, tzinfo=UTC), UUID(int=2**128 - 1))


async def apply(session: WriteSession, person_id: UUID, name: str, job_id: int, *, given: ApplyInput) -> Application:
    """One application per person and listing, while it takes any; after a withdrawal, or a reopening, one may come back."""
    job = await access.place_to_apply(session, job_id, person_id)
    if job.poster_id == person_id:
        raise OwnListing
    if not takes_applications(job.status, job.deadline, today()):
        raise NotTakingApplications
    try:
        note = clean(given.note, lines=True)
    except ValueError as error:
        raise BadField(what(error), field="note") from error
    existing = await repository.application(session, job.application_id) if job.application_id else None
    if existing is not None and not can_apply_again(existing.status, existing.moved_at, job.reopened_at):
        raise AlreadyApplied
    now = utcnow()
    application = existing or Application(
        id=uuid7(), job_id=job_id, applicant_id=person_id, status="applied", version=0, created_at=now, moved_at=now,
        note=note, rate_unit=given.rate_unit,
    )  # fmt: skip
    application.note, application.rate_kobo, application.rate_unit = note, given.rate_kobo, given.rate_unit
    application.status, application.moved_at = "applied", now
    application.version += 1
    if existing is None and not await repository.add_application(session, application):
        raise AlreadyApplied
    await session.flush()
    await emit(
        session,
        ApplicationReceived(
            aggregate_id=str(application.id), version=application.version, application_id=application.id, job_id=job.id,
            job_title=job.title, poster_id=job.poster_id, applicant_id=person_id, applicant_name=name,
            job_kind=job.kind, job_state=job.state,
        ),
    )  # fmt: skip
    return application


async def withdraw(session: WriteSession, person_id: UUID, job_id: int) -> None:
    """Takes one's application back while it waits for an answer; once it is back, asking again changes nothing."""
    job, application = await access.own_application(session, job_id, person_id)
    if application.status == "withdrawn":
        return
    if not can_withdraw(application.status):
        raise CannotMove(told("There is an answer already, so it cannot be withdrawn."))
    application.status = "withdrawn"
    application.version += 1
    application.moved_at = utcnow()
    await session.flush()
    await emit(
        session,
        ApplicationWithdrawn(
            aggregate_id=str(application.id), version=application.version, application_id=application.id, job_id=job.id,
            job_title=job.title, poster_id=job.poster_id, applicant_id=person_id,
            job_kind=job.kind, job_state=job.state,
        ),
    )  # fmt: skip


async def move(session: WriteSession, person_id: UUID, job_id: int, application_id: UUID, *, to: str) -> None:
    """The poster moves an application, or takes a decline back until the listing is closed; the applicant is told."""
    job, application = await access.application_to_move(session, job_id, application_id, person_id)
    if to not in posters_moves(application.status, job.status):
        raise CannotMove(
            told(
                "An application that is %(status)s cannot become %(to)s.",
                status=STATE_WORDS[application.status],
                to=STATE_WORDS.get(to, to),
            )
        )
    await move_to(session, job, application, to)


async def applicants(
    read: ReadSession, person_id: UUID, job_id: int, *, ports: Ports, cursor: str = "", limit: int = PAGE
) -> Paged[tuple[ApplicationRow, PersonCard | None]]:  # fmt: skip
    """Who applied to one's own listing, a page in the order they came, with the people behind it."""
    await access.posters_job(read, job_id, person_id)
    after = cursor_of(cursor, datetime, UUID) if cursor else BEGINNING
    rows = await repository.applicants(read, job_id, after=after, limit=limit + 1)
    shown = rows[:limit]
    people = ports.find(People)
    cards = await people.cards(read, [row.applicant_id for row in shown]) if people is not None else {}
    more = paging.encode(shown[-1].created_at, shown[-1].id) if len(rows) > limit else None
    total = await repository.count(read, repository.COUNT_APPLICANTS, job_id)
    return Paged([(row, cards.get(row.applicant_id)) for row in shown], more, total)


async def applicant(
    read: ReadSession, person_id: UUID, job_id: int, application_id: UUID, *, ports: Ports
) -> tuple[ApplicationRow, PersonCard | None]:  # fmt: skip
    """One application to one's own listing."""
    await access.posters_job(read, job_id, person_id)
    row = await repository.applicant(read, job_id, application_id)
    if row is None:
        raise NoSuchApplication
    people = ports.find(People)
    cards = await people.cards(read, [row.applicant_id]) if people is not None else {}
    return row, cards.get(row.applicant_id)


async def mine(read: ReadSession, person_id: UUID, *, cursor: str = "", limit: int = PAGE) -> Paged[ApplicationRow]:
    """Where one has applied, a page, newest first."""
    before = cursor_of(cursor, datetime, UUID) if cursor else END
    rows = await repository.mine(read, person_id, before=before, limit=limit + 1)
    shown = [for_applicant(row) for row in rows[:limit]]
    more = paging.encode(shown[-1].created_at, shown[-1].id) if len(rows) > limit else None
    return Paged(shown, more, await repository.count(read, repository.COUNT_MINE, person_id))


async def mine_for_job(read: ReadSession, job_id: int, person_id: UUID) -> ApplicationRow | None:
    """One's application to one listing."""
    found = await repository.mine_for_job(read, job_id, person_id)
    return for_applicant(found) if found is not None else None
