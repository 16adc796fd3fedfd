"""What people read: inbox, conversation, search, and everything since a cursor. Each answer is one statement, so it agrees with itself."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from nollycrewhub.domains.messages.repository.files import FILES
from nollycrewhub.domains.messages.repository.files import ROW as FILE_ROW
from nollycrewhub.domains.messages.schemas import BlockRow, ChoiceOut, Delta, FileRow, Inbox, Marked, MemberRow, MessageRow, Seat
from nollycrewhub.platform.db import Query, ReadSession

# Rows as one JSON list, in their order: files hang on messages as lists.
LIST = "select coalesce(json_agg(q), '[]')::text from ("
# Whether a block stands between the holders of seats `m` and `o`, either way.
BETWEEN = (
    "exists (select 1 from messages.block b where (b.person_id = m.person_id and b.blocked_id = o.person_id) "
    "or (b.person_id = o.person_id and b.blocked_id = m.person_id))"
)
# Whether the holder of seat `m` has blocked the one of seat `o`.
HAS_BLOCKED = "exists (select 1 from messages.block b where b.person_id = m.person_id and b.blocked_id = o.person_id)"
# Whether the holder of seat `m` is spared message `x`: its author has said it, or put it so, since they blocked them.
SPARED = (
    "exists (select 1 from messages.block b where b.person_id = m.person_id and b.blocked_id = x.author_id "
    "and b.since <= coalesce(x.edited_at, x.sent_at))"
)
# Which messages `x` the holder of seat `m` may see. A block keeps what was said before it, and in a group hides nothing from
# whoever was blocked. Until whoever is asked accepts, one message speaks to them.
VISIBLE = (
    "x.conversation_id = m.conversation_id and x.n > m.from_n and (m.until_n is null or x.n <= m.until_n) "
    "and (m.state <> 'asked' or m.until_n is not null or x.n <= m.from_n + 1) "
    f"and (not x.silent or x.author_id = m.person_id) and not {SPARED}"
)
COUNTS = "x.n > m.read_n and x.author_id is distinct from m.person_id and x.deleted_at is null"
FROM = "from messages.member m join messages.conversation c on c.id = m.conversation_id"
SEEN = "m.state in ('in', 'asked', 'left', 'out')"

# What a message says to its author alone, who changed it through a block; null to everybody else.
OF_SILENT = "from messages.silent_text s where s.conversation_id = x.conversation_id and s.n = x.n and x.author_id = m.person_id)"
SILENT_TEXT, SILENT_SEARCH, SILENT_AT = (f"(select s.{column} {OF_SILENT}" for column in ("text", "search_text", "edited_at"))  # noqa: S608 - constants
MESSAGE = (
    f"x.conversation_id, x.n, x.author_id, x.client_id, coalesce({SILENT_TEXT}, x.text) as text, x.sent_at, "
    f"coalesce({SILENT_AT}, x.edited_at) as edited_at, x.deleted_at is not null as is_deleted, {FILES}"
)
GLANCE = (
    "c.id, c.kind, coalesce(m.called, c.title) as title, m.state, c.frozen_at is not null as is_frozen, m.muted, m.archived, m.read_n, "
    f"(select count(*) from messages.message x where {VISIBLE} and {COUNTS}) as unread, "  # noqa: S608 - constants
    "(select count(*) from messages.member o where o.conversation_id = c.id and o.state in ('in', 'absent', 'asked', 'declined', 'unheard')) as people, "
    "array(select o.person_id from messages.member o where o.conversation_id = c.id and o.person_id <> m.person_id "
    "order by o.state in ('in', 'absent') desc, o.since, o.person_id limit 4) as others, "
    f"coalesce(l.sent_at, m.since) as at, l.n as last_n, coalesce({SILENT_TEXT.replace('x.', 'l.')}, l.text) as last_text, l.author_id as last_author_id, "
    "l.deleted_at is not null as last_is_deleted, (select a.kind from messages.attachment a "
    "where a.conversation_id = l.conversation_id and a.n = l.n and l.deleted_at is null order by a.place limit 1) as last_file"
)
LATEST = f"left join lateral (select x.* from messages.message x where {VISIBLE} order by x.n desc limit 1) l on true"  # noqa: S608
# What somebody begins with one who has blocked them is there for its author alone.
HAS_BEGUN = "(c.kind not in ('direct', 'application') or l.n is not null)"
BOX = "case when m.state = 'asked' then 'requests' when m.archived then 'archived' else 'inbox' end"
SEAT = (
    "select c.id, c.kind, c.about_id, coalesce(m.called, c.title) as title, c.created_by, c.owner_id, c.last_n, "
    f"c.frozen_at is not null as is_frozen, m.state, m.from_n, m.until_n, m.read_n, m.muted, m.archived {FROM} where c.id = $1 and m.person_id = $2"
)
OWN_SEAT = Query(Seat, SEAT)
# Through a block, since `a.since`, nobody looks as if they had gone on reading, or been here, after it, and nobody contradicts what they
# can be seen to have said since: a mark in a group, and when they were here, come as far as the block or as their newest words.
SPARES_THEM = "exists (select 1 from messages.block b where b.person_id = $2 and b.blocked_id = o.person_id)"
READ_BEFORE = (
    "(select x.n from messages.message x where x.conversation_id = o.conversation_id "  # noqa: S608 - constants
    f"and (x.sent_at < a.since or (x.author_id = o.person_id and not {SPARES_THEM})) order by x.n desc limit 1)"
)
SPOKE_AT = (
    "(select max(w.sent_at) from messages.member g join messages.member h on h.conversation_id = g.conversation_id and h.person_id = $2 "  # noqa: S608
    "and h.state = 'in' cross join lateral (select x.sent_at from messages.message x where x.conversation_id = g.conversation_id "
    f"and x.author_id = o.person_id and not x.silent order by x.n desc limit 1) w where g.person_id = o.person_id and not {SPARES_THEM})"
)
PEOPLE = Query(
    MemberRow,
    "select o.person_id, o.state, case when o.person_id = $2 then o.read_n else least(coalesce(o.shown_n, o.read_n), "  # noqa: S608
    f"case when a.since is not null and c.kind not in ('direct', 'application') then greatest(o.from_n, {READ_BEFORE}) end) end as read_n, "
    "coalesce(k.presence, 'talks') as presence, "
    f"case when k.seen_at > a.since then date_trunc('minute', greatest(a.since, {SPOKE_AT})) else k.seen_at end as seen_at "
    "from messages.member o join messages.conversation c on c.id = o.conversation_id left join messages.choice k on k.person_id = o.person_id "
    "cross join lateral (select min(b.since) as since from messages.block b where (b.person_id = $2 and b.blocked_id = o.person_id) "
    "or (b.person_id = o.person_id and b.blocked_id = $2)) a where o.conversation_id = $1 order by o.since, o.person_id",
)
INBOX = Query(
    bytes,
    f"with mine as materialized (select {GLANCE}, {BOX} as box {FROM} {LATEST} where m.person_id = $1 and {SEEN} and {HAS_BEGUN}), "  # noqa: S608
    "page as (select * from mine where box = $2 and ($3::timestamptz is null or (at, id) < ($3, $4::uuid)) order by at desc, id desc limit $5) "
    "select json_build_object('unread', (select coalesce(sum(unread), 0) from mine where box = 'inbox' and not muted), "
    "'requests', (select count(*) from mine where box = 'requests'), "
    "'conversations', coalesce((select json_agg(p order by p.at desc, p.id desc) from page p), '[]'))::text",
)
UNREAD = Query(
    int,
    f"select count(*)::int {FROM} join messages.message x on {VISIBLE} and {COUNTS} "  # noqa: S608
    "where m.person_id = $1 and m.state in ('in', 'left', 'out') and not m.archived and not m.muted",
)
BEFORE = Query(
    bytes,
    f"{LIST}select {MESSAGE} {FROM} join messages.message x on {VISIBLE} where c.id = $1 and m.person_id = $2 and {SEEN} "  # noqa: S608
    "and ($3::bigint is null or x.n < $3) order by x.n desc limit $4) q",
)
AFTER = Query(
    bytes,
    f"{LIST}select {MESSAGE} {FROM} join messages.message x on {VISIBLE} where c.id = $1 and m.person_id = $2 and {SEEN} "  # noqa: S608
    "and x.n > $3 order by x.n limit $4) q",
)
ONE = Query(
    bytes,
    f"{LIST}select {MESSAGE} {FROM} join messages.message x on {VISIBLE} "  # noqa: S608 - constants
    f"where c.id = $1 and m.person_id = $2 and {SEEN} and x.n = $3) q",
)
HITS = f"select {MESSAGE} {FROM} join messages.message x on {VISIBLE}"  # noqa: S608 - constants
HIT = f"m.person_id = $1 and {SEEN} and x.deleted_at is null"
BELOW = (
    "($3::timestamptz is null or (x.sent_at, x.conversation_id, x.n) < ($3, $4::uuid, $5::bigint)) "
    "order by x.sent_at desc, x.conversation_id desc, x.n desc limit $6"
)
# Each message by the words that this person reads in it.
FOUND = Query(
    bytes,
    f"{LIST}({HITS} where {HIT} and x.search @@ to_tsquery('simple', $2) and {SILENT_TEXT} is null and {BELOW}) union all "
    f"({HITS} join messages.silent_text w on w.conversation_id = x.conversation_id and w.n = x.n where {HIT} and x.author_id = m.person_id "
    f"and w.search @@ to_tsquery('simple', $2) and {BELOW}) order by sent_at desc, conversation_id desc, n desc limit $6) q",
)
# Only asked when nothing is spelt so, over the newest messages of one person: no index has to be kept for it.
NEARLY = Query(
    bytes,
    f"{LIST}select {MESSAGE.replace('m.person_id', '$1')} from (select x.* {FROM} join messages.message x on {VISIBLE} where m.person_id = $1 and {SEEN} "  # noqa: S608
    "and x.deleted_at is null order by x.sent_at desc limit 2000) x "
    f"where strict_word_similarity($2, coalesce({SILENT_SEARCH.replace('m.person_id', '$1')}, x.search_text)) >= 0.5 "
    "order by x.sent_at desc, x.conversation_id desc, x.n desc limit $3) q",
)
# A file is for whoever has accepted the conversation: a stranger's picture is shown to nobody unasked.
FILE = Query(
    FileRow,
    f"select {FILE_ROW} {FROM} join messages.message x on {VISIBLE} join messages.attachment a on a.conversation_id = x.conversation_id "  # noqa: S608
    "and a.n = x.n where a.id = $1 and m.person_id = $2 and m.state in ('in', 'left', 'out') and x.deleted_at is null",
)
# With from where to ask for what changes later, in one statement, so that nothing can come in between.
# `apart` names those in a group whom one has blocked: what they say comes or goes with the block, and none of that was touched.
APART_THERE = (
    "select coalesce(('x' || left(md5(string_agg(o.person_id::text, ',' order by o.person_id)), 15))::bit(60)::bigint, 0) "
    "from messages.member o join messages.conversation g on g.id = o.conversation_id where o.conversation_id = $1 "
    f"and g.kind not in ('direct', 'application') and {HAS_BLOCKED.replace('m.person_id', '$2')}"
)
MARKED = (
    f"select json_build_object('timeline', (select timeline_id from pg_control_checkpoint()), 'apart', ({APART_THERE}), "
    f"'changed', pg_snapshot_xmin(pg_current_snapshot())::text::bigint, 'messages', ({LIST}select {MESSAGE} {FROM} "  # noqa: S608 - constants
    f"join messages.message x on {VISIBLE} where c.id = $1 and m.person_id = $2 and {SEEN} "
)
NEWEST = Query(bytes, f"{MARKED}order by x.n desc limit $3) q)::json)::text")
# Of the messages from $3 on: those that were touched since $4, one's own that the others have read meanwhile (past $5, up to $6),
# and the others' that one has read oneself (past $7).
RENEWED = Query(
    bytes,
    f"{MARKED}and x.n >= $3 and (x.changed >= $4 or (x.author_id = m.person_id and x.n > $5 and x.n <= $6) "
    "or (x.author_id is distinct from m.person_id and x.n > $7 and x.n <= m.read_n)) order by x.n limit $8) q)::json)::text",
)
SYNC = Query(
    bytes,
    "with fresh as materialized (select x.changed, "
    + MESSAGE
    + f" {FROM} join messages.message x on {VISIBLE} where m.person_id = $1 and {SEEN} "  # noqa: S608
    "and x.changed >= $2 and (x.changed, x.conversation_id, x.n) > ($2, $3::uuid, $4::bigint) order by x.changed, x.conversation_id, x.n limit $5), "
    f"touched as (select {GLANCE} {FROM} {LATEST} where m.person_id = $1 and {SEEN} and {HAS_BEGUN} and $6 and (c.changed >= $2 or exists "
    "(select 1 from messages.member o where o.conversation_id = c.id and o.changed >= $2 "
    f"and (o.person_id = m.person_id or c.kind not in ('direct', 'application') or not {BETWEEN})) "
    "or (select k.apart_changed from messages.choice k where k.person_id = $1) >= $2)) "
    "select json_build_object('horizon', pg_snapshot_xmin(pg_current_snapshot())::text::bigint, "
    "'timeline', (select timeline_id from pg_control_checkpoint()), "
    "'messages', coalesce((select json_agg(to_jsonb(f) - 'changed' order by f.changed, f.conversation_id, f.n) from fresh f), '[]'), "
    "'changes', coalesce((select json_agg(f.changed order by f.changed, f.conversation_id, f.n) from fresh f), '[]'), "
    "'conversations', coalesce((select json_agg(t) from touched t), '[]'), "
    "'gone', coalesce((select json_agg(m.conversation_id) from messages.member m where m.person_id = $1 and not ("
    + SEEN
    + ") and m.state <> all('{unheard,absent,absent-out}') and m.changed >= $2), '[]'))::text",
)
MEMBERS_OF = Query(
    bytes,
    "select coalesce(json_agg(json_build_array(m.conversation_id, m.person_id)), '[]')::text from messages.member m "
    "join messages.conversation c on c.id = m.conversation_id join unnest($1::uuid[], $2::uuid[]) as w(c, p) "
    "on w.c = m.conversation_id and w.p = m.person_id where m.state = 'in' and c.frozen_at is null",
)
APART = Query(
    bytes,
    "select coalesce(json_agg(json_build_array(w.c, w.p, w.h, o.person_id)), '[]')::text "
    "from unnest($1::uuid[], $2::uuid[], $3::boolean[]) as w(c, p, h) join messages.member o on o.conversation_id = w.c "
    f"where ({BETWEEN.replace('m.person_id', 'w.p')}) "
    "or (w.h and exists (select from messages.choice k where k.person_id = w.p and k.presence = 'nobody'))",
)
BY_KEY = Query(
    UUID,
    "select c.id from messages.conversation c join messages.member m on m.conversation_id = c.id and m.person_id = $2 where c.key = $1 and m.state in ('in', 'asked', 'left')",
)
# A group makes two of its people known to each other only where one has asked the other, who said yes: the rest may be strangers.
KNOWS = Query(
    UUID,
    "select distinct o.person_id from messages.member m join messages.member o on o.conversation_id = m.conversation_id "
    "join messages.conversation c on c.id = m.conversation_id "
    "where m.person_id = $1 and m.state in ('in', 'left') and o.person_id = any($2::uuid[]) and o.state in ('in', 'left') and c.frozen_at is null "
    "and (c.kind <> 'group' or m.asked_by = o.person_id or o.asked_by = m.person_id)",
)
BLOCKS = Query(
    BlockRow, "select blocked_id as person_id, since from messages.block where person_id = $1 order by since desc, blocked_id limit 1000"
)
BLOCKING = Query(UUID, "select person_id from messages.block where blocked_id = $1 and person_id = any($2::uuid[])")
CHOICE = Query(ChoiceOut, "select coalesce((select presence from messages.choice where person_id = $1), 'talks') as presence")


class Shown(NamedTuple):
    """What an open page has of a conversation: when it was read, from which message on, and how far the marks were."""

    timeline: int
    apart: int
    changed: int
    first_n: int
    read_by: int
    read_n: int
    unread_to: int


class Since(NamedTuple):
    """From where delta sync goes on."""

    changed: int
    conversation_id: UUID
    n: int


async def seat(read: ReadSession, conversation_id: UUID, person_id: UUID) -> Seat | None:
    """Where somebody sits in a conversation."""
    return await read.one(OWN_SEAT, conversation_id, person_id)


async def people(read: ReadSession, conversation_id: UUID, person_id: UUID) -> list[MemberRow]:
    """Everybody who is or was in it, in the order they came, as one of them finds them."""
    return await read.rows(PEOPLE, conversation_id, person_id)


async def inbox(read: ReadSession, person_id: UUID, box: str, *, before: tuple[datetime, UUID] | None, limit: int) -> Inbox:
    """A page of conversations with the figures of the whole."""
    at, last = before or (None, None)
    return msgspec.json.decode(await read.json(INBOX, person_id, box, at, last, limit), type=Inbox)


async def unread(read: ReadSession, person_id: UUID) -> int:
    """The badge's figure."""
    return await read.value(UNREAD, person_id) or 0


