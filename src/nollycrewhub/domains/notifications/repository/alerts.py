"""The SQL of what operators are told when something is wrong, and of what became of it on each channel."""

from datetime import datetime
from uuid import UUID

from nollycrewhub.domains.notifications.rules.alerts import Alert
from nollycrewhub.domains.notifications.schemas import AlertDeliveryRow, AlertRow, NewAlertDelivery
from nollycrewhub.platform.db import Query, ReadSession, WriteSession

TURN = "select pg_advisory_xact_lock(hashtextextended('notifications.alert:' || $1::text, 0))"
RAISE = """
insert into notifications.alert (id, ref, subject, title, what, runbook, raised_at) values ($1, $2, $3, $4, $5, $6, $7)
on conflict (ref) do nothing returning 1
"""
CLEAR = """
insert into notifications.alert as a (id, ref, subject, title, what, runbook, raised_at, cleared_at) values ($1, $2, $3, $4, $5, $6, $7, $7)
on conflict (ref) do update set cleared_at = excluded.cleared_at where a.cleared_at is null returning id, told_at is not null
"""
LAST_TOLD = "select max(told_at) from notifications.alert where subject = $1"
TOLD = "update notifications.alert set told_at = clock_timestamp() where id = $1 and told_at is null and cleared_at is null returning 1"
FIELDS = "id, ref, subject, title, what, runbook, raised_at, cleared_at, told_at"
HELD = f"select {FIELDS} from notifications.alert where id = $1"  # noqa: S608 - constants
ONE = Query(AlertRow, HELD)
NAMED = Query(AlertRow, f"select {FIELDS} from notifications.alert where ref = $1")  # noqa: S608 - constants
NEWEST = Query(AlertRow, f"select {FIELDS} from notifications.alert order by raised_at desc, id desc limit $1")  # noqa: S608 - constants
ADD = """
insert into notifications.alert_delivery (id, alert_id, stage, channel, address_key, person_id, state, reason, cost_kobo)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (alert_id, stage, channel, address_key) do nothing returning 1
"""
REACHED = """
select channel, address_key from notifications.alert_delivery where alert_id = $1 and stage = 'raised' and state in ('queued', 'sent')
"""
OF_DELIVERY = "stage, channel, address_key, person_id, state, reason, cost_kobo, id, alert_id, created_at, handed_at, sent_at"
DELIVERY = Query(AlertDeliveryRow, f"select {OF_DELIVERY} from notifications.alert_delivery where id = $1")  # noqa: S608 - constants
DELIVERIES = Query(
    AlertDeliveryRow,
    f"select {OF_DELIVERY} from notifications.alert_delivery where alert_id = any($1::uuid[]) order by created_at, id",  # noqa: S608 - constants
)
HAND_OVER = """
update notifications.alert_delivery set handed_at = clock_timestamp() where id = $1 and state = 'queued' and handed_at is null returning 1
"""
TAKE_BACK = "update notifications.alert_delivery set handed_at = null, reason = $2 where id = $1 and state = 'queued'"
SETTLE = """
update notifications.alert_delivery set state = $2, reason = $3, cost_kobo = case when $2 = 'sent' then cost_kobo else 0 end,
    sent_at = case when $2 = 'sent' then clock_timestamp() end
where id = $1 and state = 'queued' returning old.cost_kobo, (created_at at time zone 'Africa/Lagos')::date as day
"""


async def take_turn(session: WriteSession, subject: str) -> None:
    """Until the commit nobody else tells anything of this subject."""
    await session.sql(TURN, subject)


async def add(session: WriteSession, alert_id: UUID, alert: Alert, at: datetime) -> bool:
    """Stores a case; False when it is known, or over, already."""
    return bool(await session.sql(RAISE, alert_id, alert.ref, alert.subject, alert.title, alert.what, alert.runbook, at))


async def clear(session: WriteSession, alert_id: UUID, alert: Alert, at: datetime) -> UUID | None:
    """Notes that a case is over, also one nobody has heard of yet; its id if it was told of and had not been over."""
    found = await session.sql(CLEAR, alert_id, alert.ref, alert.subject, alert.title, alert.what, alert.runbook, at)
    return found[0][0] if found and found[0][1] else None


async def last_told(session: WriteSession, subject: str) -> datetime | None:
    """When a case of this was last told."""
    found: datetime | None = (await session.sql(LAST_TOLD, subject))[0][0]
    return found


async def told(session: WriteSession, alert_id: UUID) -> bool:
    """Notes that it is told now; False when it was before, or is over."""
    return bool(await session.sql(TOLD, alert_id))


async def held(session: WriteSession, alert_id: UUID) -> AlertRow | None:
    """A case as this transaction sees it."""
    found = await session.sql(HELD, alert_id)
    return AlertRow(*found[0]) if found else None


async def one(read: ReadSession, alert_id: UUID) -> AlertRow | None:
    """A case."""
    return await read.one(ONE, alert_id)


async def named(read: ReadSession, ref: str) -> AlertRow | None:
    """The case of a name."""
    return await read.one(NAMED, ref)


async def newest(read: ReadSession, limit: int) -> list[AlertRow]:
    """Cases, the newest first."""
    return await read.rows(NEWEST, limit)


async def deliveries_of(read: ReadSession, alert_ids: list[UUID]) -> list[AlertDeliveryRow]:
    """The messages about some cases, the oldest first."""
    return await read.rows(DELIVERIES, alert_ids)


async def add_delivery(session: WriteSession, delivery_id: UUID, alert_id: UUID, new: NewAlertDelivery) -> bool:
    """Stores a row; False when this is told there already."""
    return bool(await session.sql(
        ADD, delivery_id, alert_id, new.stage, new.channel, new.address_key, new.person_id, new.state, new.reason, new.cost_kobo
    ))  # fmt: skip


async def reached(session: WriteSession, alert_id: UUID) -> set[tuple[str, str]]:
    """By which channel, and where, a case was told."""
    return {(row[0], row[1]) for row in await session.sql(REACHED, alert_id)}


async def delivery(read: ReadSession, delivery_id: UUID) -> AlertDeliveryRow | None:
    """One message."""
    return await read.one(DELIVERY, delivery_id)


async def hand_over(session: WriteSession, delivery_id: UUID) -> bool:
    """Notes that the gateway is asked now; False when it may have been asked before."""
    return bool(await session.sql(HAND_OVER, delivery_id))


async def take_back(session: WriteSession, delivery_id: UUID, reason: str) -> None:
    """The gateway is known to have taken nothing."""
    await session.sql(TAKE_BACK, delivery_id, reason)


async def settle(session: WriteSession, delivery_id: UUID, state: str, reason: str = "") -> tuple[int, object] | None:
    """What became of it; what it would have cost and the day that was counted on, None when it was settled before."""
    found = await session.sql(SETTLE, delivery_id, state, reason)
    return (int(found[0][0]), found[0][1]) if found else None
