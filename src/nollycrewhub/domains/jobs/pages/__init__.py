"""The HTML pages of jobs: parse, call one service function, render. All of them work without JavaScript."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import Parameter

from nollycrewhub.contracts.users import PersonCard
from nollycrewhub.domains.jobs import service
from nollycrewhub.domains.jobs.errors import NoSuchJob
from nollycrewhub.domains.jobs.pages.browsing import jobs_page
from nollycrewhub.domains.jobs.pages.form import (
    application_of,
    input_of,
    job_form,
    raw_of,
    read_job_form,
)
from nollycrewhub.domains.jobs.pages.reporting import REPORTING
from nollycrewhub.domains.jobs.pages.saved import SAVED
from nollycrewhub.domains.jobs.rules.states import can_apply_again, can_withdraw, closes_on, has_passed, spoken_moves, takes_applications
from nollycrewhub.domains.jobs.schemas import ApplicationRow, Decision, JobRow
from nollycrewhub.domains.jobs.schemas.props import (
    Applicant,
    ApplicationPage,
    ApplicationsPage,
    ApplyPage,
    JobPage,
    KeptPage,
    OpsPage,
    OwnJobsPage,
    PipelinePage,
)
from nollycrewhub.domains.jobs.service.searching import today
from nollycrewhub.kit.crafts import LANGUAGES, ROLE_NAMES, category_name
from nollycrewhub.kit.money import pay_of, spoken_pay
from nollycrewhub.kit.places import place, state_name
from nollycrewhub.kit.time import rfc3339, utcnow
from nollycrewhub.kit.told import listed, retold, told
from nollycrewhub.platform.context import AnyRequest
from nollycrewhub.platform.db import Database, ReadSession, WriteSession
from nollycrewhub.platform.errors import Invalid, Problem
from nollycrewhub.platform.httpcache import shared
from nollycrewhub.platform.ports import Ports
from nollycrewhub.platform.sessions import Viewer
from nollycrewhub.platform.settings import Settings
from nollycrewhub.web import parts
from nollycrewhub.web.cards import Card, picture
from nollycrewhub.web.forms import one_sign_a_line
from nollycrewhub.web.page import go, page, query

Cursor = Annotated[str, Parameter(max_length=400)]
SITEMAP = '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
UNIT_TEXT = {"hour": "HOUR", "day": "DAY", "week": "WEEK", "month": "MONTH"}


def more(path: str, cursor: str | None) -> str | None:
    """The address of the next page, if there is one."""
    return query(path, {"cursor": cursor}) if cursor else None


def structured(job: JobRow, settings: Settings, description: str) -> dict[str, Any]:
    """The listing as schema.org's JobPosting, with as much of its text as its page has."""
    data: dict[str, Any] = {
        "@context": "https://schema.org", "@type": "JobPosting", "title": job.title, "description": description,
        "identifier": {"@type": "PropertyValue", "name": "NollyCrewHub", "value": job.id},
        "datePosted": rfc3339(job.posted_at) if job.posted_at else None, "employmentType": "CONTRACTOR",
        "hiringOrganization": {"@type": "Organization", "name": job.company}, "directApply": True,
        "jobLocation": {"@type": "Place", "address": {
            "@type": "PostalAddress", "addressLocality": job.town or state_name(job.state),
            "addressRegion": state_name(job.state), "addressCountry": "NG",
        }},
        "url": f"{settings.public_url}/jobs/{job.id}",
    }  # fmt: skip
    if job.deadline is not None:
        data["validThrough"] = f"{job.deadline.isoformat()}T23:59:59+01:00"
    if job.pay_amount is not None and job.pay_unit in UNIT_TEXT:
        value = {"@type": "QuantitativeValue", "value": job.pay_amount / 100, "unitText": UNIT_TEXT[job.pay_unit]}
        data["baseSalary"] = {"@type": "MonetaryAmount", "currency": "NGN", "value": value}
    return data


@get(
    "/jobs/{job_id:int}", access="public", tagged=True, include_in_schema=False,
    cached=shared("job-page", by_language=True, thing="job:{job_id}", daily=True, canonical=parts.one_part),
)  # fmt: skip
async def job_page(job_id: int, read: ReadSession, settings: Settings, part: str = "") -> Response[bytes]:
    """One listing, the same bytes for everyone: it links to the page where one applies."""
    job = await service.visible(read, job_id, None)
    pieces = [*parts.words("description", job.description), *parts.entries("skills", job.skills)]
    shown = parts.part(pieces, f"/jobs/{job.id}", part)
    if shown is None:
        raise NoSuchJob
    props = JobPage(
        job=job, category=category_name(job.category), languages=[LANGUAGES.get(c, c) for c in job.languages],
        description=shown.text("description"), skills=shown.entries("skills", job.skills), number=shown.number, next_href=shown.next_href,
    )  # fmt: skip
    return page(
        "jobs/job.html", props, title=job.title, public=True,
        canonical=query(f"{settings.public_url}/jobs/{job.id}", parts.one_part({"part": part})),
        description=told("%(company)s, %(place)s. %(pay)s.", company=job.company, place=job.location, pay=pay_of(job.salary)),
        card=query(f"{settings.public_url}/cards/jobs/{job.id}", {"v": int(job.updated_at.timestamp())}),
        json_ld=structured(job, settings, props.description) if job.status == "open" and shown.number == 1 else None,
    )  # fmt: skip


