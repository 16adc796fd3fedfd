"""The list of jobs: read the filters, mend the spelling, page through."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec

from nollycrewhub.domains.jobs import access, repository
from nollycrewhub.domains.jobs.errors import BadFilter, NoSuchJob
from nollycrewhub.domains.jobs.rules.relevance import RANKED_OVER, key_of, page_length, place_of
from nollycrewhub.domains.jobs.rules.search import Known, Search, Unreadable, canonical, parse
from nollycrewhub.domains.jobs.schemas import CardRow, JobRow
from nollycrewhub.domains.jobs.service.finding import corrected
from nollycrewhub.kit import paging
from nollycrewhub.kit.crafts import BY_SLUG, LANGUAGES
from nollycrewhub.kit.places import BY_CODE
from nollycrewhub.kit.time import lagos_day
from nollycrewhub.kit.told import told, what
from nollycrewhub.platform.db import ReadSession

KNOWN = Known(frozenset(BY_SLUG), frozenset(BY_CODE), frozenset(LANGUAGES))
SITEMAP_MOST = 45_000
DEFAULT_LIMIT = 20


class Question(msgspec.Struct, frozen=True):
    """A read query string: the search, where the page starts, how long it is."""

    search: Search
    after: tuple[str, int] | None
    limit: int


class CardPage(msgspec.Struct):
    """A page of cards, the cursor of the next, and what was read instead of a misspelt word."""

    cards: list[CardRow]
    next: str | None
    corrected: str | None
    ranked_over: int | None


def today() -> date:
    """The day in Lagos."""
    return lagos_day()


def question(given: Mapping[str, str]) -> Question:
    """The query string as a question; BadFilter names what cannot be used."""
    return read_question(tuple(given.items()))


@lru_cache(1024)
def read_question(pairs: tuple[tuple[str, str], ...]) -> Question:
    """The same, remembered: most visits ask what somebody has just asked."""
    given = dict(pairs)
    try:
        search = parse(given, KNOWN)
    except Unreadable as error:
        raise BadFilter(error.why, field=error.field) from error
    limit = given.get("limit", "")
    if limit and not (limit.isascii() and limit.isdigit() and 1 <= int(limit[:6]) <= paging.MOST):
        raise BadFilter(f"limit is a number from 1 to {paging.MOST}.", field="limit")
    after = None
    if cursor := given.get("cursor"):
        try:
            sort, key, last = paging.decode(cursor, str, str, int)
        except paging.BadCursor as error:
            raise BadFilter(what(error), field="cursor") from error
        if sort != search.sort or not is_key(sort, key):
            raise BadFilter(told("That page address belongs to another search. Start from the first page."), field="cursor")
        after = (key, last)
    return Question(search, after, int(limit) if limit else DEFAULT_LIMIT)


def length(asked: Question) -> int:
    """How many listings this page has at most."""
    if asked.search.sort != "relevance":
        return asked.limit
    return page_length(place_of(asked.after[0]) if asked.after else None, asked.limit)


def following(asked: Question, key: str, last: int) -> str | None:
    """The cursor of the next page; None where a list by relevance ends."""
    if asked.search.sort != "relevance":
        return paging.encode(asked.search.sort, key, last)
    after = key_of(place_of(asked.after[0]) if asked.after else None, asked.limit, key)
    return paging.encode("relevance", after, last) if after else None


def canonical_page(given: Mapping[str, str]) -> dict[str, str]:
    """The list page's address in its one spelling; BadFilter where the page itself must say what is wrong."""
    asked = question(given)
    out = canonical(given, KNOWN)
    if asked.limit != DEFAULT_LIMIT:
        out["limit"] = str(asked.limit)
    if asked.after is not None:
        out["cursor"] = given["cursor"]
    return out


def canonical_list(given: Mapping[str, str]) -> dict[str, str]:
    """The API's list address in its one spelling: the page's, and the form that was asked for."""
    return {**view_of(given), **canonical_page(given)}


def canonical_one(given: Mapping[str, str]) -> dict[str, str]:
    """One listing's address in its one spelling: nothing but the form that was asked for."""
    for name in given:
        if name != "view":
            raise BadFilter(f"There is no filter {name} here.", field=name)
    return view_of(given)


def view_of(given: Mapping[str, str]) -> dict[str, str]:
    """The form that was asked for, if any."""
    view = given.get("view", "")
    if view not in ("", "compact", "full"):
        raise BadFilter("view is either compact or full.", field="view")
    return {"view": view} if view else {}


def is_key(sort: str, key: str) -> bool:
    """Whether a cursor's key can be read as its sort's type, so that the database never meets a forged one."""
    try:
        if sort == "pay":
            return -(2**63) <= int(key) < 2**63
        if sort == "relevance":
            place = place_of(key)
            return place is not None and is_key("newest", place.posted)
        if sort == "deadline" and key == "infinity":  # how the database spells the day that never comes
            return True
        date.fromisoformat(key[:10])
    except ValueError:
        return False
    rest = key[10:]
    return not rest or (sort == "newest" and len(rest) <= 17 and all(c in " :.0123456789" for c in rest))


async def list_json(read: ReadSession, given: Mapping[str, str], *, compact: bool) -> bytes:
    """The API's answer: PostgreSQL writes the jobs, we add the cursor."""
    asked = question(given)
    search, correction = await corrected(read, asked.search)
    found = await repository.page(read, search, today(), compact=compact, after=asked.after, limit=length(asked))
    rest: dict[str, Any] = {"next": None}
    if found.key is not None and found.last is not None:
        rest["next"] = following(asked, found.key, found.last)
        if rest["next"] is None:
            rest["ranked_over"] = RANKED_OVER
    if correction:
        rest["corrected"] = correction
    return b'{"jobs":' + found.jobs + b"," + msgspec.json.encode(rest)[1:]


async def search_cards(read: ReadSession, given: Mapping[str, str]) -> CardPage:
    """The page's answer."""
    asked = question(given)
    search, correction = await corrected(read, asked.search)
    limit = length(asked)
    rows = await repository.cards(read, search, today(), after=asked.after, limit=limit)
    shown = rows[:limit]
    is_more = len(rows) > limit
    more = following(asked, shown[-1].sort_key, shown[-1].id) if is_more else None
    ranked = RANKED_OVER if is_more and more is None else None
    return CardPage(shown, more, correction, ranked)


async def job_json(read: ReadSession, job_id: int, *, compact: bool) -> bytes:
    """One public listing as the API writes it."""
    found = await repository.one_json(read, job_id, compact=compact)
    if not found:
        raise NoSuchJob
    return found


async def visible(read: ReadSession, job_id: int, person_id: UUID | None) -> JobRow:
    """A listing for a page: public, or one's own."""
    if person_id is None:
        return await access.public_job(read, job_id)
    return await access.visible_job(read, job_id, person_id)


async def sitemap_ids(read: ReadSession) -> list[int]:
    """Open listings, newest first."""
    return await repository.open_ids(read, limit=SITEMAP_MOST)
