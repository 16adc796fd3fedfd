"""The only SQL of the console: what the stored looks come to. The rest is the scaler's own repository."""

from datetime import datetime

import msgspec

from nollycrewhub.platform.db import Query, ReadSession
from nollycrewhub.scaling.rules.traffic import Traffic


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """One stretch of the past: times, what waited, and failures as in its worst look, all else as its mean."""

    place: int
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None
    per_second: float | None = None
    all_per_second: float | None = None
    error_percent: float | None = None
    shed_percent: float | None = None
    waiting: float | None = None
    oldest_s: float | None = None
    web: float | None = None
    workers: float | None = None


# One lateral record a look: each ->> by itself would unpack the whole of its figures again.
PAST = Query(
    Past,
    """
    select floor(extract(epoch from at - $1::timestamptz) / $2::float8)::int as place, max(p50_ms) as p50_ms, max(p95_ms) as p95_ms,
           max(p99_ms) as p99_ms, avg(per_second) as per_second, avg(all_per_second) as all_per_second, max(error_percent) as error_percent, max(shed_percent) as shed_percent,
           max(waiting) as waiting, max(oldest_s) as oldest_s, avg(web) as web, avg(workers) as workers
    from scaling.look, jsonb_to_record(figures) as told (
        p50_ms float8, p95_ms float8, p99_ms float8, per_second float8, all_per_second float8, error_percent float8, shed_percent float8, waiting float8,
        oldest_s float8, web float8, workers float8
    )
    where at >= $1 group by 1 order by 1
    """,
)

TRAFFIC = Query(str, "select coalesce(figures->'traffic', '{}')::text from scaling.look where at >= $1 order by at desc limit $2")


async def past(read: ReadSession, since: datetime, *, seconds: float) -> list[Past]:
    """The looks since a moment in stretches of so many seconds; a stretch without a look is missing."""
    return await read.rows(PAST, since, seconds)


async def traffic(read: ReadSession, since: datetime, *, limit: int) -> list[Traffic]:
    """Where requests came from in each look since a moment, newest first."""
    return [msgspec.json.decode(one, type=Traffic) for one in await read.rows(TRAFFIC, since, limit)]
