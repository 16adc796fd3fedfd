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
HOLD = "select pg_advisory_xact_lock(hashtextextended('analytics:' || $1, 0))"
COUNTED_UNTIL = "select max(newest_at) from analytics.daily where fact = $1 and day > current_date - 31"
ADD_UP = """
insert into analytics.daily (day, fact, kind, state, region, slot, count, newest_at) values ($1, $2, '', '', '', 0, $3, $4)
on conflict (day, fact, kind, state, region, slot) do update
set count = daily.count + excluded.count, newest_at = greatest(daily.newest_at, excluded.newest_at)
"""
UNTIL = Query(datetime, COUNTED_UNTIL)
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


async def counted_until(session: WriteSession, fact: str) -> datetime | None:
    """Up to when a fact was added up, for whoever goes on from there: nobody else does until the transaction ends."""
    await session.sql(HOLD, fact)
    found: datetime | None = (await session.sql(COUNTED_UNTIL, fact))[0][0]
    return found


async def told_until(read: ReadSession, fact: str) -> datetime | None:
    """The same for whoever only wants to know."""
    return await read.value(UNTIL, fact)


async def add_up(session: WriteSession, fact: str, day: date, *, count: int, until: datetime) -> None:
    """So many more on a day, whatever their kind and region; all up to `until` are in."""
    await session.sql(ADD_UP, day, fact, count, until)


async def between(read: ReadSession, since: date, until: date) -> list[DayRow]:
    """The counts of these days, both included, newest first."""
    return await read.rows(BETWEEN, since, until)


async def of_day(read: ReadSession, day: date) -> list[FactRow]:
    """The facts of one day."""
    return await read.rows(OF_DAY, day)
