"""The only SQL of people."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy.exc import IntegrityError

from nollycrewhub.contracts.users import CODE_QUARTERS, CodeCost, CodePart, Standing
from nollycrewhub.domains.users.models import Person, Profile, Registration, SentSecret
from nollycrewhub.domains.users.rules import Findable, Spot, part_terms, parts
from nollycrewhub.domains.users.schemas import AccountRow, HandleRow, LookedUp, PhotoRow, ProfileRow, Spoken, TalentRow, TalentSearch
from nollycrewhub.platform.db import Query, ReadSession, WriteSession
from nollycrewhub.platform.standing import Stand

ACCOUNT = (
    "select id, handle, name, email, phone, password_hash, email_confirmed_at, phone_confirmed_at, operator, banned_at, google_sub, locale "
    "from users.person where "
)
BY_EMAIL = Query(AccountRow, ACCOUNT + "email = $1")
BY_PHONE = Query(AccountRow, ACCOUNT + "phone = $1")
BY_ID = Query(AccountRow, ACCOUNT + "id = $1")
BY_GOOGLE = Query(AccountRow, ACCOUNT + "google_sub = $1")
BY_IDS = Query(AccountRow, ACCOUNT + "id = any($1::uuid[])")
COLUMNS = (
    "p.person_id, a.handle, a.name, p.headline, p.state, p.town, p.photo_key, p.availability, p.rate_kobo, p.rate_unit, p.roles, "
    "p.skills, p.updated_at"
)
PROFILE = (
    f"select {COLUMNS}, p.bio, p.available_from, p.departments, p.links, p.listed, p.languages::text as languages, "
    "p.credits::text as credits, p.visibility::text as visibility "
    "from users.profile p join users.person a on a.id = p.person_id where a.banned_at is null and "
)
PROFILE_BY_ID = Query(ProfileRow, PROFILE + "p.person_id = $1")
PROFILE_BY_HANDLE = Query(ProfileRow, PROFILE + "a.handle = $1")
PROFILES_BY_IDS = Query(ProfileRow, PROFILE + "p.person_id = any($1::uuid[])")
IN_DIRECTORY = "from users.profile p join users.person a on a.id = p.person_id where p.listed and a.banned_at is null"
TALENT = f"{COLUMNS}, p.language_codes, p.available_from, p.visibility::text as visibility"
HOW_MANY = Query(
    Stand,
    f"select 'people' as what, count(*) as total from users.person union all select 'people_listed', count(*) {IN_DIRECTORY}",  # noqa: S608 - constants
)
KNOWN_WORDS = Query(
    str,
    "select word from unnest($1::text[]) as given(word) where exists "  # noqa: S608 - constants
    f"(select 1 {IN_DIRECTORY} and p.search @@ quote_literal(word)::tsquery)",
)
NEAR_WORDS = Query(
    str,
    f"select word from (select p.search_text {IN_DIRECTORY} and $1 <% p.search_text limit 500) near, "  # noqa: S608 - constants
    "string_to_table(near.search_text, ' ') as word where word % $1 group by word order by similarity(word, $1) desc, count(*) desc limit 12",
)
PHOTO = Query(
    PhotoRow,
    "select p.person_id, p.listed, p.visibility::text as visibility from users.profile p "
    "join users.person a on a.id = p.person_id where p.photo_key = $1 and a.banned_at is null",
)
LOOKED_UP = Query(
    LookedUp,
    "select a.id, a.handle, a.name, a.email, a.phone, a.email_confirmed_at, a.phone_confirmed_at, a.operator, a.banned_at, "
    "a.banned_reason, a.created_at, p.listed from users.person a join users.profile p on p.person_id = a.id "
    "where a.email = $1 or a.phone = $2 or a.handle = $3 limit 1",
)
STANDING = Query(
    Standing,
    "select created_at as since, (email_confirmed_at is not null or phone_confirmed_at is not null) as confirmed from users.person "
    "where id = $1 and banned_at is null",
)
OPERATORS = Query(UUID, "select id from users.person where operator and banned_at is null order by id")
BY_HANDLES = Query(
    HandleRow,
    "select p.person_id, a.handle, p.listed from users.profile p join users.person a on a.id = p.person_id "
    "where a.handle = any($1::text[]) and a.banned_at is null",
)
HANDLES = Query(
    str,
    "select a.handle from users.person a join users.profile p on p.person_id = a.id where p.listed and a.banned_at is null order by p.person_id",
)
SET_SEARCH = """
update users.profile p set search_text = given.text, search = given.document::tsvector
from unnest($1::uuid[], $2::text[], $3::text[]) as given(person_id, text, document)
where p.person_id = given.person_id and (p.search_text, p.search) is distinct from (given.text, given.document::tsvector)
returning p.person_id
"""
FINDABLE = """
select p.person_id, a.name, p.headline, p.roles, p.departments, p.skills, p.town, p.state, p.language_codes, p.credits, p.visibility
from users.profile p join users.person a on a.id = p.person_id
where p.person_id > $1 order by p.person_id limit $2 for update of p skip locked
"""
NEW_SECRET = """
insert into users.secret (id, person_id, purpose, channel, code_hash, expires_at, name, password_hash) values ($1, $2, $3, $4, $5, $6, $7, $8)
"""
COUNT_CODE: dict[CodePart, str] = {
    part: f"""
