"""The only SQL of jobs. Lists come as JSON that PostgreSQL has built: no row is made an object on the way."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from nollycrewhub.domains.jobs.models import Application, Job, Review
from nollycrewhub.domains.jobs.rules.relevance import ALL, SOME, parts, place_of
from nollycrewhub.domains.jobs.rules.search import Search, tags_of, terms
from nollycrewhub.domains.jobs.schemas import ApplicationRow, CardRow, JobRow, OwnRow, PageRow, ReviewRow
from nollycrewhub.kit.time import lagos_day
from nollycrewhub.kit.words import spellings
from nollycrewhub.platform.db import Query, ReadSession, WriteSession
from nollycrewhub.platform.standing import Stand

POSTED = "to_char(j.posted_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
MOMENT = "to_char(@key at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"
STATUS = "case when j.status = 'open' and j.deadline_key < @day then 'closed' else j.status end"  # rules.states.status_on, in SQL
ENDED = "(j.status = 'open' and j.deadline_key < @day)"  # rules.states.has_ended, in SQL
COMPACT = f"j.id, j.title, j.company, j.location, j.salary, {POSTED} as posted"
FULL = (
    f"{COMPACT}, (select pay from (select j.pay_amount as amount, j.pay_currency as currency, j.pay_unit as unit, "
    "j.pay_terms as terms) pay) as pay, j.kind, j.category, j.description, j.skills, j.languages, j.deadline, j.state, "
    f"j.town, j.experience, j.wanted, j.starts_on, j.ends_on, {STATUS} as status"
)
SORT_KEYS = {
    "newest": ("j.posted_at", "j.posted_at desc, j.id desc"),
    "deadline": ("j.deadline_key", "j.deadline_key, j.id"),
    "pay": ("j.pay_key", "j.pay_key desc, j.id desc"),
    "relevance": (f"j.part || ' ' || {MOMENT.replace('@key', 'j.posted_at')}", "j.part desc, j.posted_at desc, j.id desc"),
}
KEY_TEXT = {"newest": MOMENT}
TITLE = "string_to_array(j.search_title, ' ')"  # as ix_job_title has it
NOBODY = UUID(int=0)  # who posted a listing whose poster has left
USUAL = 21  # a page of twenty and one more; written into the text, so that the usual question needs no planning
AFTER = {
    "newest": "(j.posted_at, j.id) < (?::text::timestamp at time zone 'UTC', ?::bigint)",
    "deadline": "(j.deadline_key, j.id) > (?::text::date, ?::bigint)",
    "pay": "(j.pay_key, j.id) < (?::text::bigint, ?::bigint)",
}
JOB_COLUMNS = (
    "id, poster_id, title, kind, category, company, state, town, location, salary, pay_amount, pay_unit, pay_terms, "
    f"description, skills, languages, experience, wanted, starts_on, ends_on, deadline, {STATUS.replace('@day', '$2::date')} as status, "
    f"held_reason, posted_at, updated_at, reopened_at, {ENDED.replace('@day', '$2::date')} as ended"
)
ONE = Query(JobRow, f"select {JOB_COLUMNS} from jobs.job j where id = $1")  # noqa: S608 - constants
ONE_JSON, ONE_COMPACT_JSON = (
    Query(
        bytes,
        f"select row_to_json(o) from (select (select row_to_json(f) from (select {form.replace('@day', '$2::date')}) f) as job from jobs.job j "  # noqa: S608
        "where id = $1 and status in ('open', 'closed')) o",
    )
    for form in (FULL, COMPACT)
)
OWN = Query(
    OwnRow,
    f"select j.id, j.title, j.company, j.location, j.salary, {STATUS.replace('@day', '$2::date')} as status, "
    f"{ENDED.replace('@day', '$2::date')} as ended, j.held_reason, j.posted_at, "
    "count(a.id) filter (where a.status in ('applied', 'reviewed', 'shortlisted', 'offered'))::int as waiting, "
    "count(a.id)::int as applicants from jobs.job j left join jobs.application a on a.job_id = j.id "
    "where j.poster_id = $1 and j.id < $3 group by j.id order by j.id desc limit $4",
)
APPLICATION = (
    "select a.id, a.job_id, a.applicant_id, a.note, a.rate_kobo, a.rate_unit, a.status, a.created_at, a.moved_at, "
    f"j.title, j.company, j.category, j.state, {STATUS.replace('@day', '$2::date')} as job_status, "
    f"{ENDED.replace('@day', '$2::date')} as job_ended from jobs.application a join jobs.job j on j.id = a.job_id where "
)
APPLICANTS = Query(ApplicationRow, APPLICATION + "a.job_id = $1 and (a.created_at, a.id) > ($3, $4) order by a.created_at, a.id limit $5")
APPLICANT = Query(ApplicationRow, APPLICATION + "a.job_id = $1 and a.id = $3")
HOW_MANY = Query(
    Stand,
    "select 'jobs_open' as what, count(*) as total from jobs.job "
    "where status = 'open' and deadline_key >= (now() at time zone 'Africa/Lagos')::date",
)
COUNT_OWN = Query(int, "select count(*)::int from jobs.job where poster_id = $1")
COUNT_APPLICANTS = Query(int, "select count(*)::int from jobs.application where job_id = $1")
COUNT_MINE = Query(int, "select count(*)::int from jobs.application where applicant_id = $1")
MINE = Query(
    ApplicationRow, APPLICATION + "a.applicant_id = $1 and (a.created_at, a.id) < ($3, $4) order by a.created_at desc, a.id desc limit $5"
)
MINE_FOR_JOB = Query(ApplicationRow, APPLICATION + "a.job_id = $1 and a.applicant_id = $3")
WAITING_REVIEWS = Query(
    ReviewRow,
    "select r.id, r.job_id, r.reason, r.phrases, r.created_at, j.title, j.company, j.description "
    "from jobs.review r join jobs.job j on j.id = r.job_id where r.decision is null order by r.created_at limit $1",
)
OPEN_IDS = Query(int, "select id from jobs.job where status = 'open' and deadline_key >= $1 order by posted_at desc limit $2")
ADD_WORDS = "insert into jobs.word (word) select unnest($1::text[]) on conflict do nothing"


def clauses_of(search: Search, today: date) -> tuple[list[str], list[Any]]:
    """The WHERE clauses with ? for each parameter.

    What the index of terms holds exactly (kind, category, state) is asked only once: a second clause that says the
    same would make the planner expect far fewer rows than come.
    """
    clauses: list[str] = []
    args: list[Any] = []
    if search.is_indexed:
        clauses.append("j.search @@ ?::text::tsquery")
        args.append(terms(search, today))
    else:
        for column in ("kind", "category", "state"):
            value = getattr(search, column)
            if value is not None:
                clauses.append(f"j.{column} = ?::text")
                args.append(value)
    rest, values = bounds_of(search, today)
    return [*clauses, *rest], [*args, *values]


def titled_clauses_of(search: Search, today: date) -> tuple[list[str], list[Any]]:
    """The same for listings that have all the words in their title, in any spelling, as ix_job_title finds them.

    A title with the words needs no second look at the words: asked twice, the planner would expect far fewer rows
    than come.
    """
    clause, args = in_title(search, ALL)
    clauses = [clause]
    if tags := tags_of(search):
        clauses.append("j.search_tags @> ?::text[]")
        args.append(tags)
    rest, values = bounds_of(search, today)
    return [*clauses, *rest], [*args, *values]


def bounds_of(search: Search, today: date) -> tuple[list[str], list[Any]]:
    """What only the rows themselves say: the state of a listing, and the exact ends of ranges.

    Open means that its deadline has not passed. The day is written into the text as USUAL is: the usual question still
    has no parameter, and the planner knows that nearly every open listing is within its deadline.
    """
    clauses = ["j.status = 'open'", f"j.deadline_key >= {literal(today)}"] if search.open_only else ["j.status in ('open', 'closed')"]
    args: list[Any] = []
    if search.pay_min is not None:
        clauses.append("j.pay_key >= ?::bigint")
        args.append(search.pay_min)
    if search.pay_max is not None:
        clauses.append("j.pay_key <= ?::bigint")
        args.append(search.pay_max)
    if search.since is not None:
        clauses.append("j.posted_at >= ?::date::timestamp at time zone 'Africa/Lagos'")
        args.append(search.since)
    return clauses, args


def literal(day: date) -> str:
    """A day of ours as SQL text."""
    return f"date '{day.isoformat()}'"


def list_sql(
    search: Search, today: date, *, shape: str, after: tuple[str, int] | None, limit: int
) -> tuple[str, list[Any]]:  # fmt: skip
    """One page of the list as SQL: constant text, every value a parameter."""
    key, order = SORT_KEYS[search.sort]
    most, bound = ("?::int", [limit]) if limit != USUAL else (str(USUAL), [])
    if search.sort == "relevance":
        tables, source, args = parts_sql(search, today, after=after, limit=limit)
        return numbered(f"{tables} select {shape.replace('@key', key)} from {source} order by {order} limit {most}"), [*args, *bound]  # noqa: S608
    clauses, args = clauses_of(search, today)
    if after is not None:
        clauses.append(AFTER[search.sort])
        args += after
    where = " and ".join(clauses)
    sql = f"select {shape.replace('@key', key)} from jobs.job j where {where} order by {order} limit {most}"  # noqa: S608
    return numbered(sql), [*args, *bound]


def parts_sql(search: Search, today: date, *, after: tuple[str, int] | None, limit: int) -> tuple[str, str, list[Any]]:
    """Relevance's parts as tables, what they are together, and the values. A part is read only if those before it do not fill the page."""
    place = None if after is None else place_of(after[0])
    most, bound = ("?::int", [limit]) if limit != USUAL else (str(USUAL), [])
    tables: list[str] = []
    counts: list[str] = []
    args: list[Any] = []
    for part in parts(search.words, place):
        clauses, values = part_clauses(search, part, today)
        if after is not None and place is not None and part == place.part:
            clauses.append(AFTER["newest"])
            values += (place.posted, after[1])
        if counts:
            clauses.append(f"{' + '.join(counts)} < {most}")
            values += bound
        where = " and ".join(clauses)
        tables.append(
            f"part{part:d} as materialized (select j.*, {part:d} as part from jobs.job j where {where} "  # noqa: S608 - constants
            f"order by j.posted_at desc, j.id desc limit {most})"
        )
        counts.append(f"(select count(*) from part{part:d})")  # noqa: S608 - a number
        args += [*values, *bound]
    together = " union all ".join(f"select * from part{part:d}" for part in parts(search.words, place))  # noqa: S608 - numbers
    return f"with {', '.join(tables)}", f"({together}) j", args


