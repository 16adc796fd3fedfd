"""The SQL of what became of each notice on each channel, and of what it cost."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from nollycrewhub.domains.notifications.schemas import BlockedRow, DeliveryRow, NewDelivery, RingRow, SeenRow, ToldRow
from nollycrewhub.kit.told import told
from nollycrewhub.platform.db import Query, ReadSession, WriteSession

COLUMNS = (
    "channel, state, reason, parts, cost_kobo, tries, created_at, sent_at, delivered_at, opened_at, confirmed_at, "
    "id, notice_id, person_id, kind, provider_id, address_key, due_at, handed_at, window_closed_at"
)
OF_NOTICES = Query(DeliveryRow, f"select {COLUMNS} from notifications.delivery where notice_id = any($1::uuid[]) order by created_at, id")  # noqa: S608
ONE = Query(DeliveryRow, f"select {COLUMNS} from notifications.delivery where id = $1")  # noqa: S608
OF_PERSON = Query(DeliveryRow, f"select {COLUMNS} from notifications.delivery where person_id = $1 order by id")  # noqa: S608
DUE = Query(
    DeliveryRow,
    f"select {COLUMNS} from notifications.delivery where person_id = $1 and channel = 'email' and state = 'queued' "  # noqa: S608
    "and due_at <= $2 order by id",
)
SEEN = Query(
    SeenRow,
    "select n.id as notice_id, n.person_id, n.kind, n.subject, n.created_at, n.read_at, n.confirmed_at, "
    "coalesce((select d.state from notifications.delivery d where d.notice_id = n.id "
    "order by array_position(array['confirmed','opened','delivered','sent','queued','bounced','blocked','failed'], d.state) limit 1), '') as best "
    "from notifications.notice n where n.sender_id = $1 and ($2::uuid is null or n.id < $2) and n.kind = any($3::text[]) order by n.id desc limit $4",
)
RING = Query(  # one row a person, the newest: an operator rings somebody once
    RingRow,
    "select d.id, d.notice_id, d.person_id, d.kind, d.reason, d.created_at, n.subject, n.sender_id from (select distinct on (person_id) * "
    "from notifications.delivery where channel = 'call' and state = 'queued' order by person_id, created_at desc) d "
    "join notifications.notice n on n.id = d.notice_id order by d.tries, d.created_at limit $1",
)
ADD = """
insert into notifications.delivery (id, notice_id, person_id, event_id, kind, channel, state, reason, address_key, parts, cost_kobo, due_at, created_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, clock_timestamp())
on conflict (event_id, person_id, kind, channel) do nothing returning 1
"""
HOLD = """
select d.state, d.reason, d.notice_id, d.person_id, d.channel, d.address_key, d.cost_kobo, d.tries, d.created_at, n.sender_id, d.window_closed_at, d.kind
from notifications.delivery d join notifications.notice n on n.id = d.notice_id where d.id = $1 for update of d
"""
HAND_OVER = """
update notifications.delivery set handed_at = clock_timestamp() where id = $1 and state = 'queued' and handed_at is null returning 1
"""
PRICE = "update notifications.delivery set cost_kobo = $2 where id = $1"
NAME = "update notifications.delivery set provider_id = $2 where id = any($1::uuid[]) and state = 'queued'"
TURN = "select pg_try_advisory_xact_lock(hashtextextended('notifications.digest:' || $1::text, 0))"
MOVE = """
update notifications.delivery set state = $2, reason = $3, provider_id = case when $4 = '' then provider_id else $4 end, changed_at = now(),
    sent_at = case when $2 in ('sent', 'delivered', 'opened') then coalesce(sent_at, now()) else sent_at end,
    delivered_at = case when $2 = 'delivered' then coalesce(delivered_at, now()) else delivered_at end,
    opened_at = case when $2 = 'opened' then coalesce(opened_at, now()) else opened_at end,
    confirmed_at = case when $2 = 'confirmed' then coalesce(confirmed_at, now()) else confirmed_at end,
    cost_kobo = case when $5 then 0 else cost_kobo end
