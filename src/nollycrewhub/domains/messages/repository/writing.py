"""What changes conversations. A conversation's row is locked first, always, so its numbers have no holes and its rules hold."""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from nollycrewhub.domains.messages.repository.files import FILES_OF
from nollycrewhub.domains.messages.repository.reading import FROM, HAS_BLOCKED, KNOWS, SILENT_AT, SILENT_TEXT, SPARED, VISIBLE
from nollycrewhub.domains.messages.schemas import FileOut, MessageRow
from nollycrewhub.platform.db import WriteSession

LOCK = "select id, kind, key, title, last_n, frozen_at is not null, owner_id from messages.conversation where id = $1 for update"
SEATS = "select person_id, state, read_n, muted, until_n, from_n from messages.member where conversation_id = $1 order by since, person_id"
CREATE = """
insert into messages.conversation (id, kind, key, about_id, title, created_by, owner_id, project_id)
values ($1, $2::text, $3, $4, $5, $6::uuid, case when $2::text = 'group' then $6::uuid end, $7::uuid)
on conflict (key) do nothing returning id
"""
BY_KEY = "select id from messages.conversation where key = $1"
SIT = """
insert into messages.member (conversation_id, person_id, state, asked_by, from_n, read_n) values ($1, $2, $3, $4, $5, $5)
on conflict (conversation_id, person_id) do update set state = excluded.state, asked_by = excluded.asked_by, since = now()
"""
# Who comes back sees what is said from then on; until they accept, what they saw before. Names of the group that came meanwhile
# come with it, unless they have blocked anybody who is or was in it: an owner may have named it and handed it over.
ACCEPT = f"""
update messages.member m set state = 'in', archived = false, from_n = case when until_n is null then m.from_n else c.last_n end,
    read_n = case when until_n is null then m.read_n else c.last_n end, since = case when until_n is null then m.since else now() end,
    until_n = null, called = case when exists (select 1 from messages.member o where o.conversation_id = c.id and {HAS_BLOCKED}) then m.called end
from messages.conversation c where c.id = m.conversation_id and m.conversation_id = $1 and m.person_id = $2
"""  # noqa: S608 - constants
# Into a room of a project: who comes, or comes back, sees what is said from then on.
ADMIT = """
insert into messages.member (conversation_id, person_id, state, from_n, read_n)
select c.id, p, 'in', c.last_n, c.last_n from messages.conversation c, unnest($2::uuid[]) as p where c.id = $1
on conflict (conversation_id, person_id) do update set state = 'in', from_n = excluded.from_n, read_n = excluded.read_n, until_n = null,
    since = now() where member.state <> 'in'
returning person_id
"""
OF_PROJECT = "select id, kind, about_id, title from messages.conversation where project_id = $1 order by id"
RENAME = "update messages.conversation set title = $2 where id = $1"
# Those whom the new name does not reach keep the one they know, and those whom it reaches have no other.
CALL = """
update messages.member m set called = case when m.person_id = any($2::uuid[]) then coalesce(m.called, c.title) end
from messages.conversation c where c.id = $1 and m.conversation_id = c.id and (m.called is not null or m.person_id = any($2::uuid[]))
"""
HAND_OVER = "update messages.conversation set owner_id = $2 where id = $1"
WITHIN = "select person_id, blocked_id from messages.block where person_id = any($1::uuid[]) and blocked_id = any($1::uuid[])"
MOVE = "update messages.member set state = $3, until_n = $4, archived = false where conversation_id = $1 and person_id = $2"
MUTED = """
update messages.member m set muted = $3, unmuted_n = case when $3 then m.unmuted_n else c.last_n end from messages.conversation c
where c.id = m.conversation_id and m.conversation_id = $1 and m.person_id = $2
"""
ARCHIVED = "update messages.member set archived = $3 where conversation_id = $1 and person_id = $2"
ALREADY = "select conversation_id, n from messages.message where author_id = $1 and client_id = $2"
ROW = "conversation_id, n, author_id, client_id, text, sent_at, edited_at, deleted_at is not null as is_deleted"
SEEN = """
insert into messages.choice (person_id, seen_at) values ($1, date_trunc('minute', now()))
on conflict (person_id) do update set seen_at = excluded.seen_at where choice.seen_at is null or choice.seen_at < excluded.seen_at
"""
# Its author was here; and a conversation comes out of the archive of whoever is in it when something new is said there, unless it is
# muted, or they have blocked its author.
ADD = f"""
with counted as (update messages.conversation set last_n = last_n + 1 where id = $1 returning last_n),
    back as (update messages.member set archived = false where conversation_id = $1 and state = 'in' and archived and not muted and (not $6 or person_id = $2)
        and not {HAS_BLOCKED.replace("m.person_id", "member.person_id").replace("o.person_id", "$2")}),
    seen as ({SEEN.replace("$1", "$2")})
insert into messages.message (conversation_id, n, author_id, client_id, text, search_text, silent)
select $1, last_n, $2, $3, $4, $5, $6 from counted on conflict (author_id, client_id) do nothing returning {ROW}
"""  # noqa: S608 - constants
# Whom somebody has asked already, who have not answered; to put them out of the group is no answer.
ASKED_ALREADY = """
select distinct person_id from messages.member
where asked_by = $1 and person_id = any($2::uuid[]) and (state = 'asked' or (state in ('lost', 'declined', 'refused') and since > now() - $3::interval))
"""
WROTE = "select exists (select 1 from messages.message where conversation_id = $1 and author_id = $2)"
UNREAD = f"""exists (
    select 1 from messages.message x where x.conversation_id = $1 and x.n > greatest(m.read_n, m.from_n)
    and x.author_id is distinct from m.person_id and x.deleted_at is null and not x.silent
    and (m.until_n is null or x.n <= m.until_n) and not {SPARED})"""  # noqa: S608 - constants
