"""Listings: post, edit, close, reopen, duplicate, and the operators' decisions."""

from datetime import date, timedelta
from hashlib import sha256
from typing import Annotated, Any, NamedTuple, TypedDict
from uuid import UUID

import msgspec

from nollycrewhub.contracts import events
from nollycrewhub.domains.jobs import access, repository
from nollycrewhub.domains.jobs.errors import AlreadyDecided, BadField, CannotChange
from nollycrewhub.domains.jobs.models import Job, Review
from nollycrewhub.domains.jobs.repository import reporting, watching
from nollycrewhub.domains.jobs.rules.fees import FeeFinding, asks_talent_for_money
from nollycrewhub.domains.jobs.rules.indexing import Listing, derive, vocabulary
from nollycrewhub.domains.jobs.rules.lists import lists_of_job
from nollycrewhub.domains.jobs.rules.states import STATE_WORDS, has_ended, is_public, next_job_state
from nollycrewhub.domains.jobs.schemas import AnswerOne, Decision, JobInput, JobRow, OwnRow, ReviewRow
from nollycrewhub.domains.jobs.service.answering import answer_everyone
from nollycrewhub.domains.jobs.service.naming import for_applicant
from nollycrewhub.domains.jobs.service.paging import PAGE, Paged, cursor_of
from nollycrewhub.domains.jobs.service.searching import today
from nollycrewhub.domains.jobs.service.suggesting import renew_suggestions
from nollycrewhub.domains.jobs.service.watching import keep_asked, seen
from nollycrewhub.kit import paging
from nollycrewhub.kit.crafts import BY_SLUG, LANGUAGES, category_name
from nollycrewhub.kit.ids import uuid7
from nollycrewhub.kit.money import spoken_pay
from nollycrewhub.kit.places import BY_CODE, state_name
from nollycrewhub.kit.text import clean, letters
from nollycrewhub.kit.time import utcnow
from nollycrewhub.kit.told import Told, told, told_about, what
from nollycrewhub.platform import audit
from nollycrewhub.platform.db import ReadSession, WriteSession
from nollycrewhub.platform.events import cause_of, emit
from nollycrewhub.platform.httpcache import touch
from nollycrewhub.platform.live import publish
from nollycrewhub.platform.queue import enqueue_many

LAST_ID = 2**62
LastId = Annotated[int, msgspec.Meta(ge=0, le=LAST_ID)]
LAST_YEAR = 2100
LONGEST_OPEN = timedelta(days=731)
PASSED = told("The deadline has passed. Choose a new one to open the listing again.")
KINDS = {"casting": told("casting"), "crew": told("crew")}
REFUSED_BEFORE = FeeFinding("", "what an operator refused before")


class About(TypedDict):
    """What every event about a listing carries."""

    aggregate_id: str
    version: int
    job_id: int
    title: str
    poster_id: UUID
    kind: str
    category: str
    state: str


class Days(NamedTuple):
    """The days of a stored listing that may stay though they have passed."""

    starts_on: date | None = None
    ends_on: date | None = None
    deadline: date | None = None


def days_kept(job: Job, given: JobInput) -> Days:
    """What an edit may leave as it is: a draft that goes public is posted anew, and only an open listing outlives its deadline."""
    if job.status == "draft" and not given.draft:
        return Days()
    return Days(job.starts_on, job.ends_on, job.deadline if job.status == "open" else None)


def about(job: Job) -> About:
    """The listing's part of its events."""
    return About(
        aggregate_id=f"job:{job.id}", version=job.version, job_id=job.id, title=job.title, poster_id=job.poster_id,
        kind=job.kind, category=job.category, state=job.state,
    )  # fmt: skip