where id = $1
"""
TRIED = """
update notifications.delivery set tries = tries + 1, reason = $2, handed_at = null, changed_at = now()
where id = any($1::uuid[]) and state = 'queued'
"""
AS_TEMPLATE = """
update notifications.delivery set window_closed_at = now(), state = 'queued', reason = $2, provider_id = '', handed_at = null, sent_at = null,
    tries = tries + 1, changed_at = now()
where id = $1 and channel = 'whatsapp' and window_closed_at is null and state in ('queued', 'sent')
returning kind, person_id, coalesce(old.handed_at, now())
"""
CLOSE_WINDOW = "delete from notifications.chat_window where person_id = $1 and heard_at < $2"
HAS_CLOSED = "select window_closed_at is not null from notifications.delivery where id = $1 for update"
HOLD_NAME = "select pg_advisory_xact_lock(hashtextextended('notifications.report:' || $1::text || ':' || $2::text, 0))"
KEEP_EARLY = "insert into notifications.early_report (channel, provider_id, state) values ($1, $2, $3) on conflict do nothing"
TAKE_EARLY = """
with taken as (delete from notifications.early_report where channel = $1 and provider_id = $2 returning state, at)
select state from taken order by at
"""
BY_PROVIDER = "select id from notifications.delivery where channel = $1 and provider_id = $2 and provider_id <> ''"
BY_ADDRESS = """
select id, person_id from notifications.delivery where channel = $1 and address_key = $2 and address_key <> '' order by created_at desc limit 1
"""
IN_ONE_MAIL = "select id from notifications.delivery where channel = 'email' and provider_id = $1 and provider_id <> ''"
SEEN_BEFORE = told("Not needed: it was seen before.")
OVERTAKEN = told("Not sent: something newer was decided.")
NOT_RUNG = told("Seen before anybody rang.")
STOP_WAITING = """
update notifications.delivery set changed_at = now(), cost_kobo = 0,
    state = case when channel = 'call' then $3 else 'blocked' end,
    confirmed_at = case when channel = 'call' and $3 = 'confirmed' then now() end,
    reason = case when channel = 'call' then $4 else $2 end
where notice_id = any($1::uuid[]) and state = 'queued' and handed_at is null
returning old.cost_kobo, person_id, (created_at at time zone 'Africa/Lagos')::date
"""
OTHER_CALLS = """
select notice_id from notifications.delivery where person_id = $1 and channel = 'call' and state = 'queued' and id <> $2 order by id
"""
CONFIRM = """
update notifications.notice set confirmed_at = coalesce(confirmed_at, now()), read_at = coalesce(read_at, now()) where id = $1
returning sender_id
"""
BLOCK = """
insert into notifications.blocked_address (channel, address_key, person_id, reason) values ($1, $2, $3, $4)
on conflict (channel, address_key) do update set reason = excluded.reason, at = now()
"""
BLOCKED = Query(
    BlockedRow,
    "select channel, address_key, reason from unnest($1::text[], $2::text[]) as given(channel, address_key) "
    "join notifications.blocked_address using (channel, address_key) where at > now() - interval '90 days'",
)
# The two rows of a day are locked in one order, the fleet's first, so two planners never wait for each other in a ring.
RESERVE = """
insert into notifications.spend as s (day, scope, kobo) select $1, $2, $3::bigint where $3::bigint <= $4::bigint
on conflict (day, scope) do update set kobo = s.kobo + excluded.kobo where s.kobo + excluded.kobo <= $4::bigint returning 1
"""
REFUND = "update notifications.spend set kobo = greatest(kobo - $3, 0) where day = $1 and scope = $2"
ALARM = """
insert into notifications.spend as s (day, scope, kobo, alarmed_at) values ($1, $2, 0, now())
on conflict (day, scope) do update set alarmed_at = now() where s.alarmed_at is null returning kobo
"""
PRUNE = (
    "delete from notifications.delivery where id in (select id from notifications.delivery where created_at < now() - interval '400 days' limit 5000) returning 1",
    "delete from notifications.early_report where at < now() - interval '1 day' returning 1",
    "delete from notifications.spend where day < current_date - 400 returning 1",
    "delete from notifications.blocked_address where at < now() - interval '400 days' returning 1",
    "delete from notifications.alert where id in (select id from notifications.alert where raised_at < now() - interval '400 days' limit 5000) returning 1",
)

FLEET = "fleet"


class Held(NamedTuple):
    """A locked row: what is known of one message, and who may want to hear of a change."""

    state: str
    reason: str
    notice_id: UUID
    person_id: UUID
    channel: str
    address_key: str
    cost_kobo: int
    tries: int
    created_at: datetime
    sender_id: UUID | None
    window_closed_at: datetime | None
    kind: str


async def of_notices(read: ReadSession, notice_ids: list[UUID]) -> list[DeliveryRow]:
    """What became of these notices, by channel."""
    return await read.rows(OF_NOTICES, notice_ids) if notice_ids else []


async def one(read: ReadSession, delivery_id: UUID) -> DeliveryRow | None:
    """One."""
    return await read.one(ONE, delivery_id)


async def of_person(read: ReadSession, person_id: UUID) -> list[DeliveryRow]:
    """All of one person's, oldest first."""
    return await read.rows(OF_PERSON, person_id)