def part_clauses(search: Search, part: int, today: date) -> tuple[list[str], list[Any]]:
    """The WHERE clauses of one of relevance's parts."""
    if part == ALL:
        return titled_clauses_of(search, today)
    clauses, args = clauses_of(search, today)
    clause, values = in_title(search, part)
    return [*clauses, clause], [*args, *values]


def in_title(search: Search, part: int) -> tuple[str, list[Any]]:
    """Whether a title has all the words, some or none: each by itself, or written together with its neighbour."""
    choices = [list(choice) for choice in spellings(search.words)]
    terms = sorted({term for choice in choices for term in choice})
    every = " and ".join([f"{TITLE} && ?::text[]"] * len(choices))
    if part == ALL:
        return every, choices
    if part == SOME:
        return f"{TITLE} && ?::text[] and not ({every})", [terms, *choices]
    return f"not {TITLE} && ?::text[]", [terms]


def numbered(sql: str) -> str:
    """? becomes $1, $2 … in order."""
    parts = sql.split("?")
    return "".join(part + (f"${n}" if n < len(parts) else "") for n, part in enumerate(parts, start=1))


CARD_SHAPE = (
    "j.id, j.title, j.company, j.location, j.salary, j.posted_at, j.deadline, @status as status, @ended as ended, @text as sort_key"
)


