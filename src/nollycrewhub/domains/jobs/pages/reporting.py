"""/jobs/{id}/report, where a member tells the operators of a post, and /ops/posts, where they read it."""

from typing import Any

from litestar import Response, get, post

from nollycrewhub.domains.jobs import service
from nollycrewhub.domains.jobs.schemas import ReportDecision, Reporting
from nollycrewhub.domains.jobs.schemas.props import ReportPage, ReportsPage
from nollycrewhub.kit.time import utcnow
from nollycrewhub.kit.told import told
from nollycrewhub.platform.context import AnyRequest
from nollycrewhub.platform.db import Database, ReadSession, WriteSession
from nollycrewhub.platform.errors import Problem
from nollycrewhub.platform.ratelimit import Limiter
from nollycrewhub.platform.sessions import Viewer
from nollycrewhub.web.forms import read_form
from nollycrewhub.web.page import go, page

SAID = {"reason": told("Choose what is wrong."), "note": told("Write at most 1,000 characters.")}


async def shown(
    read: ReadSession, member: Viewer, job_id: int, *, raw: dict[str, Any], errors: dict[str, str], status: int = 200
) -> Response[bytes]:  # fmt: skip
    """The form, or that the report is with the operators."""
    job = await service.visible(read, job_id, None)
    props = ReportPage(
        job=job, own=job.poster_id == member.person_id, reported=await service.has_reported(read, member.person_id, job_id),
        raw=raw, errors=errors,
    )  # fmt: skip
    return page("jobs/report.html", props, title=told("Report this post"), status=status)


@get("/jobs/{job_id:int}/report", access="member", include_in_schema=False)
async def report_page(job_id: int, read: ReadSession, member: Viewer) -> Response[bytes]:
    """What is wrong with a post, in one choice and a few words."""
    return await shown(read, member, job_id, raw={}, errors={})


@post("/jobs/{job_id:int}/report", access="member", include_in_schema=False)
async def send_report(
    job_id: int, request: AnyRequest, db: Database, write: WriteSession, member: Viewer, limiter: Limiter
) -> Response[bytes]:  # fmt: skip
    """Sends it, or says what to mend; the page then says that it has arrived."""
    form = await read_form(request, Reporting)
    errors, status = {name: SAID.get(name, sentence) for name, sentence in form.errors.items()}, 422
    if form.value is not None:
        try:
            await service.report(write, member.person_id, job_id, given=form.value, limiter=limiter)
        except Problem as error:
            if error.status == 404:
                raise
            errors, status = {error.field or "": error.detail}, error.status
        else:
            return go(f"/jobs/{job_id}/report")
    return await shown(db.read_session(primary=True), member, job_id, raw=form.raw, errors=errors, status=status)


async def queue(read: ReadSession, operator: Viewer, *, error: str = "", status: int = 200) -> Response[bytes]:
    """The reported posts."""
    props = ReportsPage(posts=await service.reported(read), confirmed=operator.has_confirmed(utcnow().timestamp()), error=error)
    return page("jobs/ops_posts.html", props, title="Reported posts", status=status)


@get("/ops/posts", access="operator", include_in_schema=False)
async def reported_page(read: ReadSession, operator: Viewer) -> Response[bytes]:
    """The most reported first."""
    return await queue(read, operator)


@post("/ops/posts/{job_id:int}", access="operator", confirmed=True, include_in_schema=False)
async def decide_page(job_id: int, request: AnyRequest, db: Database, write: WriteSession, operator: Viewer) -> Response[bytes]:
    """Decides, or says what is missing."""
    form = await read_form(request, ReportDecision)
    if form.value is None:
        return await queue(
            db.read_session(primary=True), operator, error="Choose what to do, and write the reason (3 to 500 characters).", status=422
        )
    try:
        await service.decide_reports(write, operator.person_id, job_id, form.value)
    except Problem as error:
        if error.status == 404:
            raise
        return await queue(db.read_session(primary=True), operator, error=error.detail, status=error.status)
    return go("/ops/posts")


REPORTING = (report_page, send_report, reported_page, decide_page)
