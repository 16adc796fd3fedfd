"""The only SQL of analytics."""

from datetime import date, datetime

from nollycrewhub.domains.analytics.rules import Counted
from nollycrewhub.domains.analytics.schemas import DayRow
from nollycrewhub.platform.db import Query, ReadSession, WriteSession

ADD = """
insert into analytics.daily (day, fact, kind, state, region, slot, count, newest_at) values ($1, $2, $3, $4, $5, $6, 1, $7)
on conflict (day, fact, kind, state, region, slot) do update
set count = daily.count + 1, newest_at = greatest(daily.newest_at, excluded.newest_at)
"""
BETWEEN = Query(
    DayRow,
    "select day, fact, kind, state, region, sum(count)::bigint as count from analytics.daily where day between $1 and $2 "
    "group by 1, 2, 3, 4, 5 order by day desc, fact, kind, state, region",
)


async def add(session: WriteSession, one: Counted, at: datetime) -> None:
    """One more."""
    await session.sql(ADD, one.day, one.fact, one.kind, one.state, one.region, one.slot, at)


async def between(read: ReadSession, since: date, until: date) -> list[DayRow]:
    """The counts of these days, both included, newest first."""
    return await read.rows(BETWEEN, since, until)