def checked(given: JobInput, *, kept: Days = Days()) -> JobInput:
    """The listing with clean text and known places and crafts; BadField names what makes no sense."""
    category = BY_SLUG.get(given.category)
    if category is None:
        raise BadField(told("Choose a category from the list."), field="category")
    if category.kind != given.kind:
        raise BadField(
            told("%(name)s is %(right)s, not %(given)s.", name=category.name, right=KINDS[category.kind], given=KINDS[given.kind]),
            field="kind",
        )
    if given.state not in BY_CODE:
        raise BadField(told("Choose a state from the list."), field="state")
    if any(code not in LANGUAGES for code in given.languages):
        raise BadField(told("Choose languages from the list."), field="languages")
    if (given.pay.terms == "paid") != (given.pay.amount is not None):
        raise BadField(told("Say how much is paid, or that it is unpaid or deferred."), field="pay")
    check_dates(given, kept=kept)
    cleaned: dict[str, Any] = {}
    for field in ("title", "company", "town", "description"):
        try:
            cleaned[field] = clean(getattr(given, field), lines=field == "description")
        except ValueError as error:
            raise BadField(what(error), field=field) from error
    try:
        cleaned["skills"] = list(dict.fromkeys(filter(letters, (clean(skill) for skill in given.skills))))
    except ValueError as error:
        raise BadField(what(error), field="skills") from error
    cleaned["languages"] = list(dict.fromkeys(given.languages))
    if not letters(cleaned["company"]):
        raise BadField(told("Write the company's or your own name."), field="company")
    if letters(cleaned["description"]) < 20:
        raise BadField(told("Write 20 letters or more about the work."), field="description")
    if letters(cleaned["title"]) < 5:
        raise BadField(told("Write a title of 5 letters or more."), field="title")
    return msgspec.structs.replace(given, **cleaned)


def check_dates(given: JobInput, *, kept: Days) -> None:
    """BadField names a day that no production can mean: one that has passed, or is generations away."""
    for field, passed in (("starts_on", told("The first day is in the past.")), ("ends_on", told("The last day is in the past."))):
        day = getattr(given, field)
        if day is None or day == getattr(kept, field):
            continue
        if day < today():
            raise BadField(passed, field=field)
        if day.year > LAST_YEAR:
            raise BadField(told("Choose a day before the year %(year)s.", year=LAST_YEAR + 1), field=field)
    if given.starts_on and given.ends_on and given.ends_on < given.starts_on:
        raise BadField(told("The last day is before the first."), field="ends_on")
    if given.deadline is not None and given.deadline != kept.deadline:
        check_deadline(given.deadline)


def check_deadline(day: date, *, passed: str = told("The deadline is in the past.")) -> None:
    """BadField where nobody could apply any more, or for years to come."""
    if day < today():
        raise BadField(passed, field="deadline")
    if day > today() + LONGEST_OPEN:
        raise BadField(told("Choose a deadline within the next two years."), field="deadline")


def fill(job: Job, given: JobInput) -> None:
    """Copies the fields, and computes everything that follows from them. A new deadline is told of anew when it passes."""
    job.closes_on = job.closes_on if given.deadline == job.deadline else None
    for field in ("title", "kind", "category", "company", "state", "town", "description", "skills", "languages",
                  "experience", "wanted", "starts_on", "ends_on", "deadline"):  # fmt: skip
        setattr(job, field, getattr(given, field))
    job.pay_amount, job.pay_currency = given.pay.amount, given.pay.currency
    job.pay_unit, job.pay_terms = given.pay.unit, given.pay.terms
    refresh(job)


def refresh(job: Job) -> None:
    """Computes the derived columns again; after a change of any field, or of the day it was posted."""
    derived = derive(listing_of(job))
    for field, value in derived._asdict().items():
        setattr(job, field, value)
    job.salary = str(spoken_pay(job.pay_amount, unit=job.pay_unit, terms=job.pay_terms))