async def messages_of(read: ReadSession, query: Query[bytes], *args: object) -> list[MessageRow]:
    """The messages a statement lists."""
    return msgspec.json.decode(await read.json(query, *args), type=list[MessageRow])


async def before(read: ReadSession, conversation_id: UUID, person_id: UUID, n: int | None, *, limit: int) -> list[MessageRow]:
    """The newest messages below a number, newest first."""
    return await messages_of(read, BEFORE, conversation_id, person_id, n, limit)


async def after(read: ReadSession, conversation_id: UUID, person_id: UUID, n: int, *, limit: int) -> list[MessageRow]:
    """The oldest messages above a number."""
    return await messages_of(read, AFTER, conversation_id, person_id, n, limit)


async def newest(read: ReadSession, conversation_id: UUID, person_id: UUID, *, limit: int) -> Marked:
    """The newest messages, newest first."""
    return msgspec.json.decode(await read.json(NEWEST, conversation_id, person_id, limit), type=Marked)


async def renewed(read: ReadSession, conversation_id: UUID, person_id: UUID, shown: Shown, *, read_by: int, limit: int) -> Marked:
    """Those messages of an open page that are other than it has them, and those that have come, in their order."""
    known = (shown.first_n, shown.changed, shown.read_by, read_by, shown.read_n)
    return msgspec.json.decode(await read.json(RENEWED, conversation_id, person_id, *known, limit), type=Marked)


