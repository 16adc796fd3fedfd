"""How long events take from their making to a consumer's committed effect, over the whole fleet.

Workers answer no requests, so each adds what it saw to a row per consumer and bucket; any web process's /metrics
shows them as one histogram. A killed worker's last seconds are not counted.
"""

from bisect import bisect_left
from collections import Counter
from datetime import datetime

import asyncpg
import msgspec

from nollycrewhub.platform.db import Query, ReadSession
from nollycrewhub.platform.metrics import LAG_BUCKETS

ADD = """
insert into platform.event_lag (consumer, bucket, felt, seconds)
select * from unnest($1::text[], $2::smallint[], $3::bigint[], $4::float8[]) as given(consumer, bucket, felt, seconds)
order by 1, 2
on conflict (consumer, bucket) do update set felt = event_lag.felt + excluded.felt, seconds = event_lag.seconds + excluded.seconds
"""


class Arrived(msgspec.Struct, frozen=True, kw_only=True):
    """How many effects of a consumer took as long as a bucket says, and their seconds in all."""

    consumer: str
    bucket: int
    felt: int
    seconds: float


ALL = Query(Arrived, "select consumer, bucket, felt, seconds from platform.event_lag order by consumer, bucket")


DONE_WITHIN = Query(
    float,
    """
    select coalesce(percentile_disc($2::float8) within group (order by extract(epoch from f.at - e.at)::float8), 0)
    from platform.effect f join platform.event e on e.id = f.event_id
    where e.at >= $1
    """,
)


async def done_within(read: ReadSession, since: datetime, share: float) -> float:
    """Seconds from an event's making to its effects, for a share of those made since a moment; 0 when there are none."""
    return await read.value(DONE_WITHIN, since, share) or 0.0


class Arrivals:
    """What one process saw and has not stored yet."""

    def __init__(self) -> None:
        self.felt: Counter[tuple[str, int]] = Counter()
        self.seconds: dict[tuple[str, int], float] = {}

    def note(self, consumer: str, seconds: float) -> None:
        """One effect that is committed. Clocks of two machines may differ a little: never less than nothing."""
        taken = max(seconds, 0.0)
        place = (consumer, bisect_left(LAG_BUCKETS, taken))
        self.felt[place] += 1
        self.seconds[place] = self.seconds.get(place, 0.0) + taken

    async def store(self, pool: asyncpg.Pool) -> None:
        """Adds what was seen since the last time; keeps it when the server is away."""
        if not self.felt:
            return
        felt, seconds = self.felt, self.seconds
        self.felt, self.seconds = Counter(), {}
        places = sorted(felt)
        try:
            await pool.execute(
                ADD, [consumer for consumer, _ in places], [bucket for _, bucket in places],
                [felt[place] for place in places], [seconds[place] for place in places],
            )  # fmt: skip
        except Exception:
            self.felt.update(felt)
            for place, taken in seconds.items():
                self.seconds[place] = self.seconds.get(place, 0.0) + taken
            raise


ARRIVALS = Arrivals()


async def arrived(read: ReadSession) -> list[Arrived]:
    """Everything that was ever stored."""
    return await read.rows(ALL)