UNTOLD = UNREAD.replace("m.read_n", "greatest(m.read_n, m.unmuted_n)")  # what came while it was muted was not told
HAS_UNREAD = f"select {UNREAD} from messages.member m where m.conversation_id = $1 and m.person_id = $2"  # noqa: S608 - constants
# Who had not read a message that is gone from them, deleted or since they have blocked its author, and has nothing else unread there.
LEFT_NOTHING = f"""
select m.person_id from messages.member m
where m.conversation_id = $1 and m.state = 'in' and m.person_id <> $3 and m.read_n < $2 and m.from_n < $2 and not {UNREAD}
"""  # noqa: S608 - constants
HEAD = "x.conversation_id, x.n, x.author_id, x.client_id, x.sent_at, x.deleted_at is not null as is_deleted"
WHOLE = f"{HEAD}, {FILES_OF}::text as files"
# As its author reads it.
MESSAGE = f"""
select {WHOLE}, coalesce({SILENT_TEXT.replace("m.person_id", "x.author_id")}, x.text) as text, coalesce({SILENT_AT.replace("m.person_id", "x.author_id")}, x.edited_at) as edited_at
from messages.message x where x.conversation_id = $1 and x.n = $2 and x.author_id = $3
"""  # noqa: S608 - constants
KEEP = "insert into messages.former_text (id, conversation_id, n, text) select $3, conversation_id, n, text from messages.message where conversation_id = $1 and n = $2"
READS_ALONE = "select exists (select 1 from messages.silent_text where conversation_id = $1 and n = $2)"
LET_GO = "delete from messages.silent_text where conversation_id = $1 and n = $2"
EDIT = f"""
with let_go as ({LET_GO})
update messages.message x set text = $3, search_text = $4, edited_at = now() where x.conversation_id = $1 and x.n = $2
returning {WHOLE}, x.text, x.edited_at
"""  # noqa: S608 - constants
# For its author alone; touching the message has delta sync tell their other devices.
EDIT_SILENTLY = f"""
with kept as (
    insert into messages.silent_text (conversation_id, n, text, search_text) values ($1, $2, $3, $4)
    on conflict (conversation_id, n) do update set text = excluded.text, search_text = excluded.search_text, edited_at = now()
    returning text, edited_at
)
update messages.message x set silent = x.silent from kept where x.conversation_id = $1 and x.n = $2
returning {WHOLE}, kept.text, kept.edited_at
"""  # noqa: S608 - constants
DELETE = f"""
with let_go as ({LET_GO})
update messages.message set text = '', search_text = '', deleted_at = now() where conversation_id = $1 and n = $2
"""  # noqa: S608 - constants
# Through a block the other of two sees no mark move; the next one after it shows how far it is.
READ = """
update messages.member set read_n = least($3, c.last_n), shown_n = case when $4 then coalesce(shown_n, read_n) end from messages.conversation c
where c.id = conversation_id and conversation_id = $1 and person_id = $2 and read_n < least($3, c.last_n) returning read_n
"""
CHOOSE = """
insert into messages.choice (person_id, presence) values ($1, $2) on conflict (person_id) do update set presence = excluded.presence
"""
BLOCK = "insert into messages.block (person_id, blocked_id) values ($1, $2) on conflict do nothing returning 1"
UNBLOCK = "delete from messages.block where person_id = $1 and blocked_id = $2 returning 1"
BLOCKED = "select person_id, blocked_id from messages.block where (person_id = $1 and blocked_id = any($2::uuid[])) or (blocked_id = $1 and person_id = any($2::uuid[]))"
# Delta sync tells their own clients to look again. A seat that both see is not touched: it would tell the other.
NOTE_APART = """
insert into messages.choice (person_id, apart_changed) values ($1, pg_current_xact_id()::text::bigint)
on conflict (person_id) do update set apart_changed = excluded.apart_changed
"""
HOLD = "select pg_advisory_xact_lock(hashtextextended('messages.asking:' || $1::text, 0))"
RECORD = """
select count(*) filter (where state in ('asked', 'declined', 'unheard', 'refused', 'lost') and since > now() - $2::interval) as waiting,
    count(*) filter (where state in ('in', 'left')) as accepted,
    (select count(*) from messages.report where reported_id = $1 and decision in ('freeze', 'close-account')) as upheld
from messages.member where asked_by = $1
"""
# All that decides about one more message, asked once the conversation is locked: with the lock's own snapshot it would be of before.
FLOOR = f"""
select m.person_id, m.state, m.read_n, m.muted, m.until_n, m.from_n, {UNTOLD} as unread,
    exists (select 1 from messages.block b where b.person_id = $2 and b.blocked_id = m.person_id) as blocked,
    exists (select 1 from messages.block b where b.person_id = m.person_id and b.blocked_id = $2) as blocking,
    before.conversation_id as before_in, before.n as before_n, r.waiting, r.accepted, r.upheld
from messages.member m cross join ({RECORD.replace("$1", "$2").replace("$2::interval", "$4::interval")}) r
    left join messages.message before on before.author_id = $2 and before.client_id = $3
where m.conversation_id = $1 order by m.since, m.person_id
"""  # noqa: S608 - constants
SEERS = f"select m.person_id {FROM} join messages.message x on {VISIBLE} where c.id = $1 and x.n = $2 and m.state in ('in', 'asked')"  # noqa: S608 - constants
FREEZE = "update messages.conversation set frozen_at = coalesce(frozen_at, now()) where id = $1"
UNFREEZE = "update messages.conversation set frozen_at = null where id = $1"