@get("/cards/jobs/{job_id:int}", access="public", tagged=True, include_in_schema=False, cached=shared("job-card", thing="job:{job_id}"))
async def job_card(job_id: int, read: ReadSession) -> Response[bytes]:
    """The listing as a picture; the address on the page changes with the listing, since other sites keep pictures."""
    job = await service.visible(read, job_id, None)
    kind = "Casting call" if job.kind == "casting" else "Crew job"
    return await picture(
        Card(kicker=f"{kind} · {category_name(job.category)}", title=job.title, line=f"{job.company}, {job.location}", foot=job.salary)
    )


async def apply_props(
    read: ReadSession, job_id: int, member: Viewer, raw: dict[str, Any], errors: dict[str, str]
) -> ApplyPage:  # fmt: skip
    """What the apply page shows this person."""
    job = await service.visible(read, job_id, member.person_id)
    application = await service.mine_for_job(read, job_id, member.person_id)
    own = job.poster_id == member.person_id
    is_free = application is None or can_apply_again(application.status, application.moved_at, job.reopened_at)
    open_ = takes_applications(job.status, job.deadline, today())
    return ApplyPage(job=job, application=application, can_apply=open_ and is_free and not own, own=own, raw=raw, errors=errors)


@get("/jobs/{job_id:int}/apply", access="member", include_in_schema=False)
async def apply_page(job_id: int, read: ReadSession, member: Viewer) -> Response[bytes]:
    """One's application, or the form for it; one's own application also where the post is shown to nobody any more."""
    try:
        props = await apply_props(read, job_id, member, {}, {})
    except NoSuchJob:
        application = await service.mine_for_job(read, job_id, member.person_id)
        if application is None:
            raise
        return page(
            "jobs/kept.html", KeptPage(application=application, can_withdraw=can_withdraw(application.status)), title=told("My application")
        )
    return page("jobs/apply.html", props, title=told("Apply"))


@post("/jobs/{job_id:int}/apply", access="member", include_in_schema=False)
async def apply(job_id: int, request: AnyRequest, read: ReadSession, write: WriteSession, member: Viewer) -> Response[bytes]:
    """Applies, or says what to mend."""
    form = await request.form()
    raw = {name: one_sign_a_line(str(form.get(name, ""))) for name in ("note", "rate", "rate_unit")}
    given, errors = application_of(raw)
    if given is None:
        return page("jobs/apply.html", await apply_props(read, job_id, member, raw, errors), title=told("Apply"), status=422)
    try:
        await service.apply(write, member.person_id, member.name, job_id, given=given)
    except Problem as error:
        if error.status == 404:
            raise
        errors = {error.field or "": error.detail}
        return page("jobs/apply.html", await apply_props(read, job_id, member, raw, errors), title=told("Apply"), status=error.status)
    return go(f"/jobs/{job_id}/apply")


@post("/jobs/{job_id:int}/withdraw", access="member", include_in_schema=False)
async def withdraw(job_id: int, write: WriteSession, member: Viewer) -> Response[bytes]:
    """Takes one's application back."""
    await service.withdraw(write, member.person_id, job_id)
    return go(f"/jobs/{job_id}/apply")


@get("/me/applications", access="member", include_in_schema=False)
async def applications_page(read: ReadSession, member: Viewer, cursor: Cursor = "") -> Response[bytes]:
    """Where one has applied."""
    found = await service.mine(read, member.person_id, cursor=cursor)
    if (count := parts.fitting([f"{one.title} {one.company}" for one in found.rows])) < len(found.rows):
        found = await service.mine(read, member.person_id, cursor=cursor, limit=count)
    props = ApplicationsPage(applications=found.rows, total=found.total, next_href=more("/me/applications", found.next))
    return page("jobs/applications.html", props, title=told("My applications"))


