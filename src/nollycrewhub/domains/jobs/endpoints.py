"""/api/jobs: parse, call one service function, answer."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Response, delete, get, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter, QueryParameter

from nollycrewhub.domains.jobs import service
from nollycrewhub.domains.jobs.models import Job
from nollycrewhub.domains.jobs.rules.lists import lists_of_query
from nollycrewhub.domains.jobs.rules.states import has_ended, status_on
from nollycrewhub.domains.jobs.schemas import (
    Applied,
    ApplyInput,
    Candidate,
    Candidates,
    CompactJobList,
    Decision,
    Held,
    JobInput,
    JobList,
    Move,
    MyApplication,
    MyApplications,
    MyJob,
    MyJobs,
    MySearch,
    MySearches,
    OneCompactJob,
    OneJob,
    OwnJob,
    PayOut,
    Reopening,
    ReportDecision,
    Reported,
    ReportedPosts,
    Reporting,
    SavedInput,
    SavedRow,
    Suggestions,
)
from nollycrewhub.kit.time import lagos_day
from nollycrewhub.platform.context import AnyRequest
from nollycrewhub.platform.created import created
from nollycrewhub.platform.db import ReadSession, WriteSession
from nollycrewhub.platform.httpcache import shared
from nollycrewhub.platform.ports import Ports
from nollycrewhub.platform.ratelimit import Limiter
from nollycrewhub.platform.sessions import Viewer
from nollycrewhub.platform.shape import Shape

JSON = "application/json"
SUGGESTED = {"cache-control": "public, no-cache", "cdn-cache-control": "max-age=60"}
Limit = Annotated[int, Parameter(ge=1, le=100)]
Cursor = Annotated[str, Parameter(max_length=400)]


def job_out(job: Job) -> MyJob:
    """A listing as its poster gets it back."""
    return MyJob(job=OwnJob(
        id=job.id, title=job.title, company=job.company, location=job.location, salary=job.salary,
        posted=job.posted_at.replace(microsecond=0) if job.posted_at else None,
        pay=PayOut(amount=job.pay_amount, currency=job.pay_currency, unit=job.pay_unit, terms=job.pay_terms),
        kind=job.kind, category=job.category, description=job.description, skills=job.skills, languages=job.languages,
        deadline=job.deadline, state=job.state, town=job.town, experience=job.experience, wanted=job.wanted,
        starts_on=job.starts_on, ends_on=job.ends_on, status=status_on(job.status, job.deadline, lagos_day()),
        ended=has_ended(job.status, job.deadline, lagos_day()), held_reason=job.held_reason,
    ))  # fmt: skip


def new_job(job: Job) -> Response[MyJob]:
    """A listing that has just been made; its address finds it for others once it is public."""
    return created(job_out(job), f"/api/jobs/{job.id}")


def answers(type_: Any, description: str) -> dict[int, ResponseSpec]:
    """What an answer that PostgreSQL writes looks like, for the OpenAPI document."""
    return {200: ResponseSpec(type_, generate_examples=False, description=description)}


@get(
    "/api/jobs", access="public", tagged=True, summary="Search open jobs", responses=answers(JobList | CompactJobList, "A page of listings"),
    cached=shared("jobs", lists=("jobs",), canonical=service.canonical_list, by_device=True, narrow=lists_of_query, daily=True),
)  # fmt: skip
async def list_jobs(
    request: AnyRequest, read: ReadSession, shaped: Shape,
    q: str = "", kind: str = "", category: str = "",
    in_state: Annotated[str, QueryParameter(name="state")] = "", pay_min: str = "", pay_max: str = "",
    language: str = "", since: str = "", open: str = "", sort: str = "", limit: str = "", cursor: str = "",  # noqa: A002
    view: str = "",
) -> Response[bytes]:  # fmt: skip
    """`pay_min` and `pay_max` are kobo for a day; `next` of one answer is `cursor` of the following one."""
    body = await service.list_json(read, dict(request.query_params.items()), compact=shaped.compact)
    return Response(body, media_type=JSON, headers=shaped.headers)


@get(
    "/api/jobs/suggest", access="public", tagged=True, summary="Suggestions while typing",
    cached=shared("suggest", lists=("suggest",), ttl=60.0, canonical=service.canonical_suggest, daily=True),
)  # fmt: skip
async def suggest(read: ReadSession, q: str = "") -> Response[Suggestions]:
    """At most eight terms that begin so, and how many open jobs use each; a minute old at most."""
    return Response(Suggestions(await service.suggestions(read, q)), headers=SUGGESTED)


@get("/api/jobs/searches", access="member", summary="My saved searches")
async def list_searches(read: ReadSession, member: Viewer) -> MySearches:
    """Newest first."""
    return MySearches(await service.saved_searches(read, member.person_id))


@post("/api/jobs/searches", access="member", summary="Save a search")
async def save_search(data: SavedInput, read: ReadSession, write: WriteSession, member: Viewer) -> Response[MySearch]:
    """A new job that fits it is one notice, and one mail when asked; the same search is kept once."""
    new = await service.save_search(write, read, member.person_id, service.filters_of(data), by_mail=data.by_mail)
    row = SavedRow(id=new.id, label=new.label, question=new.question, by_mail=new.by_mail, created_at=new.created_at)
    return created(MySearch(row), f"/api/jobs/searches/{row.id}")


@delete("/api/jobs/searches/{search_id:uuid}", access="member", summary="Forget a saved search")
async def forget_search(search_id: UUID, write: WriteSession, member: Viewer) -> None:
    """Nothing more comes of it."""
    await service.forget_search(write, member.person_id, search_id)


@get(
    "/api/jobs/{job_id:int}", access="public", tagged=True, summary="One job", responses=answers(OneJob | OneCompactJob, "The listing"),
    cached=shared("job", thing="job:{job_id}", canonical=service.canonical_one, by_device=True, daily=True),
)  # fmt: skip
async def get_job(
    job_id: int, request: AnyRequest, read: ReadSession, shaped: Shape, view: str = ""
) -> Response[bytes]:  # fmt: skip
    """A public listing: in full, or `view=compact` its first six names."""
    service.canonical_one(dict(request.query_params.items()))
    return Response(await service.job_json(read, job_id, compact=shaped.compact), media_type=JSON, headers=shaped.headers)


@post("/api/jobs", access="member", summary="Post a job")
async def post_job(data: JobInput, write: WriteSession, member: Viewer) -> Response[MyJob]:
    """Public at once, a draft when asked, held when it seems to ask talent for money."""
    return new_job(await service.post(write, member.person_id, data))


@put("/api/jobs/{job_id:int}", access="member", summary="Change my job")
async def put_job(job_id: int, data: JobInput, write: WriteSession, member: Viewer) -> MyJob:
    """The whole listing."""
    return job_out(await service.edit(write, member.person_id, job_id, data))


@post("/api/jobs/{job_id:int}/close", access="member", summary="Close my job", status_code=200)
async def close_job(job_id: int, write: WriteSession, member: Viewer) -> MyJob:
    """Everybody who still waits gets an answer."""
    return job_out(await service.close(write, member.person_id, job_id))


@post("/api/jobs/{job_id:int}/reopen", access="member", summary="Reopen my job", status_code=200)
async def reopen_job(job_id: int, write: WriteSession, member: Viewer, data: Reopening | None = None) -> MyJob:
    """Takes applications again; where the deadline has passed, only with a new one. Where only that has ended it, who waits waits on."""
    return job_out(await service.reopen(write, member.person_id, job_id, data.deadline if data else None))


@post("/api/jobs/{job_id:int}/duplicate", access="member", summary="Copy my job into a draft")
async def duplicate_job(job_id: int, write: WriteSession, member: Viewer) -> Response[MyJob]:
    """Without its dates."""
    return new_job(await service.duplicate(write, member.person_id, job_id))


@get("/api/jobs/mine", access="member", summary="My jobs")
async def my_jobs(read: ReadSession, member: Viewer, cursor: Cursor = "", limit: Limit = 100) -> MyJobs:
    """Newest first, with how many wait in each; `next` of one answer is `cursor` of the following one."""
    found = await service.own(read, member.person_id, cursor=cursor, limit=limit)
    return MyJobs(jobs=found.rows, next=found.next, total=found.total)


@post("/api/jobs/{job_id:int}/applications", access="member", summary="Apply")
async def apply(job_id: int, data: ApplyInput, write: WriteSession, member: Viewer) -> Response[MyApplication]:
    """Once per listing."""
    found = await service.apply(write, member.person_id, member.name, job_id, given=data)
    applied = MyApplication(application=Applied(id=found.id, job_id=job_id, status=found.status))
    return created(applied, f"/api/jobs/{job_id}/applications/mine")


@delete("/api/jobs/{job_id:int}/applications/mine", access="member", summary="Withdraw my application")
async def withdraw(job_id: int, write: WriteSession, member: Viewer) -> None:
    """While it waits for an answer."""
    await service.withdraw(write, member.person_id, job_id)


@get("/api/jobs/{job_id:int}/applications", access="member", summary="Who applied to my job")
async def list_applicants(
    job_id: int, read: ReadSession, member: Viewer, ports: Ports, cursor: Cursor = "", limit: Limit = 100
) -> Candidates:  # fmt: skip
    """In the order they came."""
    found = await service.applicants(read, member.person_id, job_id, ports=ports, cursor=cursor, limit=limit)
    people = [Candidate(application=row, person=card) for row, card in found.rows]
    return Candidates(applications=people, next=found.next, total=found.total)


@post("/api/jobs/{job_id:int}/applications/{application_id:uuid}/move", access="member", summary="Move an applicant", status_code=204)
async def move(job_id: int, application_id: UUID, data: Move, write: WriteSession, member: Viewer) -> None:
    """Reviewed, shortlisted, offered, hired or declined; reviewed takes a decline back. The applicant is told. Also past the deadline."""
    await service.move(write, member.person_id, job_id, application_id, to=data.to)


@get("/api/jobs/applications/mine", access="member", summary="My applications")
async def my_applications(read: ReadSession, member: Viewer, cursor: Cursor = "", limit: Limit = 100) -> MyApplications:
    """Newest first."""
    found = await service.mine(read, member.person_id, cursor=cursor, limit=limit)
    return MyApplications(applications=found.rows, next=found.next, total=found.total)


@get("/api/jobs/held", access="operator", summary="Held posts")
async def held(read: ReadSession, operator: Viewer) -> Held:
    """Oldest first."""
    return Held(held=await service.held(read))


@post("/api/jobs/held/{review_id:uuid}/decide", access="operator", confirmed=True, summary="Decide a held post", status_code=200)
async def decide(review_id: UUID, data: Decision, write: WriteSession, operator: Viewer) -> MyJob:
    """Needs the password to have been typed within ten minutes."""
    return job_out(await service.decide(write, operator.person_id, review_id, data))


@post("/api/jobs/{job_id:int}/reports", access="member", summary="Report a post", status_code=202)
async def report(job_id: int, data: Reporting, write: WriteSession, member: Viewer, limiter: Limiter) -> Reported:
    """Puts a public post before the operators: one open report for each person and post, ten an hour."""
    return Reported(id=await service.report(write, member.person_id, job_id, given=data, limiter=limiter))


@get("/api/jobs/reports", access="operator", summary="Reported posts")
async def reports(read: ReadSession, operator: Viewer) -> ReportedPosts:
    """The most reported first."""
    return ReportedPosts(await service.reported(read))


@post("/api/jobs/{job_id:int}/reports/decide", access="operator", confirmed=True, summary="Decide the reports of a post", status_code=204)
async def decide_reports(job_id: int, data: ReportDecision, write: WriteSession, operator: Viewer) -> None:
    """Nothing is wrong, or the post is taken away; its poster reads the reason then."""
    await service.decide_reports(write, operator.person_id, job_id, data)


ENDPOINTS = (
    list_jobs, get_job, post_job, put_job, close_job, reopen_job, duplicate_job, my_jobs, apply, withdraw,
    list_applicants, move, my_applications, held, decide, report, reports, decide_reports, suggest, list_searches, save_search, forget_search,
)  # fmt: skip