class Held(NamedTuple):
    """A locked conversation."""

    id: UUID
    kind: str
    key: str
    title: str
    last_n: int
    is_frozen: bool
    owner_id: UUID | None


class Place(NamedTuple):
    """Where somebody stands in it."""

    person_id: UUID
    state: str
    read_n: int
    muted: bool
    until_n: int | None
    from_n: int


class Record(NamedTuple):
    """First messages that wait or were refused lately, those accepted, and reports found right."""

    waiting: int
    accepted: int
    upheld: int


class Floor(NamedTuple):
    """A locked conversation as somebody finds it who is about to speak there.

    `blocked` are those they have blocked, `blocking` those who have blocked them, `unread` those for whom something is
    unread; `before` is where their client's id was stored already.
    """

    held: Held
    seats: dict[UUID, Place]
    blocked: set[UUID]
    blocking: set[UUID]
    unread: set[UUID]
    before: tuple[UUID, int] | None
    record: Record


def row_of(record: asyncpg.Record) -> MessageRow:
    """A message with its files, which come as JSON."""
    row = dict(record)
    return MessageRow(**{**row, "files": msgspec.json.decode(row["files"], type=list[FileOut])})


async def hold(session: WriteSession, conversation_id: UUID) -> tuple[Held, dict[UUID, Place]] | None:
    """The conversation, locked, and everybody's seat."""
    found = await session.sql(LOCK, conversation_id)
    if not found:
        return None
    seats = await session.sql(SEATS, conversation_id)
    return Held(*found[0]), {row[0]: Place(*row) for row in seats}