insert into users.code_spend as s (day, kobo, {part}_kobo) select $1, $2::bigint, $2::bigint where $3::bigint <= least($4::bigint, $5::bigint)
on conflict (day) do update set kobo = s.kobo + excluded.kobo, {part}_kobo = s.{part}_kobo + excluded.{part}_kobo
where s.{part}_kobo + $3::bigint <= $4::bigint and s.kobo + $3::bigint <= $5::bigint returning {part}_kobo
"""
    for part in CODE_QUARTERS
}
SPENT_ON_CODES: dict[CodePart, str] = {part: f"select {part}_kobo, kobo from users.code_spend where day = $1" for part in CODE_QUARTERS}
CODE_COSTS = Query(
    CodeCost,
    "select day, joining_kobo as joining, recovery_kobo as recovery, signing_in_kobo as signing_in from users.code_spend "
    "where day > $1 order by day desc",
)
ID_BY_EMAIL = "select id from users.person where email = $1"
ID_BY_PHONE = "select id from users.person where phone = $1"
DROP_SECRETS = "delete from users.secret where person_id = $1 and purpose = $2"
DROP_OLDEST_SECRETS = """
delete from users.secret where person_id = $1 and purpose = $2
and id not in (select id from users.secret where person_id = $1 and purpose = $2 order by id desc limit $3)
"""
UNUSED_SECRETS = """
select id, code_hash, channel, expires_at > now(), name, password_hash from users.secret
where person_id = $1 and purpose = $2 and used_at is null order by id desc for update
"""
OWNER_OF_SECRET = "select person_id from users.secret where id = $1 and purpose = $2"  # noqa: S105 - SQL
FIRST_SECRET = Query(
    UUID,
    "select o.id from users.secret s join users.secret o on o.person_id = s.person_id and o.purpose = s.purpose "
    "and o.password_hash is not distinct from s.password_hash where s.id = $1 and s.purpose = $2 order by o.id limit 1",
)
USED_SECRET = "update users.secret set used_at = now(), name = null, password_hash = null where id = $1"  # noqa: S105 - SQL
DROP_UNUSED_SECRETS = "delete from users.secret where person_id = $1 and purpose = $2 and used_at is null"
STRONGER_HASH = "update users.person set password_hash = $2 where id = $1 and password_hash = $3"
CONNECT_GOOGLE = "update users.person set google_sub = $2 where id = $1 and google_sub is null returning id"
LANGUAGE = Query(Spoken, "select locale, locale_chosen from users.person where id = $1")
CHOOSE_LANGUAGE = "update users.person set locale = $2, locale_chosen = true where id = $1"
OWN_ACCOUNT = Query(bytes, "select (to_jsonb(a) - 'password_hash')::text from users.person a where a.id = $1")
OWN_PROFILE = Query(bytes, "select (to_jsonb(p) - array['search', 'search_text'])::text from users.profile p where p.person_id = $1")
OWN_SECRETS = Query(
    bytes,
    "select coalesce(jsonb_agg(to_jsonb(s) - array['code_hash', 'password_hash']), '[]')::text from users.secret s where s.person_id = $1",
)
LOCK_HANDLE = "select pg_advisory_xact_lock(hashtextextended('handle:' || $1::text, 0))"
TAKEN = {f"uq_person_{column}": column for column in ("handle", "email", "phone", "google_sub")}
FREE_HANDLE = "select handle from users.person where handle = $1 or handle like $1 || '-%'"


async def account(read: ReadSession, *, email: str | None = None, phone: str | None = None) -> AccountRow | None:
    """The account of an address."""
    if email is not None:
        return await read.one(BY_EMAIL, email)
    return await read.one(BY_PHONE, phone)


async def account_by_id(read: ReadSession, person_id: UUID) -> AccountRow | None:
    """The account of an id."""
    return await read.one(BY_ID, person_id)


async def account_by_google(read: ReadSession, subject: str) -> AccountRow | None:
    """The account that a Google account opens."""
    return await read.one(BY_GOOGLE, subject)


async def connect_google(session: WriteSession, person_id: UUID, subject: str) -> bool:
    """Stores which Google account opens this one; False when either is connected elsewhere already."""
    try:
        async with session.begin_nested():
            return bool(await session.sql(CONNECT_GOOGLE, person_id, subject))
    except asyncpg.UniqueViolationError:
        return False


async def language(read: ReadSession, person_id: UUID) -> Spoken | None:
    """The language of a person's messages."""
    return await read.one(LANGUAGE, person_id)