def key_text(sort: str, key: str) -> str:
    """How a cursor spells a sort's key: as text that reads back to the very same value."""
    return KEY_TEXT.get(sort, "(@key)::text").replace("@key", key)


@lru_cache(1024)
def page_query(
    search: Search, today: date, *, compact: bool, after: tuple[str, int] | None, limit: int
) -> tuple[Query[PageRow], list[Any]]:  # fmt: skip
    """PostgreSQL writes the JSON of the page, and from one row more than asked for it knows whether there is a next.

    Rows are gathered into arrays and cut there: a window or a common table would cost more than the rows themselves.
    """
    shape = f"(select row_to_json(f) from (select {COMPACT if compact else FULL.replace('@day', literal(today))}) f)::text as o, @key as k, j.id as i"  # noqa: S608
    sql, args = list_sql(search, today, shape=shape, after=after, limit=limit + 1)
    key = key_text(search.sort, f"k[{limit:d}]")
    built = (
        f"select coalesce(convert_to('[' || array_to_string(o[1:{limit:d}], ',') || ']', 'UTF8'), '[]') as jobs, "  # noqa: S608 - constants
        f"case when cardinality(i) > {limit:d} then {key} end as key, "
        f"case when cardinality(i) > {limit:d} then i[{limit:d}] end as last "
        f"from (select array_agg(o) as o, array_agg(k) as k, array_agg(i) as i from ({sql}) rows) page"
    )
    return Query(PageRow, built), args