@get("/me/jobs", access="member", include_in_schema=False)
async def own_page(read: ReadSession, member: Viewer, cursor: Cursor = "") -> Response[bytes]:
    """One's own listings."""
    found = await service.own(read, member.person_id, cursor=cursor)
    if (count := parts.fitting([f"{one.title} {one.company} {one.location}" for one in found.rows])) < len(found.rows):
        found = await service.own(read, member.person_id, cursor=cursor, limit=count)
    props = OwnJobsPage(jobs=found.rows, total=found.total, next_href=more("/me/jobs", found.next))
    return page("jobs/own.html", props, title=told("My jobs"))


@get("/me/jobs/new", access="member", include_in_schema=False)
async def new_page() -> Response[bytes]:
    """An empty form."""
    return job_form("/me/jobs/new", {"languages": []}, {}, editing=False)


@post("/me/jobs/new", access="member", include_in_schema=False)
async def post_page(request: AnyRequest, write: WriteSession, member: Viewer) -> Response[bytes]:
    """Posts, or says what to mend."""
    raw = await read_job_form(request)
    given, errors = input_of(raw)
    if given is None:
        return job_form("/me/jobs/new", raw, errors, editing=False)
    try:
        job = await service.post(write, member.person_id, given)
    except Problem as error:
        return job_form("/me/jobs/new", raw, {error.field or "": error.detail}, editing=False)
    return go(f"/me/jobs/{job.id}")


@get("/me/jobs/{job_id:int}", access="member", include_in_schema=False)
async def pipeline_page(job_id: int, read: ReadSession, member: Viewer, ports: Ports, cursor: Cursor = "") -> Response[bytes]:
    """One's own listing with everybody who applied."""
    found = await service.applicants(read, member.person_id, job_id, ports=ports, cursor=cursor)
    people = [applicant_of(row, card) for row, card in found.rows]
    texts = [f"{one.name} {one.headline} {one.place} {one.application.note} {one.application.id}" for one in people]
    if (count := parts.fitting(texts)) < len(people):
        found = await service.applicants(read, member.person_id, job_id, ports=ports, cursor=cursor, limit=count)
        people = people[:count]
    job = await service.own_one(read, member.person_id, job_id)
    job = msgspec.structs.replace(job, held_reason=retold(job.held_reason, service.REASONS))
    return page(
        "jobs/pipeline.html",
        PipelinePage(
            job=job,
            applicants=people,
            total=found.total,
            next_href=more(f"/me/jobs/{job_id}", found.next),
            lapsed=has_passed(job.deadline, today()),
            closes_on=closes_on(job.deadline) if job.ended and job.deadline else None,
        ),
        title=job.title,
    )


def applicant_of(row: ApplicationRow, card: PersonCard | None) -> Applicant:
    """An application and what its poster may see of the person."""
    return Applicant(
        application=row, name=card.name if card else told("Somebody who has left"), handle=card.handle if card and card.listed else "",
        place=place(card.town, card.state) if card else "", headline=card.headline if card else "",
        roles=listed([ROLE_NAMES.get(role, role) for role in card.roles]) if card else "",
        rate=spoken_pay(row.rate_kobo, unit=row.rate_unit) if row.rate_kobo else "",
        moves=spoken_moves(row.status, "open" if row.job_ended else row.job_status),
    )  # fmt: skip


@get("/me/jobs/{job_id:int}/applications/{application_id:uuid}", access="member", include_in_schema=False)
async def application_page(job_id: int, application_id: UUID, read: ReadSession, member: Viewer, ports: Ports) -> Response[bytes]:
    """One application to one's own listing: what was sent with it, whether or not the person is in the directory."""
    one = applicant_of(*await service.applicant(read, member.person_id, job_id, application_id, ports=ports))
    job = await service.own_one(read, member.person_id, job_id)
    return page("jobs/application.html", ApplicationPage(job=job, one=one), title=one.name)


@get("/me/jobs/{job_id:int}/edit", access="member", include_in_schema=False)
async def edit_page(job_id: int, read: ReadSession, member: Viewer) -> Response[bytes]:
    """The form with what is stored; other people's listings are not there."""
    job = await service.own_one(read, member.person_id, job_id)
    return job_form(f"/me/jobs/{job_id}/edit", raw_of(job), {}, editing=True, drafting=job.status == "draft")


@post("/me/jobs/{job_id:int}/edit", access="member", include_in_schema=False)
async def save_page(
    job_id: int, request: AnyRequest, read: ReadSession, write: WriteSession, member: Viewer
) -> Response[bytes]:  # fmt: skip
    """Saves, or says what to mend."""
    raw = await read_job_form(request)
    given, errors = input_of(raw)
    if given is not None:
        try:
            await service.edit(write, member.person_id, job_id, given)
            return go(f"/me/jobs/{job_id}")
        except Problem as error:
            if error.status == 404:
                raise
            errors = {error.field or "": error.detail}
    job = await service.own_one(read, member.person_id, job_id)
    return job_form(f"/me/jobs/{job_id}/edit", raw, errors, editing=True, drafting=job.status == "draft")