async def message(read: ReadSession, conversation_id: UUID, person_id: UUID, n: int) -> MessageRow | None:
    """One message, if this person may see it."""
    return next(iter(await messages_of(read, ONE, conversation_id, person_id, n)), None)


async def file(read: ReadSession, file_id: UUID, person_id: UUID) -> FileRow | None:
    """A file of a message this person may see, in a conversation they have accepted."""
    return await read.one(FILE, file_id, person_id)


async def found(
    read: ReadSession, person_id: UUID, words: str, *, below: tuple[datetime, UUID, int] | None, limit: int
) -> list[MessageRow]:  # fmt: skip
    """One's own messages with these words, newest first."""
    return await messages_of(read, FOUND, person_id, words, *(below or (None, None, None)), limit)


async def nearly(read: ReadSession, person_id: UUID, words: str, *, limit: int) -> list[MessageRow]:
    """Messages with words spelt nearly so."""
    return await messages_of(read, NEARLY, person_id, words, limit)


async def changes(read: ReadSession, person_id: UUID, since: Since, *, limit: int, with_seats: bool) -> Delta:
    """What has changed since, and from where to ask next."""
    raw = await read.json(SYNC, person_id, since.changed, since.conversation_id, since.n, limit, with_seats)
    return msgspec.json.decode(raw, type=Delta)