def cards_query(search: Search, today: date, *, after: tuple[str, int] | None, limit: int) -> tuple[Query[CardRow], list[Any]]:
    """The list as cards, one more than asked for."""
    status = STATUS.replace("@day", literal(today))
    shape = (
        CARD_SHAPE.replace("@status", status)
        .replace("@ended", ENDED.replace("@day", literal(today)))
        .replace("@text", key_text(search.sort, SORT_KEYS[search.sort][0]))
    )
    sql, args = list_sql(search, today, shape=shape, after=after, limit=limit + 1)
    return Query(CardRow, sql), args


async def page(read: ReadSession, search: Search, today: date, *, compact: bool, after: tuple[str, int] | None, limit: int) -> PageRow:
    """One page as JSON, with the key and id of its last row when there is a next one."""
    query, args = page_query(search, today, compact=compact, after=after, limit=limit)
    found = await read.one(query, *args)
    return found or PageRow(jobs=b"[]", key=None, last=None)


async def cards(read: ReadSession, search: Search, today: date, *, after: tuple[str, int] | None, limit: int) -> list[CardRow]:
    """Cards, one more than asked for."""
    query, args = cards_query(search, today, after=after, limit=limit)
    return await read.rows(query, *args)


async def one(read: ReadSession, job_id: int) -> JobRow | None:
    """A listing in any state: access decides who sees it."""
    return await read.one(ONE, job_id, lagos_day())


async def one_json(read: ReadSession, job_id: int, *, compact: bool) -> bytes:
    """A public listing as {"job": …} bytes; empty when there is none."""
    return await read.json(ONE_COMPACT_JSON, job_id) if compact else await read.json(ONE_JSON, job_id, lagos_day())


async def own(read: ReadSession, person_id: UUID, *, below: int, limit: int) -> list[OwnRow]:
    """One's own listings below a number, newest first."""
    return await read.rows(OWN, person_id, lagos_day(), below, limit)


async def count(read: ReadSession, query: Query[int], of: UUID | int) -> int:
    """All of a list that is shown in pages."""
    return await read.one(query, of) or 0


