"""The SQL of all messages together: what a day's became and cost, row by row, and what one's decisions told others."""

from datetime import date, datetime
from uuid import UUID

from nollycrewhub.domains.notifications.repository.deliveries import COLUMNS, FLEET
from nollycrewhub.domains.notifications.schemas import CountRow, DecidedRow, DeliveryRow, SpentRow
from nollycrewhub.platform.db import Query, ReadSession

COUNTS = Query(
    CountRow,
    "select channel, state, count(*)::int as count, sum(parts)::int as parts, sum(cost_kobo)::bigint as kobo "
    "from notifications.delivery where created_at >= $1 and created_at < $2 group by 1, 2 order by 1, 2",
)
SPENT = Query(SpentRow, "select day, kobo, alarmed_at from notifications.spend where scope = $1 and day > $2 order by day desc")
ROWS = Query(
    DeliveryRow,
    f"select {COLUMNS} from notifications.delivery where created_at >= $1 and created_at < $2 "  # noqa: S608 - constants
    "and ($3::uuid is null or (created_at, id) > (select d.created_at, d.id from notifications.delivery d where d.id = $3)) "
    "order by created_at, id limit $4",
)
DECIDED = Query(
    DecidedRow,
    "select n.person_id, n.kind, n.subject, n.created_at, n.confirmed_at as seen_at, d.channel, d.state, d.sent_at, d.delivered_at, d.opened_at "
    "from notifications.notice n left join notifications.delivery d on d.notice_id = n.id "
    "where n.sender_id = $1 and n.kind = any($2::text[]) order by n.id desc, d.created_at limit $3",
)


async def counts(read: ReadSession, since: datetime, until: datetime) -> list[CountRow]:
    """How many messages there are in each state of each channel, their parts and cost."""
    return await read.rows(COUNTS, since, until)


async def spent(read: ReadSession, after: date) -> list[SpentRow]:
    """What the fleet's days cost since, the newest first."""
    return await read.rows(SPENT, FLEET, after)


async def rows(read: ReadSession, since: datetime, until: datetime, *, after: UUID | None, limit: int) -> list[DeliveryRow]:
    """The messages of a span of time, oldest first."""
    return await read.rows(ROWS, since, until, after, limit)


async def decided(read: ReadSession, sender_id: UUID, kinds: list[str], *, limit: int) -> list[DecidedRow]:
    """What became by each channel of what one's decisions told others, the newest first."""
    return await read.rows(DECIDED, sender_id, kinds, limit)
