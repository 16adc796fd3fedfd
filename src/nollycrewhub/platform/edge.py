"""What the edge in front has answered, as its provider counts it: a row a span, and since when the provider has not told.

The edge's hits never reach the program, so they are asked for (`httpcache.asking`); this is where they are kept.
"""

from datetime import datetime

import msgspec

from nollycrewhub.platform.db import Query, ReadSession, WriteSession

UNKNOWN = "edge.unknown"  # among the alarms: begun once however often it is found, so told once


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """Answers of a span: from the edge's own copy, of the origin where a copy could have been, and what it may not keep."""

    hits: int
    misses: int
    passed: int


class Lately(msgspec.Struct, frozen=True, kw_only=True):
    """Answers of the last while, in so many seconds that were told of; `age` of the newest of them in seconds, None where none ever was."""

    hits: int
    misses: int
    passed: int
    seconds: float
    age: float | None

    @property
    def hit_percent(self) -> float | None:
        """Of what the edge may keep, how much it had; None of nothing."""
        kept = self.hits + self.misses
        return 100.0 * self.hits / kept if kept else None

    @property
    def total(self) -> int:
        """All answers."""
        return self.hits + self.misses + self.passed


class Known(msgspec.Struct, frozen=True):
    """Up to when the edge's answers are known."""

    until: datetime | None


LAST = Query(Known, "select max(until) as until from platform.edge_count")
LATELY = Query(
    Lately,
    """
    with told as (select *, until > now() - make_interval(secs => $1) as is_of_lately from platform.edge_count)
    select coalesce(sum(hits) filter (where is_of_lately), 0)::bigint as hits,
           coalesce(sum(misses) filter (where is_of_lately), 0)::bigint as misses,
           coalesce(sum(passed) filter (where is_of_lately), 0)::bigint as passed,
           coalesce(extract(epoch from sum(until - since) filter (where is_of_lately)), 0)::float8 as seconds,
           case when count(*) > 0 then greatest(extract(epoch from now() - max(until)), 0) end::float8 as age
    from told
    """,
)
STORE = """
insert into platform.edge_count (since, until, hits, misses, passed) values ($1, $2, $3, $4, $5)
on conflict (since) do nothing returning since
"""
BEGAN = "insert into platform.alarm (name, key) values ($1, 'edge') on conflict (name, key) do nothing returning since"
ENDED = "delete from platform.alarm where name = $1 returning since"


async def last(read: ReadSession) -> datetime | None:
    """Up to when the edge's answers are known; None where nobody has told yet."""
    found = await read.one(LAST)
    return found.until if found else None


async def lately(read: ReadSession, *, seconds: float) -> Lately:
    """What it answered in the last so many seconds."""
    found = await read.one(LATELY, seconds)
    assert found is not None
    return found


async def store(session: WriteSession, since: datetime, until: datetime, counted: Counted) -> bool:
    """Keeps a span; False when another run has kept it already."""
    return bool(await session.sql(STORE, since, until, counted.hits, counted.misses, counted.passed))


async def begin_unknown(session: WriteSession) -> bool:
    """Notes that the provider does not tell; whether that is new."""
    return bool(await session.sql(BEGAN, UNKNOWN))


async def end_unknown(session: WriteSession) -> datetime | None:
    """Notes that it tells again, and since when it had not; None when it had all along."""
    found = await session.sql(ENDED, UNKNOWN)
    return found[0]["since"] if found else None