async def take_floor(
    session: WriteSession, conversation_id: UUID, person_id: UUID, client_id: UUID, *, refused_for: object
) -> Floor | None:  # fmt: skip
    """The conversation, locked, and all that decides about one more message there."""
    found = await session.sql(LOCK, conversation_id)
    rows = await session.sql(FLOOR, conversation_id, person_id, client_id, refused_for) if found else []
    if not rows:
        return None
    first = rows[0]
    blocked, blocking, unread = ({row[0] for row in rows if row[name]} for name in ("blocked", "blocking", "unread"))
    before = (first["before_in"], first["before_n"]) if first["before_in"] else None
    record = Record(first["waiting"], first["accepted"], first["upheld"])
    return Floor(Held(*found[0]), {row[0]: Place(*row[:6]) for row in rows}, blocked, blocking, unread, before, record)


async def create(
    session: WriteSession, values: tuple[UUID, str, str, str, str, UUID], *, project_id: UUID | None = None
) -> tuple[UUID, bool]:  # fmt: skip
    """A conversation (id, kind, key, about, title, by), or the one that has its key; whether it is new."""
    if made := await session.sql(CREATE, *values, project_id):
        return made[0][0], True
    return (await session.sql(BY_KEY, values[2]))[0][0], False


async def sit(session: WriteSession, conversation_id: UUID, person_id: UUID, state: str, *, asked_by: UUID | None, from_n: int) -> None:
    """Gives somebody a seat, or their seat another state."""
    await session.sql(SIT, conversation_id, person_id, state, asked_by, from_n)


async def move(session: WriteSession, conversation_id: UUID, person_id: UUID, state: str, *, until_n: int | None = None) -> None:
    """Moves a seat to another state."""
    await session.sql(MOVE, conversation_id, person_id, state, until_n)


async def accept(session: WriteSession, conversation_id: UUID, person_id: UUID) -> None:
    """A seat that was asked is taken."""
    await session.sql(ACCEPT, conversation_id, person_id)


async def admit(session: WriteSession, conversation_id: UUID, people: Sequence[UUID]) -> set[UUID]:
    """Puts into a room whoever is not in it; who that was."""
    return {row[0] for row in await session.sql(ADMIT, conversation_id, list(people))}


async def of_project(session: WriteSession, project_id: UUID) -> list[tuple[UUID, str, str, str]]:
    """The conversations that hang on a project: id, kind, about what, and title."""
    return [(row[0], row[1], row[2], row[3]) for row in await session.sql(OF_PROJECT, project_id)]


async def rename(session: WriteSession, conversation_id: UUID, title: str, *, not_for: Collection[UUID] = ()) -> None:
    """Another name for a group, but for those whom it does not reach."""
    await session.sql(CALL, conversation_id, list(not_for))
    await session.sql(RENAME, conversation_id, title)


async def hand_over(session: WriteSession, conversation_id: UUID, owner_id: UUID | None) -> None:
    """Another owner of a group, or none while nobody is in it."""
    await session.sql(HAND_OVER, conversation_id, owner_id)


async def flag(session: WriteSession, conversation_id: UUID, person_id: UUID, name: str, *, on: bool) -> None:
    """Mutes or archives, or the opposite."""
    await session.sql({"muted": MUTED, "archived": ARCHIVED}[name], conversation_id, person_id, on)


async def already(session: WriteSession, author_id: UUID, client_id: UUID) -> tuple[UUID, int] | None:
    """The message this client's id names, if it was stored before."""
    found = await session.sql(ALREADY, author_id, client_id)
    return tuple(found[0]) if found else None


async def add(
    session: WriteSession, conversation_id: UUID, author_id: UUID, *, client_id: UUID, text: str, folded: str, silent: bool
) -> MessageRow | None:
    """Stores the next message of a locked conversation.

    None when the client's id names a message elsewhere: the number is used up then, so the caller refuses, which undoes it.
    """
    found = await session.sql(ADD, conversation_id, author_id, client_id, text, folded, silent)
    return MessageRow(**dict(found[0])) if found else None


async def has_written(session: WriteSession, conversation_id: UUID, person_id: UUID) -> bool:
    """Whether somebody has said anything in it."""
    return bool((await session.sql(WROTE, conversation_id, person_id))[0][0])


async def has_unread(session: WriteSession, conversation_id: UUID, person_id: UUID) -> bool:
    """Whether something is unread for somebody who sits in it."""
    return any(row[0] for row in await session.sql(HAS_UNREAD, conversation_id, person_id))


async def left_nothing(session: WriteSession, conversation_id: UUID, n: int, author_id: UUID) -> list[UUID]:
    """Who had this message unread, sees it no more, and has nothing else unread there."""
    return [row[0] for row in await session.sql(LEFT_NOTHING, conversation_id, n, author_id)]