def listing_of(job: Job) -> Listing:
    """The fields that the derived columns follow from."""
    return Listing(
        title=job.title, kind=job.kind, category=job.category, category_name=category_name(job.category),
        company=job.company, state=job.state, state_name=state_name(job.state), town=job.town, pay_amount=job.pay_amount,
        pay_unit=job.pay_unit, pay_terms=job.pay_terms, description=job.description, skills=job.skills,
        languages=job.languages, language_names=[LANGUAGES.get(code, code) for code in job.languages],
        starts_on=job.starts_on, ends_on=job.ends_on, deadline=job.deadline, posted_at=job.posted_at,
    )  # fmt: skip


def free_text(listing: Job | JobInput) -> tuple[str, ...]:
    """All text of a listing that its poster writes freely."""
    return (listing.title, listing.company, listing.town, *listing.skills, listing.description)


def fingerprint(listing: Job | JobInput) -> str:
    """The same text as one short mark."""
    return sha256("\0".join(free_text(listing)).encode()).hexdigest()


def read_for_fees(listing: Job | JobInput) -> FeeFinding | None:
    """All free text of a listing, read for asking talent for money."""
    return asks_talent_for_money(*free_text(listing))


def renew(session: WriteSession, job: Job, *, was_public: bool = True) -> None:
    """What everyone sees of the listing is overtaken, if they saw or see any of it."""
    if was_public or is_public(job.status):
        touch(session, lists=lists_of_job(job.state, job.category), things=(f"job:{job.id}",))
    if was_public and is_public(job.status):
        publish(session, "jobs", "changed", {"id": job.id})


async def post(session: WriteSession, person_id: UUID, given: JobInput) -> Job:
    """Stores a listing: a draft, public at once, or held when it seems to ask talent for money."""
    wanted = checked(given)
    finding = read_for_fees(wanted)
    status = "draft" if wanted.draft else "held" if finding else "open"
    now = utcnow()
    job = Job(poster_id=person_id, status=status, version=1, held_reason="", created_at=now, updated_at=now)
    job.posted_at = now if status == "open" else None
    fill(job, wanted)
    await repository.add_job(session, job, vocabulary(listing_of(job)))
    renew(session, job, was_public=False)
    await announce(session, job, finding)
    return job


def held_because(finding: FeeFinding) -> Told:
    """Why a listing is held, for its poster and the operators."""
    if finding == REFUSED_BEFORE:
        return told("An operator refused it before, so one reads the changed text.")
    return told_about("safety", "It seems to ask talent for money (“%(phrase)s”).", phrase=finding.phrase)


REASONS = (held_because(REFUSED_BEFORE), held_because(FeeFinding("", "")))
"""What a held listing may have been told, but for an operator's own words."""


async def announce(session: WriteSession, job: Job, finding: FeeFinding | None) -> None:
    """Tells the world of a listing that has just become public, or the operators of one that is held."""
    if job.status == "open":
        publish(session, "jobs", "posted", {"id": job.id, "kind": job.kind, "category": job.category, "state": job.state})
        await emit(session, events.JobCreated(**about(job), company=job.company))
    elif job.status == "held" and finding is not None:
        job.held_reason = str(held_because(finding))
        await repository.add_review(session, Review(id=uuid7(), job_id=job.id, reason=job.held_reason, phrases=list(finding.signs)))
        await emit(session, events.JobHeld(**about(job), reason=job.held_reason))