async def due(read: ReadSession, person_id: UUID, now: datetime) -> list[DeliveryRow]:
    """What waits for a person's digest."""
    return await read.rows(DUE, person_id, now)


async def seen(read: ReadSession, sender_id: UUID, *, before: UUID | None, kinds: list[str], limit: int) -> list[SeenRow]:
    """What somebody's decisions told others, newest first, and how far it got."""
    return await read.rows(SEEN, sender_id, before, kinds, limit)


async def to_ring(read: ReadSession, *, limit: int) -> list[RingRow]:
    """Who could not be reached by any channel, the longest first."""
    return await read.rows(RING, limit)


async def add(session: WriteSession, delivery_id: UUID, told: ToldRow, new: NewDelivery) -> bool:
    """Stores a row; False when this event was already told to this person by this channel."""
    return bool(await session.sql(
        ADD, delivery_id, told.id, told.person_id, told.event_id, told.kind, new.channel, new.state, new.reason, new.address_key,
        new.parts, new.cost_kobo, new.due_at,
    ))  # fmt: skip


async def hold(session: WriteSession, delivery_id: UUID) -> Held | None:
    """Locks a row."""
    found = await session.sql(HOLD, delivery_id)
    return Held(*found[0]) if found else None


async def hand_over(session: WriteSession, delivery_id: UUID) -> bool:
    """Notes that the provider is asked now; False when it may have been asked before, or need not be any more."""
    return bool(await session.sql(HAND_OVER, delivery_id))


async def priced(session: WriteSession, delivery_id: UUID, kobo: int) -> None:
    """What it costs after all."""
    await session.sql(PRICE, delivery_id, kobo)


async def name(session: WriteSession, delivery_ids: Sequence[UUID], mail: str) -> None:
    """Notes which mail these are in, before it leaves."""
    await session.sql(NAME, list(delivery_ids), mail)


async def take_turn(session: WriteSession, person_id: UUID) -> bool:
    """Until the commit nobody else makes this person's digest; False when somebody does just now."""
    return bool((await session.sql(TURN, str(person_id)))[0][0])


async def move(
    session: WriteSession, delivery_id: UUID, state: str, *, reason: str = "", provider_id: str = "", is_free: bool = False
) -> None:
    """Notes a new state with its time."""
    await session.sql(MOVE, delivery_id, state, reason, provider_id, is_free)


async def tried(session: WriteSession, delivery_ids: Sequence[UUID], reason: str) -> None:
    """One more try that is known to have come to nothing."""
    await session.sql(TRIED, list(delivery_ids), reason)


async def window_closed(session: WriteSession, delivery_id: UUID, reason: str) -> str | None:
    """The provider took no free text: the message waits again, to go as the template. Its kind; None when it did so before, or has arrived.

    The window is closed as far as it was open when the message was handed over: who has written since may be answered.
    """
    found = await session.sql(AS_TEMPLATE, delivery_id, reason)
    if not found:
        return None
    kind, person_id, handed_at = found[0]
    await session.sql(CLOSE_WINDOW, person_id, handed_at)
    return str(kind)


async def has_closed(session: WriteSession, delivery_id: UUID) -> bool:
    """Whether the message goes as the template because free text was not taken; what it says holds until the commit."""
    found = await session.sql(HAS_CLOSED, delivery_id)
    return bool(found and found[0][0])


