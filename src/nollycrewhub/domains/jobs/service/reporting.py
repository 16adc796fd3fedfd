"""Reports: a member tells the operators of a post, and an operator takes it away or finds nothing wrong."""

from uuid import UUID

from nollycrewhub.domains.jobs import access
from nollycrewhub.domains.jobs.errors import AlreadyReported, BadField, NoSuchReport, OwnListing
from nollycrewhub.domains.jobs.repository import reporting
from nollycrewhub.domains.jobs.schemas import ReportDecision, ReportedPost, Reporting
from nollycrewhub.domains.jobs.service.listings import reason_of
from nollycrewhub.domains.jobs.service.shelving import take_away
from nollycrewhub.kit.ids import uuid7
from nollycrewhub.kit.text import clean, letters
from nollycrewhub.kit.told import told, what
from nollycrewhub.platform import audit
from nollycrewhub.platform.db import ReadSession, WriteSession
from nollycrewhub.platform.ratelimit import Limiter

MOST_WAITING = 100
REPORTS_AN_HOUR = 10  # nobody reads so many bad posts; who hates one poster is slowed


async def report(session: WriteSession, person_id: UUID, job_id: int, *, given: Reporting, limiter: Limiter) -> UUID:
    """Puts a public post before the operators; one open report for each person and post."""
    job = await access.public_job_to_report(session, job_id)
    if job.poster_id == person_id:
        raise OwnListing(told("Nobody reports their own post. You can change or close it."))
    try:
        note = clean(given.note, lines=True)
    except ValueError as error:
        raise BadField(what(error), field="note") from error
    if given.reason == "other" and not letters(note):
        raise BadField(told("Say in a few words what is wrong."), field="note")
    await limiter.check(f"report:{person_id}", limit=REPORTS_AN_HOUR, per=3600)
    report_id = uuid7()
    if not await reporting.add(session, report_id, job.id, person_id, reason=given.reason, note=note):
        raise AlreadyReported
    await audit.record(session, person_id, "job.reported", subject=f"job:{job.id}")
    return report_id


async def has_reported(read: ReadSession, person_id: UUID, job_id: int) -> bool:
    """Whether one's report of this post still waits."""
    return await reporting.is_waiting(read, job_id, person_id)


async def reported(read: ReadSession) -> list[ReportedPost]:
    """What waits for an operator, the most reported first."""
    return await reporting.waiting(read, limit=MOST_WAITING)


async def decide_reports(session: WriteSession, operator_id: UUID, job_id: int, given: ReportDecision) -> None:
    """Settles all open reports of a post: nothing is wrong with it, or it is taken away."""
    job = await access.job_for_operator(session, job_id)
    note = reason_of(given.note)
    found = await reporting.decide(session, job.id, given.decision, by=operator_id)
    if not found:
        raise NoSuchReport
    if given.decision == "take-away":
        await take_away(session, operator_id, job.id, note)
    await audit.record(
        session, operator_id, f"job.report.{given.decision}", subject=f"job:{job.id}", detail={"reports": found, "note": note}
    )