async def applicants(read: ReadSession, job_id: int, *, after: tuple[datetime, UUID], limit: int) -> list[ApplicationRow]:
    """Who applied after a place, in order."""
    return await read.rows(APPLICANTS, job_id, lagos_day(), *after, limit)


async def applicant(read: ReadSession, job_id: int, application_id: UUID) -> ApplicationRow | None:
    """One application to a listing."""
    return await read.one(APPLICANT, job_id, lagos_day(), application_id)


async def mine(read: ReadSession, person_id: UUID, *, before: tuple[datetime, UUID], limit: int) -> list[ApplicationRow]:
    """Where a person applied before a place, newest first."""
    return await read.rows(MINE, person_id, lagos_day(), *before, limit)


async def mine_for_job(read: ReadSession, job_id: int, person_id: UUID) -> ApplicationRow | None:
    """A person's application to one listing."""
    return await read.one(MINE_FOR_JOB, job_id, lagos_day(), person_id)


async def waiting_reviews(read: ReadSession, *, limit: int) -> list[ReviewRow]:
    """Held posts, oldest first."""
    return await read.rows(WAITING_REVIEWS, limit)


async def open_ids(read: ReadSession, *, limit: int) -> list[int]:
    """For the sitemap."""
    return await read.rows(OPEN_IDS, lagos_day(), limit)


async def job(session: WriteSession, job_id: int) -> Job | None:
    """A listing to change, locked."""
    return await session.get(Job, job_id, with_for_update=True)


async def add_job(session: WriteSession, new: Job, words: Sequence[str]) -> None:
    """Stores a listing and the words it can be found by."""
    session.add(new)
    await session.flush()
    await add_words(session, words)


async def add_words(session: WriteSession, words: Sequence[str]) -> None:
    """Grows the vocabulary; in a fixed order, so two posts never wait for each other in a ring."""
    await session.sql(ADD_WORDS, sorted(set(words)))


ADD_APPLICATION = """
insert into jobs.application (id, job_id, applicant_id, note, rate_kobo, rate_unit, status, created_at, moved_at, version)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict do nothing returning id
"""


async def add_application(session: WriteSession, new: Application) -> bool:
    """Stores an application; False when the person has one already."""
    values = (
        new.id, new.job_id, new.applicant_id, new.note, new.rate_kobo, new.rate_unit, new.status, new.created_at, new.moved_at, new.version,
    )  # fmt: skip
    return bool(await session.sql(ADD_APPLICATION, *values))


async def application(session: WriteSession, application_id: UUID) -> Application | None:
    """An application to change, locked."""
    return await session.get(Application, application_id, with_for_update=True)


WAITING_FOR = """
select id from jobs.application where job_id = $1 and status in ('applied', 'reviewed', 'shortlisted', 'offered')
order by id for update
"""


async def waiting_for(session: WriteSession, job_id: int) -> list[UUID]:
    """Applications that still wait for an answer, locked in order."""
    return [row[0] for row in await session.sql(WAITING_FOR, job_id)]


async def own_application(session: WriteSession, job_id: int, person_id: UUID) -> Application | None:
    """A person's application to a listing, locked."""
    found = await session.sql("select id from jobs.application where job_id = $1 and applicant_id = $2", job_id, person_id)
    return await application(session, found[0][0]) if found else None


async def add_review(session: WriteSession, new: Review) -> None:
    """Puts a held post in the queue."""
    session.add(new)
    await session.flush()


async def review(session: WriteSession, review_id: UUID, *, lock: bool) -> Review | None:
    """A held post's review, locked when asked."""
    return await session.get(Review, review_id, with_for_update=True if lock else None)


SETTLE_REVIEWS = """
update jobs.review set decision = 'settled', note = 'changed or closed by its poster', decided_at = now()
where job_id = $1 and decision is null
"""


async def settle_reviews(session: WriteSession, job_id: int) -> None:
    """A listing that is closed or changed waits for no operator's answer to its old text."""
    await session.sql(SETTLE_REVIEWS, job_id)