async def choose_language(session: WriteSession, person_id: UUID, code: str) -> None:
    """Stores a person's choice."""
    await session.sql(CHOOSE_LANGUAGE, person_id, code)


async def accounts(read: ReadSession, ids: Sequence[UUID]) -> list[AccountRow]:
    """Several accounts."""
    return await read.rows(BY_IDS, list(ids))


async def add(session: WriteSession, person: Person, profile: Profile) -> str | None:
    """Stores a new account with its profile; or what of it somebody else has meanwhile: `handle`, `email`, `phone` or `google_sub`."""
    try:
        async with session.begin_nested():
            session.add(person)
            await session.flush()
            session.add(profile)
    except IntegrityError as error:
        taken = TAKEN.get(getattr(error.orig and error.orig.__cause__, "constraint_name", None) or "")
        if taken is None:
            raise
        return taken
    return None


async def handles_like(session: WriteSession, handle: str) -> set[str]:
    """Handles that are this one or this one with a number; holds off others who want it, until the commit."""
    await session.sql(LOCK_HANDLE, handle)
    return {row[0] for row in await session.sql(FREE_HANDLE, handle)}


async def person(session: WriteSession, person_id: UUID, *, lock: bool = False) -> Person | None:
    """The account to change."""
    return await session.get(Person, person_id, with_for_update=lock or None)


async def profile(session: WriteSession, person_id: UUID) -> Profile | None:
    """The profile to change."""
    return await session.get(Profile, person_id, with_for_update=True)


async def find_for_change(session: WriteSession, *, email: str | None, phone: str | None) -> UUID | None:
    """The id of an address's account, on the primary."""
    found = await (session.sql(ID_BY_EMAIL, email) if email is not None else session.sql(ID_BY_PHONE, phone))
    return found[0][0] if found else None


async def set_search(session: WriteSession, documents: dict[UUID, tuple[str, str]]) -> bool:
    """Stores search texts and documents; whether any was another one before."""
    texts, built = [text for text, _ in documents.values()], [document for _, document in documents.values()]
    return bool(await session.sql(SET_SEARCH, list(documents), texts, built))


async def next_findable(session: WriteSession, after: UUID, *, limit: int) -> dict[UUID, Findable]:
    """What the next people are found by, their profiles locked; who saves one at this moment stores its document anyway."""
    return {row[0]: Findable(*row[1:]) for row in await session.sql(FINDABLE, after, limit)}


async def new_secret(
    session: WriteSession, secret_id: UUID, person_id: UUID, *, purpose: str, channel: str, code_hash: str,
    expires_at: datetime, registration: Registration | None = None, beside: int = 0,
) -> None:  # fmt: skip
    """Stores a one-time secret; of earlier ones for the same purpose the newest `beside` stay."""
    await session.sql(DROP_OLDEST_SECRETS, person_id, purpose, beside)
    name, password_hash = (registration.name, registration.password_hash) if registration else (None, None)
    await session.sql(NEW_SECRET, secret_id, person_id, purpose, channel, code_hash, expires_at, name, password_hash)


