"""The SQL of live channels. All of it but STANDING runs on the primary: a replica does not know yet what was just numbered."""

import msgspec

from nollycrewhub.platform.db import Query

# One statement numbers all messages of a transaction. The heads are locked in the order of their names, so two
# transactions never wait for each other in a ring; each lock is held until the commit, so numbers are in commit order.
NUMBER = """
with given as (select * from unnest($1::text[], $2::text[], $3::text[]) with ordinality as g(channel, kind, payload, place)),
counted as (select channel, count(*) as many from given group by channel order by channel),
heads as (
    insert into platform.live_channel as c (name, epoch, n)
    select channel, platform.live_history() || '.' || to_hex(extract(epoch from clock_timestamp())::bigint), many from counted order by channel
    on conflict (name) do update set n = c.n + excluded.n, epoch = platform.live_history() || '.' || split_part(c.epoch, '.', 3)
    returning name, epoch, n
)
insert into platform.live_message (channel, n, epoch, kind, payload)
select given.channel, heads.n - counted.many + row_number() over (partition by given.channel order by given.place),
    heads.epoch, given.kind, given.payload
from given join counted using (channel) join heads on heads.name = given.channel order by given.place
returning channel, epoch, n, kind, payload
"""
FORGET = "with gone as (delete from platform.live_message where channel = any($1::text[])) delete from platform.live_channel where name = any($1::text[])"


class Head(msgspec.Struct, frozen=True):
    """How far a channel is; the position has reached the commit of that message."""

    channel: str
    epoch: str
    n: int
    timeline: int
    lsn: int


class Kept(msgspec.Struct, frozen=True):
    """A stored message; `channel` is null in the one row that only says how far the look reached."""

    channel: str
    epoch: str
    n: int
    kind: str
    payload: str
    timeline: int
    lsn: int


class Moved(msgspec.Struct, frozen=True):
    """A channel in which something was committed since the last look (empty when none was), and where to look from next."""

    channel: str
    n: int
    horizon: int


POSITION = (
    "('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int as timeline, "
    "(pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint as lsn"
)
HEADS = Query(
    Head,
    f"select w.channel, coalesce(c.epoch, '') as epoch, coalesce(c.n, 0) as n, {POSITION} "  # noqa: S608 - a constant
    "from unnest($1::text[]) as w(channel) left join platform.live_channel c on c.name = w.channel",
)
STANDING = Query(str, "select epoch || ' ' || n from platform.live_channel where name = $1")
SINCE = Query(
    Kept,
    f"select m.channel, m.epoch, m.n, m.kind, m.payload, {POSITION} from unnest($1::text[], $2::bigint[]) as w(channel, after) "  # noqa: S608 - a constant
    "cross join lateral (select * from platform.live_message k where k.channel = w.channel and k.n > w.after order by k.n limit $3) m",
)
# Exactly the transactions that had not ended at the last look: numbers of transactions begin before their commits,
# so a time of day would miss one that took long.
LATELY = Query(
    Moved,
    "select coalesce(m.channel, '') as channel, coalesce(m.n, 0) as n, s.horizon from "
    "(select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as horizon) s left join "
    "(select channel, max(n) as n from platform.live_message where xact >= $1 group by channel) m on true",
)