async def edit(session: WriteSession, person_id: UUID, job_id: int, given: JobInput) -> Job:
    """Changes a listing; one that asks for money is held, a mended draft, held or shelved post goes public.

    A post that an operator has refused never goes public by an edit alone: it is held until one has read the new text.
    """
    job = await access.posters_job_to_change(session, job_id, person_id)
    wanted = checked(given, kept=days_kept(job, given))
    if job.status == "closed":
        raise CannotChange(told("Reopen the listing first, then change it."))
    before, finding, was_seen = job.status, read_for_fees(wanted), seen(job)
    if finding is None and before in ("held", "shelved") and await repository.last_decision(session, job.id) == "refuse":
        finding = REFUSED_BEFORE
    if finding and await repository.is_released(session, job.id, fingerprint(wanted)):
        finding = None
    if is_public(before):
        renew(session, job)
    becomes_public = before != "open" and not (before == "draft" and wanted.draft)
    verb = "hold" if finding else "post" if becomes_public else None
    if verb is not None:
        job.status = next_job_state(before, verb) or before
    job.version += 1
    job.updated_at = utcnow()
    if job.status == "open":
        job.held_reason = ""
        job.posted_at = job.posted_at or job.updated_at
    fill(job, wanted)
    await session.flush()
    renew(session, job, was_public=is_public(before))
    await repository.add_words(session, vocabulary(listing_of(job)))
    if finding or becomes_public:
        await repository.settle_reviews(session, job.id)
        await announce(session, job, finding)
    elif job.status == "open":
        await keep_asked(session, job, was_seen)
        await emit(session, events.JobUpdated(**about(job)))
    return job


def turn(session: WriteSession, job: Job, verb: str) -> None:
    """Moves a listing by a verb, or CannotChange."""
    after = next_job_state(job.status, verb)
    if after is None:
        raise CannotChange(told("A listing that is %(status)s cannot do that.", status=STATE_WORDS[job.status]))
    job.status = after
    job.version += 1
    job.updated_at = utcnow()
    renew(session, job)


async def close(session: WriteSession, person_id: UUID, job_id: int) -> Job:
    """Takes no more applications; everybody who still waits gets an answer. What was held is shelved, and stays unread."""
    job = await access.posters_job_to_change(session, job_id, person_id)
    await finish(session, job)
    return job


async def finish(session: WriteSession, job: Job, *, reason: str = "") -> None:
    """Closes it, answers everybody who waits, and tells it."""
    turn(session, job, "close")
    job.closed_at = job.updated_at
    refresh(job)
    await session.flush()
    await repository.settle_reviews(session, job.id)
    await answer_everyone(session, job)
    await emit(session, events.JobClosed(**about(job), reason=reason))


async def reopen(session: WriteSession, person_id: UUID, job_id: int, deadline: date | None = None) -> Job:
    """Takes applications again; where the deadline has passed, only with a new one. Whom the poster has not answered waits on."""
    job = await access.posters_job_to_change(session, job_id, person_id)
    if has_ended(job.status, job.deadline, today()):
        return await extend(session, job, deadline)
    if job.status != "closed":
        raise CannotChange(told("A listing that is %(status)s cannot be reopened.", status=STATE_WORDS[job.status]))
    is_released = await repository.is_released(session, job.id, fingerprint(job))
    finding = None if is_released else read_for_fees(job)
    job.deadline = deadline or job.deadline
    if job.deadline is not None:
        check_deadline(job.deadline, passed=PASSED)
    turn(session, job, "hold" if finding else "reopen")
    job.closed_at, job.reopened_at, job.closes_on = None, job.updated_at, None
    refresh(job)
    await session.flush()
    if finding:
        await announce(session, job, finding)
    else:
        await emit(session, events.JobReopened(**about(job)))
    return job


async def extend(session: WriteSession, job: Job, deadline: date | None) -> Job:
    """A later deadline for a listing whose applications have ended: nobody was answered, so nothing else changes."""
    if deadline is None:
        raise BadField(PASSED, field="deadline")
    check_deadline(deadline, passed=PASSED)
    job.deadline, job.closes_on = deadline, None
    job.version += 1
    job.updated_at = utcnow()
    refresh(job)
    await session.flush()
    renew(session, job)
    await keep_asked(session, job, None)
    await emit(session, events.JobUpdated(**about(job)))
    return job


