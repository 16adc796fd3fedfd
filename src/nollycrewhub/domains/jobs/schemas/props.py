"""Props of the pages of jobs."""

from datetime import date
from typing import Any

import msgspec

from nollycrewhub.domains.jobs.schemas import ApplicationRow, CardRow, JobRow, OwnRow, ReportedPost, ReviewRow, SavedRow


class SearchesPage(msgspec.Struct, kw_only=True):
    """Props of /me/searches: what is kept, and the search one came with, if any."""

    searches: list[SavedRow]
    most: int
    offered: str = ""
    offered_label: str = ""
    error: str = ""


class StopPage(msgspec.Struct, kw_only=True):
    """Props of the page behind a stop link."""

    link: str
    label: str
    done: bool = False


class JobsPage(msgspec.Struct, kw_only=True):
    """Props of /jobs: `raw` fills the form, `kept` is what its links and its search box carry on."""

    jobs: list[CardRow]
    raw: dict[str, str]
    kept: dict[str, str]
    errors: dict[str, str]
    next_href: str | None
    corrected: str | None
    ranked_over: int | None
    categories: list[tuple[str, list[tuple[str, str]]]]
    states: list[tuple[str, str]]
    languages: list[tuple[str, str]]
    filtered: int
    save_href: str | None


class ReportPage(msgspec.Struct, kw_only=True):
    """Props of /jobs/{id}/report."""

    job: JobRow
    own: bool
    reported: bool
    raw: dict[str, Any]
    errors: dict[str, str]


class ReportsPage(msgspec.Struct, kw_only=True):
    """Props of /ops/posts."""

    posts: list[ReportedPost]
    confirmed: bool
    error: str = ""


class JobPage(msgspec.Struct, kw_only=True):
    """Props of /jobs/{id}. Description and skills are as much as fits one page: the part of this number."""

    job: JobRow
    category: str
    languages: list[str]
    description: str
    skills: list[str]
    number: int
    next_href: str | None


class ApplyPage(msgspec.Struct, kw_only=True):
    """Props of /jobs/{id}/apply."""

    job: JobRow
    application: ApplicationRow | None
    can_apply: bool
    own: bool
    raw: dict[str, Any]
    errors: dict[str, str]


class KeptPage(msgspec.Struct, kw_only=True):
    """Props of one's own application to a post that is shown to nobody now."""

    application: ApplicationRow
    can_withdraw: bool


class OwnJobsPage(msgspec.Struct, kw_only=True):
    """Props of /me/jobs."""

    jobs: list[OwnRow]
    total: int
    next_href: str | None = None


class JobFormPage(msgspec.Struct, kw_only=True):
    """Props of the form for posting and editing."""

    action: str
    raw: dict[str, Any]
    errors: dict[str, str]
    editing: bool
    drafting: bool
    categories: list[tuple[str, list[tuple[str, str]]]]
    states: list[tuple[str, str]]
    languages: list[tuple[str, str]]


class Applicant(msgspec.Struct, kw_only=True):
    """An application with the person behind it; `handle` only where the person has a page that answers."""

    application: ApplicationRow
    name: str
    handle: str
    roles: str
    place: str
    headline: str
    rate: str
    moves: list[tuple[str, str]]


class PipelinePage(msgspec.Struct, kw_only=True):
    """Props of /me/jobs/{id}; `closes_on` is the day on which a listing whose applications have ended closes by itself."""

    job: JobRow
    applicants: list[Applicant]
    total: int
    next_href: str | None = None
    lapsed: bool = False
    closes_on: date | None = None


class ApplicationsPage(msgspec.Struct, kw_only=True):
    """Props of /me/applications."""

    applications: list[ApplicationRow]
    total: int
    next_href: str | None = None


class ApplicationPage(msgspec.Struct, kw_only=True):
    """Props of one application, as the poster sees it."""

    job: JobRow
    one: Applicant


class OpsPage(msgspec.Struct, kw_only=True):
    """Props of /ops."""

    reviews: list[ReviewRow]
    confirmed: bool
    error: str = ""
    closed: int = 0