async def members_among(read: ReadSession, wanted: Sequence[tuple[UUID, UUID]]) -> set[tuple[UUID, UUID]]:
    """Which of these (conversation, person) are in it."""
    raw = await read.json(MEMBERS_OF, [one[0] for one in wanted], [one[1] for one in wanted])
    return set(msgspec.json.decode(raw, type=list[tuple[UUID, UUID]]))


async def apart_among(read: ReadSession, wanted: Sequence[tuple[UUID, UUID, bool]]) -> list[tuple[UUID, UUID, bool, UUID]]:
    """For these (conversation, person, whether they say that they are here): who in it must not hear them.

    That is with whom a block stands between them, either way; and everybody, where it is presence and they chose to show it to nobody.
    """
    raw = await read.json(APART, *([one[part] for one in wanted] for part in range(3)))
    return msgspec.json.decode(raw, type=list[tuple[UUID, UUID, bool, UUID]])


async def by_key(read: ReadSession, key: str, person_id: UUID) -> UUID | None:
    """The conversation of a pair or an application, if this person sees it."""
    return await read.value(BY_KEY, key, person_id)


async def known_among(read: ReadSession, person_id: UUID, others: Sequence[UUID]) -> set[UUID]:
    """With whom somebody is in a conversation that both have agreed to."""
    return set(await read.rows(KNOWS, person_id, list(others)))


async def blocks(read: ReadSession, person_id: UUID) -> list[BlockRow]:
    """Whom somebody has blocked."""
    return await read.rows(BLOCKS, person_id)


async def blocking_among(read: ReadSession, person_id: UUID, others: Sequence[UUID]) -> set[UUID]:
    """Who of these has blocked somebody."""
    return set(await read.rows(BLOCKING, person_id, list(others)))


async def choice(read: ReadSession, person_id: UUID) -> ChoiceOut:
    """What somebody chose, or what holds until they do."""
    found_choice = await read.one(CHOICE, person_id)
    return found_choice or ChoiceOut(presence="talks")
