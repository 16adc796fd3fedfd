"""Saved searches: keep, list, quieten, forget; and a new or edited listing asked which of them it fits."""

from collections.abc import Mapping
from urllib.parse import urlencode
from uuid import UUID

import msgspec

from nollycrewhub.contracts.events import JobEvent, SearchFit, SearchMatched
from nollycrewhub.domains.jobs import repository as listings
from nollycrewhub.domains.jobs.errors import BadField, BadFilter, NoSuchSearch, TooManySearches
from nollycrewhub.domains.jobs.models import Job, SavedSearch
from nollycrewhub.domains.jobs.repository import suggesting
from nollycrewhub.domains.jobs.repository import watching as repository
from nollycrewhub.domains.jobs.repository.watching import Seen
from nollycrewhub.domains.jobs.rules.matching import conditions, is_specific, key_of, question_of, spoken, terms_of
from nollycrewhub.domains.jobs.rules.search import Search, Unreadable, canonical, parse
from nollycrewhub.domains.jobs.rules.states import status_on
from nollycrewhub.domains.jobs.schemas import SavedInput, SavedRow
from nollycrewhub.domains.jobs.service.searching import KNOWN
from nollycrewhub.kit.crafts import LANGUAGES, category_name
from nollycrewhub.kit.ids import token, uuid7
from nollycrewhub.kit.money import spoken_pay
from nollycrewhub.kit.places import state_name
from nollycrewhub.kit.time import lagos_day, utcnow
from nollycrewhub.kit.told import told
from nollycrewhub.platform.db import ReadSession, WriteSession
from nollycrewhub.platform.events import emit

MOST_SAVED = 20
BATCH = 100
KIND_NAMES = {"casting": told("Cast"), "crew": told("Crew")}


def read_saved(given: Mapping[str, str]) -> tuple[Search, dict[str, str]]:
    """A query's search and its one spelling; BadFilter names what cannot be used, BadField what is missing."""
    kept = {name: value for name, value in question_of(given).items() if value}
    try:
        search, question = parse(kept, KNOWN), canonical(kept, KNOWN)
    except Unreadable as error:
        raise BadFilter(error.why, field=error.field) from error
    if not is_specific(search):
        raise BadField(told("Type a word or choose a filter first: a search for everything is not saved."), field="q")
    if search.words:
        question["q"] = " ".join(search.words)
    return search, question


def label_of(search: Search) -> str:
    """The search in words, as its person reads it."""
    least = "" if search.pay_min is None else told("from %(pay)s", pay=spoken_pay(search.pay_min))
    most = "" if search.pay_max is None else told("up to %(pay)s", pay=spoken_pay(search.pay_max))
    return spoken([
        f"“{' '.join(search.words)}”" if search.words else "", KIND_NAMES.get(search.kind or "", ""),
        category_name(search.category) if search.category else "", state_name(search.state) if search.state else "",
        LANGUAGES.get(search.language or "", ""), least, most,
    ])  # fmt: skip


async def save_search(session: WriteSession, read: ReadSession, person_id: UUID, given: Mapping[str, str], *, by_mail: bool) -> SavedSearch:
    """Keeps a search, once; saving the same again changes only whether it mails."""
    search, question = read_saved(given)
    spelt = urlencode(sorted(question.items()))
    count = await repository.hold(session, person_id)
    existing = await repository.already(session, person_id, spelt)
    if existing is not None:
        existing.by_mail = by_mail
        await session.flush()
        return existing
    if count >= MOST_SAVED:
        raise TooManySearches(told("Forget one of your %(most)s searches first.", most=MOST_SAVED))
    terms = conditions(search)
    new = SavedSearch(
        id=uuid7(), person_id=person_id, question=spelt, label=str(label_of(search)), terms=terms,
        key=key_of(terms, await suggesting.used(read, list(search.words))), pay_min=search.pay_min, pay_max=search.pay_max,
        by_mail=by_mail, stop_token=token(24), created_at=utcnow(),
    )  # fmt: skip
    await repository.add(session, new)
    return new


def filters_of(given: SavedInput) -> dict[str, str]:
    """The payload's filters as a query would have them."""
    found: dict[str, str] = msgspec.structs.asdict(given)
    found.pop("by_mail")
    return found


async def saved_searches(read: ReadSession, person_id: UUID) -> list[SavedRow]:
    """One's own, newest first."""
    return await repository.mine(read, person_id, limit=MOST_SAVED)


async def set_search_mail(session: WriteSession, person_id: UUID, search_id: UUID, *, by_mail: bool) -> None:
    """Mails for a search, or notices in the app only."""
    if not await repository.set_mail(session, person_id, search_id, by_mail=by_mail):
        raise NoSuchSearch


async def forget_search(session: WriteSession, person_id: UUID, search_id: UUID) -> None:
    """Hears no more of it."""
    if not await repository.forget(session, person_id, search_id):
        raise NoSuchSearch


async def stopping(read: ReadSession, link: str) -> SavedRow:
    """The search behind a stop link."""
    found = await repository.stopping(read, link)
    if found is None:
        raise NoSuchSearch
    return found


async def stop_mails(session: WriteSession, link: str) -> SavedRow:
    """Ends its mails; who holds the mail holds the right, signed in or not. Notices in the app go on."""
    found = await repository.stop(session, link)
    if found is None:
        raise NoSuchSearch
    return found


def seen(job: Job) -> Seen | None:
    """What searches see of a listing as it is; None of one that is not open."""
    if status_on(job.status, job.deadline, lagos_day()) != "open":
        return None
    return Seen(terms_of(job.search_title, job.search_text, job.search_tags), job.pay_key)


async def keep_asked(session: WriteSession, job: Job, before: Seen | None) -> None:
    """After an edit: keeps what searches saw before it, until they are asked about what is new. Nothing where they see no change.

    Of many edits the first says it, so that the searches are asked once, about the difference. The listing is locked here and
    when they are asked: what is kept is not taken away by who has read an older listing.
    """
    if before is None or before != seen(job):
        await repository.keep_asked(session, job.id, before)


async def match_new(session: WriteSession, event: JobEvent) -> int:
    """Tells everyone whose saved search a listing fits, as it is now; how many. Nobody hears of one listing twice."""
    job = await listings.job(session, event.job_id)
    return await tell(session, job, before=None) if job is not None else 0


async def match_edited(session: WriteSession, event: JobEvent) -> int:
    """The same of an edited listing, but for the searches that it fitted before."""
    job = await listings.job(session, event.job_id)
    asked = await repository.take_asked(session, job.id) if job is not None else []
    return await tell(session, job, before=asked[0]) if job is not None and asked else 0


async def tell(session: WriteSession, job: Job, *, before: Seen | None) -> int:
    """Emits whom a locked listing is to be told to, a hundred people an event; how many they are."""
    now = seen(job)
    fits = await repository.fitting(session, job.id, job.poster_id, now=now, before=before) if now is not None else []
    for start in range(0, len(fits), BATCH):
        people = [
            SearchFit(person_id=fit.person_id, search_id=fit.search_id, by_mail=fit.by_mail, stop=fit.stop_token)
            for fit in fits[start : start + BATCH]
        ]
        await emit(session, SearchMatched(
            aggregate_id=f"job:{job.id}", version=job.version, job_id=job.id, title=job.title, poster_id=job.poster_id,
            location=job.location, people=people, kind=job.kind, state=job.state,
        ))  # fmt: skip
    return len(fits)