async def count_code(session: WriteSession, day: date, kobo: int, *, room: int, part: CodePart, most: int, cap: int) -> int | None:
    """Counts a cost where there is room for so much, and gives the day's of that part; None past its money or the day's.

    The row stays locked until the commit.
    """
    found = await session.sql(COUNT_CODE[part], day, kobo, room, most, cap)
    return int(found[0][0]) if found else None


async def spent_on_codes(session: WriteSession, day: date, *, part: CodePart) -> tuple[int, int]:
    """What the day's codes by SMS cost so far, of one part and in all."""
    found = await session.sql(SPENT_ON_CODES[part], day)
    return (int(found[0][0]), int(found[0][1])) if found else (0, 0)


async def code_costs(read: ReadSession, after: date) -> list[CodeCost]:
    """What the days since cost by part, the newest first."""
    return await read.rows(CODE_COSTS, after)


async def unused_secrets(session: WriteSession, person_id: UUID, purpose: str) -> list[SentSecret]:
    """What was sent for a purpose and not used, the newest first, locked; not all of it holds still."""
    return [SentSecret(*row) for row in await session.sql(UNUSED_SECRETS, person_id, purpose)]


async def drop_secrets(session: WriteSession, person_id: UUID, purpose: str) -> None:
    """What was sent for a purpose opens nothing from now on."""
    await session.sql(DROP_SECRETS, person_id, purpose)


async def owner_of_secret(session: WriteSession, secret_id: UUID, purpose: str) -> UUID | None:
    """Whose secret it is, whether it holds or not."""
    found = await session.sql(OWNER_OF_SECRET, secret_id, purpose)
    return found[0][0] if found else None


async def first_secret(read: ReadSession, secret_id: UUID, purpose: str) -> UUID | None:
    """The first secret that was sent for the same registration, which may be this one."""
    return await read.value(FIRST_SECRET, secret_id, purpose)


async def set_password_hash(session: WriteSession, person_id: UUID, stronger: str, *, before: str) -> None:
    """The same password under today's parameters, unless it was changed meanwhile."""
    await session.sql(STRONGER_HASH, person_id, stronger, before)


async def use_secret(session: WriteSession, secret_id: UUID) -> None:
    """It works once, and whom it was sent for is known from now on."""
    await session.sql(USED_SECRET, secret_id)


async def drop_unused_secrets(session: WriteSession, person_id: UUID, purpose: str) -> None:
    """What was sent for a purpose and not used opens nothing from now on."""
    await session.sql(DROP_UNUSED_SECRETS, person_id, purpose)


async def profile_by_id(read: ReadSession, person_id: UUID) -> ProfileRow | None:
    """A profile by its owner's id."""
    return await read.one(PROFILE_BY_ID, person_id)


async def profile_by_handle(read: ReadSession, handle: str) -> ProfileRow | None:
    """A profile by handle."""
    return await read.one(PROFILE_BY_HANDLE, handle)


async def profiles(read: ReadSession, ids: Sequence[UUID]) -> list[ProfileRow]:
    """Several profiles."""
    return await read.rows(PROFILES_BY_IDS, list(ids))


async def photo(read: ReadSession, key: str) -> PhotoRow | None:
    """Whose photo has this key; nobody's when the account is closed."""
    return await read.one(PHOTO, key)


async def operators(read: ReadSession) -> list[UUID]:
    """Whose accounts are operators'."""
    return await read.rows(OPERATORS)


async def standing(read: ReadSession, person_id: UUID) -> Standing | None:
    """Since when an open account is here, and whether an address of it is confirmed."""
    return await read.one(STANDING, person_id)


async def by_handles(read: ReadSession, handles: Sequence[str]) -> list[HandleRow]:
    """Whose handles these are."""
    return await read.rows(BY_HANDLES, list(handles))


async def looked_up(read: ReadSession, *, email: str | None, phone: str | None, handle: str) -> LookedUp | None:
    """An account as operators see it, by one of its addresses or its handle."""
    return await read.one(LOOKED_UP, email, phone, handle)


async def listed_handles(read: ReadSession) -> list[str]:
    """All handles of the directory, for the sitemap."""
    return await read.rows(HANDLES)


