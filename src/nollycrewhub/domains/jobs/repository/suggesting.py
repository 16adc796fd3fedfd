"""The SQL of suggestions: what each open listing adds to them, and the sums people see."""

from typing import NamedTuple

from nollycrewhub.domains.jobs.schemas import Suggestion, TermUse
from nollycrewhub.kit.time import lagos_day
from nollycrewhub.platform.db import Query, ReadSession, WriteSession

SLOTS = 4
STARTING = Query(
    Suggestion,
    "select label as text, jobs from (select term, min(label) as label, sum(jobs)::int as jobs from jobs.suggestion "
    "where term >= $1 and term < $2 group by term) as found where jobs > 0 order by jobs desc, term limit $3",
)
USED = Query(TermUse, "select term, sum(jobs)::int as jobs from jobs.suggestion where term = any($1::text[]) group by term")
LOCK = """
select pg_advisory_xact_lock(hashtextextended('jobs.suggested:' || id, 0))
from (select id from unnest($1::bigint[]) as id order by id) as ids
"""
OPEN_NOW = "select id, title, category, town, skills from jobs.job where id = any($1::bigint[]) and status = 'open' and deadline_key >= $2"
BEFORE = "select job_id, terms from jobs.suggested where job_id = any($1::bigint[])"
STORE = """
insert into jobs.suggested (job_id, terms) values ($1, $2::text[]) on conflict (job_id) do update set terms = excluded.terms
"""
DROP = "delete from jobs.suggested where job_id = any($1::bigint[])"
ADD = """
insert into jobs.suggestion (term, slot, label, jobs)
select * from unnest($1::text[], $2::smallint[], $3::text[], $4::int[]) as given(term, slot, label, jobs) order by 1, 2
on conflict (term, slot) do update set jobs = suggestion.jobs + excluded.jobs,
label = case when excluded.label = '' then suggestion.label else excluded.label end
"""
CLEAN = "delete from jobs.suggestion where term = any($1::text[]) and slot = any($2::smallint[]) and jobs <= 0"
NEXT_IDS = """
select id from (select id from jobs.job where status = 'open' union select job_id from jobs.suggested) as ids
where id > $1 order by id limit $2
"""


class OpenJob(NamedTuple):
    """An open listing's fields that people search by."""

    id: int
    title: str
    category: str
    town: str
    skills: list[str]


async def starting(read: ReadSession, first: str, after: str, *, limit: int) -> list[Suggestion]:
    """Terms in this stretch of the alphabet, the most used first."""
    return await read.rows(STARTING, first, after, limit)


async def used(read: ReadSession, words: list[str]) -> dict[str, int]:
    """How many open listings use each word in their title."""
    return {row.term: row.jobs for row in await read.rows(USED, words)}


async def hold(session: WriteSession, job_ids: list[int]) -> None:
    """Nobody else renews these listings' suggestions until this transaction ends."""
    await session.sql(LOCK, job_ids)


async def open_now(session: WriteSession, job_ids: list[int]) -> list[OpenJob]:
    """Those of the listings that are open at this moment, whatever an event said."""
    return [OpenJob(*row) for row in await session.sql(OPEN_NOW, job_ids, lagos_day())]


async def before(session: WriteSession, job_ids: list[int]) -> dict[int, list[str]]:
    """What each listing has added so far."""
    return {row[0]: list(row[1]) for row in await session.sql(BEFORE, job_ids)}


async def store(session: WriteSession, job_id: int, terms: list[str]) -> None:
    """Remembers what a listing adds; nothing means forgetting it."""
    if terms:
        await session.sql(STORE, job_id, terms)
    else:
        await session.sql(DROP, [job_id])


async def add(session: WriteSession, changes: dict[tuple[str, int], tuple[str, int]]) -> None:
    """Adds to the sums, in the order of the terms, so that two transactions cannot wait for each other in a ring."""
    places = sorted(changes)
    if not places:
        return
    terms, slots = [term for term, _ in places], [slot for _, slot in places]
    await session.sql(ADD, terms, slots, [changes[place][0] for place in places], [changes[place][1] for place in places])
    if any(changes[place][1] < 0 for place in places):
        await session.sql(CLEAN, terms, sorted(set(slots)))


async def next_ids(session: WriteSession, after: int, *, limit: int) -> list[int]:
    """Listings that are open or once added something, in the order of their numbers."""
    return [row[0] for row in await session.sql(NEXT_IDS, after, limit)]