async def duplicate(session: WriteSession, person_id: UUID, job_id: int) -> Job:
    """A draft with the same fields, without dates that have passed."""
    source = await access.posters_job_to_change(session, job_id, person_id)
    now = utcnow()
    copy = Job(poster_id=person_id, status="draft", version=1, held_reason="", created_at=now, updated_at=now, posted_at=None)
    for field in ("title", "kind", "category", "company", "state", "town", "description", "skills", "languages",
                  "experience", "wanted", "pay_amount", "pay_currency", "pay_unit", "pay_terms"):  # fmt: skip
        setattr(copy, field, getattr(source, field))
    copy.starts_on = copy.ends_on = copy.deadline = None
    refresh(copy)
    await repository.add_job(session, copy, [])
    return copy


async def own(read: ReadSession, person_id: UUID, *, cursor: str = "", limit: int = PAGE) -> Paged[OwnRow]:
    """One's own listings, a page, newest first."""
    (below,) = cursor_of(cursor, LastId) if cursor else (LAST_ID,)
    rows = await repository.own(read, person_id, below=below, limit=limit + 1)
    more = paging.encode(rows[limit - 1].id) if len(rows) > limit else None
    return Paged(rows[:limit], more, await repository.count(read, repository.COUNT_OWN, person_id))


async def own_one(read: ReadSession, person_id: UUID, job_id: int) -> JobRow:
    """One's own listing in any state."""
    return await access.posters_job(read, job_id, person_id)


async def held(read: ReadSession) -> list[ReviewRow]:
    """The operators' queue, oldest first."""
    return await repository.waiting_reviews(read, limit=100)


async def decide(session: WriteSession, operator_id: UUID, review_id: UUID, given: Decision) -> Job:
    """An operator lets a held post go public, or refuses it; the poster is told, the trail keeps it."""
    job, review = await access.held_post(session, review_id)
    if review.decision is not None:
        raise AlreadyDecided
    note = reason_of(given.note)
    turn(session, job, given.decision)
    if job.status == "open":
        job.posted_at = job.posted_at or job.updated_at
        review.released_text = fingerprint(job)
    refresh(job)
    review.decision, review.decided_by = given.decision, operator_id
    review.note, review.decided_at = note, job.updated_at
    job.held_reason = "" if given.decision == "release" else review.note
    await session.flush()
    await audit.record(session, operator_id, f"job.{given.decision}", subject=f"job:{job.id}", detail={"review": str(review.id)})
    if given.decision == "release":
        await emit(session, events.JobReleased(**about(job)))
        await announce(session, job, None)
    else:
        await answer_everyone(session, job)
        await emit(session, events.JobClosed(**about(job), reason=review.note))
    return job


def reason_of(note: str) -> str:
    """A decision's reason as the poster will read it; BadField when nothing readable is left."""
    try:
        cleaned = clean(note)
    except ValueError as error:
        raise BadField(what(error), field="note") from error
    if letters(cleaned) < 3:
        raise BadField("Write the reason, in 3 letters or more.", field="note")
    return cleaned


async def export_person(read: ReadSession, person_id: UUID) -> dict[str, Any]:
    """What this domain holds about a person."""
    own = await repository.everything(read, person_id)
    own["applications"] = [for_applicant(row) for row in own["applications"]]
    held = {**own, **await watching.everything(read, person_id), **await reporting.everything(read, person_id)}
    found: dict[str, Any] = msgspec.to_builtins(held)
    return found


async def erase_person(session: WriteSession, person_id: UUID) -> None:
    """Forgets a person's listings, applications and saved searches; their words are suggested to nobody any more.

    Who waits for one of the listings is answered by a job of its own, and keeps the application.
    """
    await watching.erase(session, person_id)
    await reporting.erase(session, person_id)
    gone, emptied = await repository.erase(session, person_id)
    await enqueue_many(session, "jobs.answer", [AnswerOne(job_id, cause_of(session)) for job_id in emptied])
    if gone:
        await renew_suggestions(session, sorted(job_id for job_id, _, _ in gone))
    for job_id, state, category in gone:
        touch(session, lists=lists_of_job(state, category), things=(f"job:{job_id}",))