def talent_query(search: TalentSearch, words: Sequence[str], after: Spot | None) -> tuple[Query[TalentRow], list[Any]]:
    """The directory's SQL for these filters: constant clauses, every value a parameter.

    With words the answer has parts, the best first, each a list in the order of newest; a part is read only if those
    before it do not fill the page.
    """
    clauses, args = talent_clauses(search)
    args.append(search.limit + 1)
    most = f"${len(args)}"
    where = "".join(f" and {clause}" for clause in clauses)
    newest = f"order by p.updated_at desc, p.person_id desc limit {most}"
    behind = ""
    shown = parts(words, None if after is None else after.part)
    if after is not None and after.part in shown:
        args += (after.updated_at, after.person_id)
        behind = f" and (p.updated_at, p.person_id) < (${len(args) - 1}, ${len(args)})"
    if not words:
        return Query(TalentRow, f"select {TALENT}, 0 as part {IN_DIRECTORY}{where}{behind} {newest}"), args  # noqa: S608 - constants
    tables: list[str] = []
    for part in shown:
        args.append(part_terms(words, part))
        fits = f"p.search @@ ${len(args)}::text::tsquery{behind if after is not None and part == after.part else ''}"
        before = " + ".join(f"(select count(*) from part{better:d})" for better in shown if better > part)  # noqa: S608 - numbers
        room = f" and {before} < {most}" if before else ""
        tables.append(f"part{part:d} as materialized (select {TALENT}, {part:d} as part {IN_DIRECTORY}{where} and {fits}{room} {newest})")  # noqa: S608
    together = " union all ".join(f"select * from part{part:d}" for part in shown)  # noqa: S608 - numbers
    order = f"order by part desc, updated_at desc, person_id desc limit {most}"
    return Query(TalentRow, f"with {', '.join(tables)} select * from ({together}) found {order}"), args  # noqa: S608 - constants


def talent_clauses(search: TalentSearch) -> tuple[list[str], list[Any]]:
    """The filters as numbered clauses: each finds those only who show the field to everybody."""
    clauses: list[str] = []
    args: list[Any] = []

    def add_clause(field: str, text: str, *values: Any) -> None:
        for value in values:
            args.append(value)
            text = text.replace("?", f"${len(args)}", 1)
        clauses.append(f"{text} and {public(field)}")

    if search.role:
        add_clause("roles", "p.roles @> array[?::text]", search.role)
    if search.department:
        add_clause("departments", "p.departments @> array[?::text]", search.department)
    if search.state:
        add_clause("state", "p.state = ?", search.state)
    if search.language:
        add_clause("languages", "p.language_codes @> array[?::text]", search.language)
    if search.availability:
        add_clause("availability", "p.availability = ?", search.availability)
    if search.free_by is not None:
        clauses.append(
            f"(p.available_from <= ${len(args) + 1} and {public('available_from')} or p.availability = 'free' and {public('availability')})"
        )
        args.append(search.free_by)
    if search.max_rate is not None:
        add_clause("rate", "p.rate_kobo <= ? and p.rate_unit = ?", search.max_rate, search.rate_unit or "day")
    return clauses, args


def public(field: str) -> str:
    """That a person shows a field to everybody."""
    return f"coalesce(p.visibility->>'{field}', 'public') = 'public'"


async def talent(read: ReadSession, search: TalentSearch, words: Sequence[str], after: Spot | None) -> list[TalentRow]:
    """One page of the directory and one row more."""
    query, args = talent_query(search, words, after)
    return await read.rows(query, *args)


async def known_words(read: ReadSession, words: Sequence[str]) -> set[str]:
    """Which of the words find somebody of the directory."""
    return set(await read.rows(KNOWN_WORDS, list(words)))


async def near_words(read: ReadSession, word: str) -> list[str]:
    """Neighbours of a word among those that people of the directory show."""
    return await read.rows(NEAR_WORDS, word)


async def remove(session: WriteSession, person_id: UUID) -> str | None:
    """Deletes the account with all that hangs on it; the key of its photo, if any."""
    found = await session.sql("select photo_key from users.profile where person_id = $1", person_id)
    await session.sql("delete from users.person where id = $1", person_id)
    return found[0][0] if found else None


async def everything(read: ReadSession, person_id: UUID) -> dict[str, Any]:
    """All that this schema holds about a person: whole rows, so that a new column is in it, but for hashes and search words."""
    return {
        "account": msgspec.json.decode(await read.json(OWN_ACCOUNT, person_id) or b"null"),
        "profile": msgspec.json.decode(await read.json(OWN_PROFILE, person_id) or b"null"),
        "messages_sent": msgspec.json.decode(await read.json(OWN_SECRETS, person_id) or b"[]"),
    }
