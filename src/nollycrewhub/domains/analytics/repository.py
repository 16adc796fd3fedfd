"""The only SQL of analytics."""

from collections.abc import Sequence
from datetime import date, datetime

from nollycrewhub.domains.analytics.rules import Counted
from nollycrewhub.domains.analytics.schemas import DayRow, FactRow
from nollycrewhub.platform.db import Query, ReadSession, WriteSession

ADD = """
insert into analytics.daily (day, fact, kind, state, region, slot, count, newest_at)
select day, fact, kind, state, region, slot, count(*), max(at)
from unnest($1::date[], $2::text[], $3::text[], $4::text[], $5::text[], $6::smallint[], $7::timestamptz[])
    as given(day, fact, kind, state, region, slot, at)
group by day, fact, kind, state, region, slot order by day, fact, kind, state, region, slot
on conflict (day, fact, kind, state, region, slot) do update
set count = daily.count + excluded.count, newest_at = greatest(daily.newest_at, excluded.newest_at)
"""
BETWEEN = Query(
    DayRow,
    "select day, fact, kind, state, region, sum(count)::bigint as count from analytics.daily where day between $1 and $2 "
    "group by 1, 2, 3, 4, 5 order by day desc, fact, kind, state, region",
)

OF_DAY = Query(FactRow, "select fact, sum(count)::bigint as count from analytics.daily where day = $1 group by 1 order by 1")


async def add(session: WriteSession, counted: Sequence[tuple[Counted, datetime]]) -> None:
    """One more for each. Rows are locked in one order, so two workers that count never wait for each other in a ring."""
    columns = [(one.day, one.fact, one.kind, one.state, one.region, one.slot, at) for one, at in counted]
    await session.sql(ADD, *([row[place] for row in columns] for place in range(7)))


async def between(read: ReadSession, since: date, until: date) -> list[DayRow]:
    """The counts of these days, both included, newest first."""
    return await read.rows(BETWEEN, since, until)


async def of_day(read: ReadSession, day: date) -> list[FactRow]:
    """The facts of one day."""
    return await read.rows(OF_DAY, day)
