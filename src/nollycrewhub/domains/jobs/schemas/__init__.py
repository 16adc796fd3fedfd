"""Payloads, rows and page props of jobs."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from nollycrewhub.contracts.users import PersonCard

Kind = Literal["casting", "crew"]
Unit = Literal["hour", "day", "week", "month", "project"]
Terms = Literal["paid", "unpaid", "deferred"]
Experience = Literal["any", "beginner", "some", "expert"]
Text80 = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]


class Pay(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What is paid: kobo, and for which unit. Unpaid and deferred listings have no amount."""

    amount: Annotated[int, msgspec.Meta(ge=1, le=10**13)] | None = None
    currency: Literal["NGN"] = "NGN"
    unit: Unit = "day"
    terms: Terms = "paid"


class JobInput(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """POST and PUT of a listing."""

    title: Annotated[str, msgspec.Meta(min_length=5, max_length=120)]
    kind: Kind
    category: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    company: Text80
    state: Annotated[str, msgspec.Meta(min_length=2, max_length=2)]
    town: Annotated[str, msgspec.Meta(max_length=80)] = ""
    pay: Pay
    description: Annotated[str, msgspec.Meta(min_length=20, max_length=6000)]
    skills: Annotated[list[Text80], msgspec.Meta(max_length=20)] = []
    languages: Annotated[list[Annotated[str, msgspec.Meta(max_length=8)]], msgspec.Meta(max_length=10)] = []
    experience: Experience = "any"
    wanted: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1
    starts_on: date | None = None
    ends_on: date | None = None
    deadline: date | None = None
    draft: bool = False


class ApplyInput(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """POST of an application."""

    note: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    rate_kobo: Annotated[int, msgspec.Meta(ge=0, le=10**13)] | None = None
    rate_unit: Unit = "day"


class Reopening(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """POST of a reopening: the new deadline, which a listing past its own needs."""

    deadline: date | None = None


class Move(msgspec.Struct, forbid_unknown_fields=True):
    """Where the poster moves an application."""

    to: Literal["reviewed", "shortlisted", "offered", "hired", "declined"]


class Decision(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """An operator's decision on a held post."""

    decision: Literal["release", "refuse"]
    note: Annotated[str, msgspec.Meta(min_length=3, max_length=500)]


class Reporting(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """POST of a report: what is wrong with a post. `other` needs words."""

    reason: Literal["money", "not-real", "offensive", "other"]
    note: Annotated[str, msgspec.Meta(max_length=1000)] = ""


class ReportDecision(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """An operator's decision on all reports of a post."""

    decision: Literal["dismiss", "take-away"]
    note: Annotated[str, msgspec.Meta(min_length=3, max_length=500)]


class Reported(msgspec.Struct, frozen=True):
    """A report was stored."""

    id: UUID


class ReportedPost(msgspec.Struct, frozen=True, kw_only=True):
    """A post that waits for an operator, with what was said of it."""

    job_id: int
    title: str
    company: str
    status: str
    description: str
    reports: int
    since: datetime
    reasons: list[str]
    notes: list[str]


class ReportedPosts(msgspec.Struct):
    """GET /api/jobs/reports."""

    reported: list[ReportedPost]


class OwnReport(msgspec.Struct, frozen=True, kw_only=True):
    """A report as its author takes it along."""

    id: UUID
    job_id: int
    reporter_id: UUID
    reason: str
    note: str
    created_at: datetime
    decision: str | None
    decided_at: datetime | None


class JobRow(msgspec.Struct, frozen=True, kw_only=True):
    """A listing as its poster and the pages see it."""

    id: int
    poster_id: UUID
    title: str
    kind: str
    category: str
    company: str
    state: str
    town: str
    location: str
    salary: str
    pay_amount: int | None
    pay_unit: str
    pay_terms: str
    description: str
    skills: list[str]
    languages: list[str]
    experience: str
    wanted: int
    starts_on: date | None
    ends_on: date | None
    deadline: date | None
    status: str
    held_reason: str
    posted_at: datetime | None
    updated_at: datetime
    reopened_at: datetime | None
    ended: bool


class PayOut(msgspec.Struct, kw_only=True):
    """What is paid, in answers."""

    amount: int | None
    currency: str
    unit: str
    terms: str


class CompactJob(msgspec.Struct, kw_only=True):
    """A listing in the compact form: six fields for a phone."""

    id: int
    title: str
    company: str
    location: str
    salary: str
    posted: datetime


class JobOut(CompactJob, kw_only=True):
    """A public listing in full."""

    pay: PayOut
    kind: str
    category: str
    description: str
    skills: list[str]
    languages: list[str]
    deadline: date | None
    state: str
    town: str
    experience: str
    wanted: int
    starts_on: date | None
    ends_on: date | None
    status: str


class OwnJob(JobOut, kw_only=True):
    """A listing as its poster gets it back: `posted` is null while it is not public.

    `ended`: closed to applications by its deadline alone, and still its poster's to decide.
    """

    posted: datetime | None  # type: ignore[assignment]
    ended: bool
    held_reason: str


class JobList(msgspec.Struct, kw_only=True):
    """GET /api/jobs; `corrected` is how a misspelt search was read, `ranked_over` where it was cut."""

    jobs: list[JobOut]
    next: str | None
    corrected: str = ""
    ranked_over: int = 0


class CompactJobList(msgspec.Struct, kw_only=True):
    """GET /api/jobs in the compact form."""

    jobs: list[CompactJob]
    next: str | None
    corrected: str = ""
    ranked_over: int = 0


class OneJob(msgspec.Struct, kw_only=True):
    """GET /api/jobs/{id}."""

    job: JobOut


class OneCompactJob(msgspec.Struct, kw_only=True):
    """GET /api/jobs/{id} in the compact form."""

    job: CompactJob


class MyJob(msgspec.Struct, kw_only=True):
    """The answer to a change of one's own listing."""

    job: OwnJob


class CardRow(msgspec.Struct, frozen=True, kw_only=True):
    """A listing as a card."""

    id: int
    title: str
    company: str
    location: str
    salary: str
    posted_at: datetime
    deadline: date | None
    status: str
    ended: bool
    sort_key: str


class PageRow(msgspec.Struct, frozen=True, kw_only=True):
    """One page of the list: its jobs as a JSON array, and where the next page starts, if there is one."""

    jobs: bytes
    key: str | None
    last: int | None


class OwnRow(msgspec.Struct, frozen=True, kw_only=True):
    """One's own listing with how many wait in it. `ended`: closed to applications by its deadline alone, and still its poster's to decide."""

    id: int
    title: str
    company: str
    location: str
    salary: str
    status: str
    ended: bool
    held_reason: str
    posted_at: datetime | None
    waiting: int
    applicants: int


class PlaceRow(msgspec.Struct, frozen=True, kw_only=True):
    """A listing to somebody who applies, and the application they have already sent to it, if any."""

    id: int
    title: str
    poster_id: UUID
    kind: str
    state: str
    status: str
    deadline: date | None
    reopened_at: datetime | None
    application_id: UUID | None


class ApplicationRow(msgspec.Struct, frozen=True, kw_only=True):
    """An application as both sides see it. `job_ended`: applications have ended by the deadline, and the poster is choosing."""

    id: UUID
    job_id: int
    applicant_id: UUID
    note: str
    rate_kobo: int | None
    rate_unit: str
    status: str
    created_at: datetime
    moved_at: datetime
    title: str
    company: str
    category: str
    state: str
    job_status: str
    job_ended: bool


class Applied(msgspec.Struct, kw_only=True):
    """One's application, just made."""

    id: UUID
    job_id: int
    status: str


class MyApplication(msgspec.Struct, kw_only=True):
    """The answer to applying."""

    application: Applied


class MyApplications(msgspec.Struct, kw_only=True):
    """GET /api/jobs/applications/mine."""

    applications: list[ApplicationRow]
    next: str | None
    total: int


class Candidate(msgspec.Struct, kw_only=True):
    """An application with the person behind it; null when they have left."""

    application: ApplicationRow
    person: PersonCard | None


class Candidates(msgspec.Struct, kw_only=True):
    """GET /api/jobs/{id}/applications."""

    applications: list[Candidate]
    next: str | None
    total: int


class MyJobs(msgspec.Struct, kw_only=True):
    """GET /api/jobs/mine."""

    jobs: list[OwnRow]
    next: str | None
    total: int


class ReviewRow(msgspec.Struct, frozen=True, kw_only=True):
    """A held post in the operators' queue."""

    id: UUID
    job_id: int
    reason: str
    phrases: list[str]
    created_at: datetime
    title: str
    company: str
    description: str


class Held(msgspec.Struct, kw_only=True):
    """GET /api/jobs/held."""

    held: list[ReviewRow]


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    """Something to search for, and how many open listings it finds at least."""

    text: str
    jobs: int


class Suggestions(msgspec.Struct, frozen=True):
    """The answer while somebody types."""

    suggestions: list[Suggestion]


class TermUse(msgspec.Struct, frozen=True, kw_only=True):
    """How many open listings use a term."""

    term: str
    jobs: int


class ShelveOne(msgspec.Struct, frozen=True):
    """The payload of a job that takes away one listing of an account that was closed."""

    job_id: int
    region: str = ""


class AnswerOne(msgspec.Struct, frozen=True):
    """The payload of a job that answers everybody who waits for one listing whose poster has left."""

    job_id: int
    region: str = ""


class LapseOne(msgspec.Struct, frozen=True):
    """The payload of a job that looks at one listing past its deadline."""

    job_id: int


class LapseBatch(msgspec.Struct, frozen=True):
    """The payload of a job that finds listings past their deadline: those due after this day and number."""

    day: date = date.min
    after: int = 0


class SuggestBatch(msgspec.Struct, frozen=True):
    """The payload of a job that renews suggestions: of the listings after this one."""

    after: int = 0


class SearchBatch(msgspec.Struct, frozen=True):
    """The payload of a job that renews what listings are found by: of the listings after this one."""

    after: int = 0


class SavedInput(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """POST of a search to be kept: the filters of the list, as its query writes them."""

    q: Annotated[str, msgspec.Meta(max_length=200)] = ""
    kind: Annotated[str, msgspec.Meta(max_length=20)] = ""
    category: Annotated[str, msgspec.Meta(max_length=60)] = ""
    state: Annotated[str, msgspec.Meta(max_length=2)] = ""
    language: Annotated[str, msgspec.Meta(max_length=8)] = ""
    pay_min: Annotated[str, msgspec.Meta(max_length=20)] = ""
    pay_max: Annotated[str, msgspec.Meta(max_length=20)] = ""
    by_mail: bool = True


class SavedRow(msgspec.Struct, frozen=True, kw_only=True):
    """One's saved search."""

    id: UUID
    label: str
    question: str
    by_mail: bool
    created_at: datetime


class MySearches(msgspec.Struct, frozen=True):
    """One's saved searches."""

    searches: list[SavedRow]


class MySearch(msgspec.Struct, frozen=True):
    """The search that is kept now."""

    search: SavedRow


class SavedFull(msgspec.Struct, frozen=True, kw_only=True):
    """A saved search as its person's export has it."""

    id: UUID
    person_id: UUID
    question: str
    label: str
    terms: list[str]
    key: str
    pay_min: int | None
    pay_max: int | None
    by_mail: bool
    created_at: datetime


class MatchRow(msgspec.Struct, frozen=True, kw_only=True):
    """A listing a person was told of."""

    job_id: int
    person_id: UUID
    search_id: UUID
    at: datetime