async def hold_name(session: WriteSession, channel: str, provider_id: str) -> None:
    """Until the commit nobody else stores, or asks for, what has this name at the provider."""
    await session.sql(HOLD_NAME, channel, provider_id)


async def keep_early(session: WriteSession, channel: str, provider_id: str, state: str) -> None:
    """Keeps a report about a message that nobody knows (yet) by this name."""
    await session.sql(KEEP_EARLY, channel, provider_id, state)


async def take_early(session: WriteSession, channel: str, provider_id: str) -> list[str]:
    """What was reported of a message before its name was stored, in order."""
    return [row[0] for row in await session.sql(TAKE_EARLY, channel, provider_id)]


async def by_provider(session: WriteSession, channel: str, provider_id: str) -> UUID | None:
    """Which delivery a provider's id names."""
    found = await session.sql(BY_PROVIDER, channel, provider_id)
    return found[0][0] if found else None


async def by_address(session: WriteSession, channel: str, address_key: str) -> tuple[UUID, UUID] | None:
    """The newest delivery to an address, and its person."""
    found = await session.sql(BY_ADDRESS, channel, address_key)
    return (found[0][0], found[0][1]) if found else None


async def in_one_mail(session: WriteSession, mail: str) -> list[UUID]:
    """The deliveries of a digest, by the name of their mail."""
    return [row[0] for row in await session.sql(IN_ONE_MAIL, mail)]


async def confirm(session: WriteSession, notice_id: UUID) -> UUID | None:
    """The person has it: nothing more is sent, nobody rings, and what that would have cost is given back. Whose decision it told of."""
    found = await session.sql(CONFIRM, notice_id)
    await stop_waiting(session, [notice_id], SEEN_BEFORE, call=("confirmed", NOT_RUNG))
    return found[0][0] if found else None


async def overtaken(session: WriteSession, notice_ids: Sequence[UUID]) -> None:
    """What waits to be sent of them is not sent, nobody rings, and what that would have cost is given back."""
    await stop_waiting(session, notice_ids, OVERTAKEN, call=("blocked", OVERTAKEN))


async def stop_waiting(session: WriteSession, notice_ids: Sequence[UUID], reason: str, *, call: tuple[str, str]) -> None:
    """Whatever waits to be sent of these notices is not, and its cost is given back; `call` is what becomes of a call, and why."""
    for cost, person_id, day in await session.sql(STOP_WAITING, list(notice_ids), reason, *call):
        if cost:
            await refund(session, day, [FLEET, str(person_id)], cost)


async def other_calls(session: WriteSession, person_id: UUID, delivery_id: UUID) -> list[UUID]:
    """The notices for which somebody would be rung a second time."""
    return [row[0] for row in await session.sql(OTHER_CALLS, person_id, delivery_id)]


async def block(session: WriteSession, channel: str, address_key: str, person_id: UUID, reason: str) -> None:
    """An address that is not tried again for 90 days."""
    await session.sql(BLOCK, channel, address_key, person_id, reason)


async def blocked(read: ReadSession, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Of addresses (channel, key) those that are not tried, and why."""
    rows = await read.rows(BLOCKED, [channel for channel, _ in keys], [key for _, key in keys]) if keys else []
    return {(row.channel, row.address_key): row.reason for row in rows}


async def reserve(session: WriteSession, day: date, scope: str, kobo: int, *, cap: int) -> bool:
    """Counts a cost, unless it would pass the cap; the row stays locked until the commit."""
    return bool(await session.sql(RESERVE, day, scope, kobo, cap))


async def refund(session: WriteSession, day: date, scopes: list[str], kobo: int) -> None:
    """Gives a cost back that was not incurred; the scopes in the order in which costs are counted, the fleet's first."""
    for scope in scopes:
        await session.sql(REFUND, day, scope, kobo)


async def alarm(session: WriteSession, day: date, scope: str) -> int | None:
    """What was spent when the cap was met; None when that has been told today."""
    found = await session.sql(ALARM, day, scope)
    return int(found[0][0]) if found else None


async def prune(session: WriteSession) -> int:
    """One bite off what is older than a year and a month; how many rows went."""
    return sum([len(await session.sql(statement)) for statement in PRUNE])