DUE_ON = "coalesce(closes_on, deadline_key + 1)"
DUE = f"""
select {DUE_ON}, id from jobs.job where status = 'open' and {DUE_ON} <= $1 and ({DUE_ON}, id) > ($2::date, $3::bigint)
order by {DUE_ON}, id limit $4
"""  # noqa: S608 - constants


async def due(session: WriteSession, today: date, after: tuple[date, int], *, limit: int) -> list[tuple[date, int]]:
    """Day and id of open listings for the worker to look at: the day after their deadline, and when they close by themselves.

    In the order of ix_job_due, which finds that there is none.
    """
    return [(row[0], row[1]) for row in await session.sql(DUE, today, *after, limit)]


STANDING = "select id from jobs.job where poster_id = $1 and status in ('open', 'held') order by id"


async def standing(session: WriteSession, person_id: UUID) -> list[int]:
    """A person's listings that are open or wait for an operator."""
    return [row[0] for row in await session.sql(STANDING, person_id)]


IS_RELEASED = "select 1 from jobs.review where job_id = $1 and decision = 'release' and released_text = $2 limit 1"


async def is_released(session: WriteSession, job_id: int, text: str) -> bool:
    """Whether an operator has released the listing with just this text (its fingerprint)."""
    return bool(await session.sql(IS_RELEASED, job_id, text))


LAST_DECISION = """
select decision from jobs.review where job_id = $1 and decision in ('release', 'refuse') order by decided_at desc limit 1
"""


async def last_decision(session: WriteSession, job_id: int) -> str | None:
    """What an operator last decided about a listing; None where none ever did."""
    found = await session.sql(LAST_DECISION, job_id)
    return found[0][0] if found else None


EMPTY = """
update jobs.job set poster_id = $2, status = 'shelved', title = '', company = '', town = '', location = '', description = '',
skills = '{}', held_reason = '', search_title = '', search_text = '', search_tags = '{}', version = version + 1, updated_at = now()
where poster_id = $1 and exists (select 1 from jobs.application a where a.job_id = job.id) returning id, state, category
"""
DROP_REVIEWS = "delete from jobs.review where job_id = any($1::bigint[])"
DROP_ASKED = "delete from jobs.asked where job_id = any($1::bigint[])"
DROP_EMPTY = """
delete from jobs.job where id = any($1::bigint[]) and poster_id = $2
and not exists (select 1 from jobs.application a where a.job_id = job.id)
"""


async def erase(session: WriteSession, person_id: UUID) -> tuple[list[tuple[int, str, str]], list[int]]:
    """Forgets a person's listings and applications; id, state and category of what is gone, and the ids of what is left empty.

    A listing to which somebody has applied is left without a word or a poster, so that the applicant keeps the application.
    """
    answered = await session.sql("delete from jobs.application where applicant_id = $1 returning job_id", person_id)
    await session.sql(DROP_EMPTY, [row[0] for row in answered], NOBODY)
    emptied = await session.sql(EMPTY, person_id, NOBODY)
    for drop in (DROP_REVIEWS, DROP_ASKED):
        await session.sql(drop, [row[0] for row in emptied])
    gone = await session.sql("delete from jobs.job where poster_id = $1 returning id, state, category", person_id)
    await session.sql("update jobs.review set decided_by = null where decided_by = $1", person_id)
    return [(row[0], row[1], row[2]) for row in (*gone, *emptied)], [row[0] for row in emptied]


LISTED = Query(JobRow, f"select {JOB_COLUMNS} from jobs.job j where poster_id = $1 order by id")  # noqa: S608 - constants
ALL_MINE = Query(ApplicationRow, APPLICATION + "a.applicant_id = $1 order by a.created_at")


async def everything(read: ReadSession, person_id: UUID) -> dict[str, Any]:
    """All listings and applications of a person."""
    return {"jobs": await read.rows(LISTED, person_id, lagos_day()), "applications": await read.rows(ALL_MINE, person_id, lagos_day())}
