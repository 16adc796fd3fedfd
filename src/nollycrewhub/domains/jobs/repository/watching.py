"""The SQL of saved searches, and of a new or edited listing asked which of them it fits."""

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from nollycrewhub.domains.jobs.models import SavedSearch
from nollycrewhub.domains.jobs.schemas import MatchRow, SavedFull, SavedRow
from nollycrewhub.kit.time import lagos_day
from nollycrewhub.platform.db import Query, ReadSession, WriteSession

COLUMNS = "id, label, question, by_mail, created_at"
MINE = Query(SavedRow, f"select {COLUMNS} from jobs.saved_search where person_id = $1 order by created_at desc, id desc limit $2")  # noqa: S608
EVERYTHING = Query(
    SavedFull,
    "select id, person_id, question, label, terms, key, pay_min, pay_max, by_mail, created_at from jobs.saved_search "
    "where person_id = $1 order by created_at, id",
)
MATCHES = Query(MatchRow, "select job_id, person_id, search_id, at from jobs.search_match where person_id = $1 order by job_id")
STILL_TOLD = Query(
    int,
    "select m.job_id from jobs.search_match m join jobs.saved_search s on s.id = m.search_id join jobs.job j on j.id = m.job_id "
    "where m.person_id = $1 and m.job_id = any($2::bigint[]) and (s.by_mail or not $4::boolean) and j.status = 'open' and j.deadline_key >= $3::date",
)
HOLD = "select pg_advisory_xact_lock(hashtextextended('jobs.saved_search:' || $1::text, 0))"
COUNT = "select count(*)::int from jobs.saved_search where person_id = $1"
ALREADY = "select id from jobs.saved_search where person_id = $1 and question = $2"
# What is told is kept from the first look: the rows that fit are read once, however many there are. Of an edited listing, which has
# gained the terms $5 and had the pay $6, only a search fits that did not before: it needs one of them, or that pay was not its own.
FIT = """
with fit as materialized (
    select distinct on (s.person_id) s.person_id, s.id, s.by_mail, s.stop_token from jobs.saved_search s
    where s.key = any($2::text[]) and s.terms <@ $2::text[] and s.person_id <> $3::uuid
    and (s.pay_min is null or $4::bigint >= s.pay_min) and (s.pay_max is null or $4::bigint <= s.pay_max)
    and ($5::text[] is null or s.terms && $5::text[] or $6::bigint < s.pay_min or $6::bigint > s.pay_max)
    order by s.person_id, s.by_mail desc, s.created_at, s.id
),
fresh as (
    insert into jobs.search_match (job_id, person_id, search_id) select $1::bigint, person_id, id from fit
    on conflict (job_id, person_id) do nothing returning person_id
)
select fit.person_id, fit.id, fit.by_mail, fit.stop_token from fit join fresh using (person_id) order by fit.person_id
"""
# The first edit since the searches were asked says what they knew; that it was not open then is true of all that follow.
KEEP_ASKED = """
insert into jobs.asked (job_id, terms, pay) values ($1, $2::text[], $3)
on conflict (job_id) do update set terms = null, pay = null where excluded.terms is null
"""
TAKE_ASKED = "delete from jobs.asked where job_id = $1 returning terms, pay"
MAIL = "update jobs.saved_search set by_mail = $3 where id = $1 and person_id = $2 returning 1"
STOP = f"update jobs.saved_search set by_mail = false where stop_token = $1 returning {COLUMNS}"  # noqa: S608 - a constant
STOPPING = Query(SavedRow, f"select {COLUMNS} from jobs.saved_search where stop_token = $1")  # noqa: S608 - a constant
FORGET = "delete from jobs.saved_search where id = $1 and person_id = $2 returning 1"


class Fit(NamedTuple):
    """A person to tell, of which search, how, and the token that ends its mails."""

    person_id: UUID
    search_id: UUID
    by_mail: bool
    stop_token: str


class Seen(NamedTuple):
    """What of an open listing a search can name: its terms, and its pay in kobo for a day of work."""

    terms: list[str]
    pay: int


async def mine(read: ReadSession, person_id: UUID, *, limit: int) -> list[SavedRow]:
    """One's saved searches, newest first."""
    return await read.rows(MINE, person_id, limit)


async def everything(read: ReadSession, person_id: UUID) -> dict[str, list[SavedFull] | list[MatchRow]]:
    """All that is kept about one person's searches; the token of the stop link is a key, not a fact."""
    return {"searches": await read.rows(EVERYTHING, person_id), "matches": await read.rows(MATCHES, person_id)}


async def hold(session: WriteSession, person_id: UUID) -> int:
    """Stops two saves of one person at once from passing the limit together; how many there are."""
    await session.sql(HOLD, str(person_id))
    return int((await session.sql(COUNT, person_id))[0][0])


async def already(session: WriteSession, person_id: UUID, question: str) -> SavedSearch | None:
    """The same search, saved before."""
    found = await session.sql(ALREADY, person_id, question)
    return await session.get(SavedSearch, found[0][0]) if found else None


async def add(session: WriteSession, new: SavedSearch) -> None:
    """Stores a search."""
    session.add(new)
    await session.flush()


async def set_mail(session: WriteSession, person_id: UUID, search_id: UUID, *, by_mail: bool) -> bool:
    """Mails or none; False when it is not this person's."""
    return bool(await session.sql(MAIL, search_id, person_id, by_mail))


async def forget(session: WriteSession, person_id: UUID, search_id: UUID) -> bool:
    """Takes a search away; False when it is not this person's."""
    return bool(await session.sql(FORGET, search_id, person_id))


async def stopping(read: ReadSession, token: str) -> SavedRow | None:
    """The search behind a stop link."""
    return await read.one(STOPPING, token)


async def still_told(read: ReadSession, person_id: UUID, job_ids: Collection[int], *, by_mail: bool) -> frozenset[int]:
    """Of the listings somebody's searches found, those that are open and whose search is kept and, where asked, tells by mail."""
    return frozenset(await read.rows(STILL_TOLD, person_id, list(job_ids), lagos_day(), by_mail))


async def stop(session: WriteSession, token: str) -> SavedRow | None:
    """Ends the mails of the search behind a stop link."""
    found = await session.sql(STOP, token)
    return SavedRow(**found[0]) if found else None


async def keep_asked(session: WriteSession, job_id: int, before: Seen | None) -> None:
    """Keeps what the searches were asked with, before an edit; None where the listing was not open."""
    await session.sql(KEEP_ASKED, job_id, before and before.terms, before and before.pay)


async def take_asked(session: WriteSession, job_id: int) -> list[Seen | None]:
    """What the searches were asked with, and keeps it no longer; empty where no edit since then has changed it."""
    return [None if terms is None else Seen(terms, pay) for terms, pay in await session.sql(TAKE_ASKED, job_id)]


async def fitting(session: WriteSession, job_id: int, poster_id: UUID, *, now: Seen, before: Seen | None = None) -> list[Fit]:
    """Whom to tell of a listing: one search each, never the poster, and nobody who was told of it before.

    Searches that it fitted as it was `before` are left out.
    """
    gained = None if before is None else sorted({*now.terms} - {*before.terms})
    rows = await session.sql(FIT, job_id, now.terms, poster_id, now.pay, gained, before and before.pay)
    return [Fit(*row) for row in rows]


async def erase(session: WriteSession, person_id: UUID) -> None:
    """Forgets a person's searches and what they matched."""
    await session.sql("delete from jobs.saved_search where person_id = $1", person_id)
    await session.sql("delete from jobs.search_match where person_id = $1", person_id)