def deadline_of(typed: str) -> date | None:
    """A typed day, if any; Invalid says what is wrong with it."""
    try:
        return date.fromisoformat(typed.strip()) if typed.strip() else None
    except ValueError as error:
        raise Invalid(told("Choose a day, like 2027-03-31."), field="deadline") from error


@post("/me/jobs/{job_id:int}/{verb:str}", access="member", include_in_schema=False)
async def turn_page(job_id: int, verb: str, request: AnyRequest, write: WriteSession, member: Viewer) -> Response[bytes]:
    """Close, reopen or duplicate, by one button each; a passed deadline asks for a new one with it."""
    if verb == "reopen":
        job = await service.reopen(write, member.person_id, job_id, deadline_of(str((await request.form()).get("deadline", ""))))
        return go(f"/me/jobs/{job.id}")
    verbs = {"close": service.close, "duplicate": service.duplicate}
    if verb not in verbs:
        raise Invalid(told("A listing can be closed, reopened or duplicated."), field="verb")
    job = await verbs[verb](write, member.person_id, job_id)
    return go(f"/me/jobs/{job.id}")


@post("/me/jobs/{job_id:int}/applications/{application_id:uuid}", access="member", include_in_schema=False)
async def move_page(
    job_id: int, application_id: UUID, request: AnyRequest, write: WriteSession, member: Viewer
) -> Response[bytes]:  # fmt: skip
    """Moves an applicant."""
    form = await request.form()
    await service.move(write, member.person_id, job_id, application_id, to=str(form.get("to", "")))
    return go(f"/me/jobs/{job_id}")


@get("/ops", access="operator", include_in_schema=False)
async def ops_page(read: ReadSession, operator: Viewer, closed: int = 0) -> Response[bytes]:
    """Held posts, oldest first, and a form to close any other."""
    return await shown_ops(read, operator, closed=closed)


async def shown_ops(read: ReadSession, operator: Viewer, *, error: str = "", closed: int = 0, status: int = 200) -> Response[bytes]:
    """The page, with what was done or what is wrong."""
    confirmed = operator.has_confirmed(utcnow().timestamp())
    return page(
        "jobs/ops.html",
        OpsPage(reviews=await service.held(read), confirmed=confirmed, error=error, closed=closed),
        title="Operators",
        status=status,
    )


@post("/ops/held/{review_id:uuid}", access="operator", confirmed=True, include_in_schema=False)
async def decide_page(review_id: UUID, request: AnyRequest, write: WriteSession, operator: Viewer) -> Response[bytes]:
    """Releases or refuses."""
    form = await request.form()
    try:
        given = msgspec.convert({"decision": str(form.get("decision", "")), "note": str(form.get("note", ""))}, Decision)
    except msgspec.ValidationError as error:
        raise Invalid("Choose release or refuse, and write the reason (3 to 500 characters).", field="note") from error
    await service.decide(write, operator.person_id, review_id, given)
    return go("/ops")


@post("/ops/jobs", access="operator", confirmed=True, include_in_schema=False)
async def take_away_page(request: AnyRequest, db: Database, write: WriteSession, operator: Viewer) -> Response[bytes]:
    """Closes any listing by its number, with a reason, or says what is wrong."""
    form = await request.form()
    number = str(form.get("job", "")).strip().rpartition("/")[2]
    try:
        if not (number.isascii() and number.isdigit() and len(number) <= 18):
            raise Invalid("Write the number of the post, as in its address.", field="job")
        await service.take_away(write, operator.person_id, int(number), str(form.get("note", ""))[:500])
    except Problem as error:
        return await shown_ops(db.read_session(primary=True), operator, error=error.detail, status=error.status)
    return go(f"/ops?closed={int(number)}")


@get("/sitemap-jobs.xml", access="public", tagged=True, include_in_schema=False)
async def sitemap(read: ReadSession, settings: Settings) -> Response[bytes]:
    """Open listings, for search engines."""
    entries = "".join(f"<url><loc>{settings.public_url}/jobs/{found}</loc></url>\n" for found in await service.sitemap_ids(read))
    return Response(
        f"{SITEMAP}{entries}</urlset>\n".encode(), media_type="application/xml", headers={"cache-control": "public, no-cache"}
    )  # fmt: skip


PAGES = (
    jobs_page, job_page, job_card, apply_page, apply, withdraw, applications_page, own_page, new_page, post_page, pipeline_page,
    edit_page, save_page, turn_page, application_page, move_page, ops_page, decide_page, take_away_page, sitemap, *SAVED, *REPORTING,
)  # fmt: skip