async def own_message(session: WriteSession, conversation_id: UUID, n: int, author_id: UUID) -> MessageRow | None:
    """A message by its author."""
    found = await session.sql(MESSAGE, conversation_id, n, author_id)
    return row_of(found[0]) if found else None


async def reads_alone(session: WriteSession, conversation_id: UUID, n: int) -> bool:
    """Whether the author reads other words in it than everybody else."""
    return bool((await session.sql(READS_ALONE, conversation_id, n))[0][0])


async def edit(session: WriteSession, conversation_id: UUID, n: int, *, text: str, folded: str, former_id: UUID) -> MessageRow:
    """Other words for a message; the former ones are kept."""
    await session.sql(KEEP, conversation_id, n, former_id)
    return row_of((await session.sql(EDIT, conversation_id, n, text, folded))[0])


async def edit_silently(session: WriteSession, conversation_id: UUID, n: int, *, text: str, folded: str) -> MessageRow:
    """Other words for a message which its author alone reads; everybody else's stay as they are."""
    return row_of((await session.sql(EDIT_SILENTLY, conversation_id, n, text, folded))[0])


async def delete(session: WriteSession, conversation_id: UUID, n: int, *, former_id: UUID) -> None:
    """No words any more; the former ones are kept for a report."""
    await session.sql(KEEP, conversation_id, n, former_id)
    await session.sql(DELETE, conversation_id, n)


async def mark_read(session: WriteSession, conversation_id: UUID, person_id: UUID, n: int, *, silently: bool) -> int | None:
    """Moves the read mark forward; None when it was there already."""
    found = await session.sql(READ, conversation_id, person_id, n, silently)
    return int(found[0][0]) if found else None


async def note_seen(session: WriteSession, person_id: UUID) -> None:
    """The person was here, to the minute."""
    await session.sql(SEEN, person_id)


async def choose(session: WriteSession, person_id: UUID, presence: str) -> None:
    """Who may see when one was here."""
    await session.sql(CHOOSE, person_id, presence)


async def block(session: WriteSession, person_id: UUID, other_id: UUID) -> None:
    """From now on nothing comes through between the two."""
    await session.sql(BLOCK, person_id, other_id)
    await session.sql(NOTE_APART, person_id)


async def unblock(session: WriteSession, person_id: UUID, other_id: UUID) -> None:
    """What comes now comes through."""
    if await session.sql(UNBLOCK, person_id, other_id):
        await session.sql(NOTE_APART, person_id)


async def asked_already(session: WriteSession, person_id: UUID, others: Sequence[UUID], *, refused_for: object) -> set[UUID]:
    """Who of these knows that somebody asks them something, and has not answered."""
    return {row[0] for row in await session.sql(ASKED_ALREADY, person_id, list(others), refused_for)}


async def blocked_among(session: WriteSession, person_id: UUID, others: Iterable[UUID]) -> tuple[set[UUID], set[UUID]]:
    """Whom of these somebody has blocked, and who has blocked them. They may be among these themselves: nobody blocks themselves."""
    rows = await session.sql(BLOCKED, person_id, list(others))
    return {row[1] for row in rows if row[0] == person_id}, {row[0] for row in rows if row[1] == person_id}


async def blocks_within(session: WriteSession, people: Sequence[UUID]) -> set[tuple[UUID, UUID]]:
    """Who of these has blocked whom of them."""
    return {(row[0], row[1]) for row in await session.sql(WITHIN, list(people))}


async def record(session: WriteSession, person_id: UUID, *, refused_for: object) -> Record:
    """What one's first messages came to; whatever else the same person does that counts these is held off until this transaction ends."""
    await session.sql(HOLD, str(person_id))
    return Record(*(await session.sql(RECORD, person_id, refused_for))[0])


async def known_among(session: WriteSession, person_id: UUID, others: Sequence[UUID]) -> set[UUID]:
    """With whom somebody is in a conversation both have agreed to."""
    return {row[0] for row in await session.sql(KNOWS.sql, person_id, list(others))}


async def seers(session: WriteSession, conversation_id: UUID, n: int) -> set[UUID]:
    """Who may see a message and hears of what is new."""
    return {row[0] for row in await session.sql(SEERS, conversation_id, n)}


async def freeze(session: WriteSession, conversation_id: UUID) -> None:
    """Nothing more can be sent in it."""
    await session.sql(FREEZE, conversation_id)


async def unfreeze(session: WriteSession, conversation_id: UUID) -> None:
    """It goes on."""
    await session.sql(UNFREEZE, conversation_id)
