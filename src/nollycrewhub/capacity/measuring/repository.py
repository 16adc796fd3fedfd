"""The questions to the servers, and their answers as structs. SQL goes through whoever may ask as the superuser."""

import math
from collections.abc import Callable, Mapping

import msgspec

from nollycrewhub.capacity.measured import Query, Table

AskSql = Callable[[str], str]
ENOUGH_ROWS = 300
MOST_QUERIES = 6
LEAST_A_REQUEST = 0.02  # what runs more rarely belongs to no request
LONGEST = 160

STATEMENTS = """
select coalesce(json_agg(json_build_object('id', s.queryid::text, 'text', regexp_replace(s.query, '\\s+', ' ', 'g'), 'calls', s.calls,
    'mean', s.mean_exec_time, 'deviation', s.stddev_exec_time)), '[]')
from (
    select queryid, min(query) as query, sum(calls) as calls, sum(mean_exec_time * calls) / sum(calls) as mean_exec_time,
        sqrt(greatest(0, sum(calls * (stddev_exec_time ^ 2 + mean_exec_time ^ 2)) / sum(calls)
            - (sum(mean_exec_time * calls) / sum(calls)) ^ 2)) as stddev_exec_time
    from pg_stat_statements where calls > 0 and toplevel
        and dbid = (select oid from pg_database where datname = current_database())
    group by queryid
) s
"""
# Counted by ANALYZE, which reads small tables whole.
TABLES = """
analyze;
select coalesce(json_agg(json_build_object('name', c.oid::regclass::text, 'bytes', pg_total_relation_size(c.oid),
    'rows', greatest(0, c.reltuples)::bigint) order by c.oid::regclass::text), '[]')
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema', 'public') and n.nspname not like 'pg_%'
"""


# Purges of an edge are let go a few a second, cost next to nothing and would be waited for longest: they are neither waited for nor counted.
LEFT_OUT = "cache.purge"
WAITING = f"select count(*) from platform.pgqueuer where (status = 'picked' or status = 'queued' and execute_after <= now()) and entrypoint <> '{LEFT_OUT}'"  # noqa: S608


class Statement(msgspec.Struct, frozen=True):
    """One line of pg_stat_statements; times in milliseconds."""

    id: str
    text: str
    calls: float
    mean: float
    deviation: float


def statements(ask: AskSql) -> dict[str, Statement]:
    """What a server has run so far."""
    return {one.id: one for one in msgspec.json.decode(ask(STATEMENTS), type=list[Statement])}


def ran(before: Mapping[str, Statement], after: Mapping[str, Statement], server: str, requests: int) -> list[Query]:
    """The statements that took most of a server's time between two looks.

    The spread between them follows from the sums of squares, which the mean and the deviation of each look hold.
    """
    found = []
    for name, now in after.items():
        then = before.get(name) or Statement(name, "", 0, 0.0, 0.0)
        calls = now.calls - then.calls
        if calls < max(2, LEAST_A_REQUEST * requests) or "pg_stat_statements" in now.text:
            continue
        mean = (now.calls * now.mean - then.calls * then.mean) / calls
        squares = now.calls * (now.deviation**2 + now.mean**2) - then.calls * (then.deviation**2 + then.mean**2)
        spread = max(0.0, squares / calls / mean**2 - 1) if mean > 0 else 0.0
        found.append(Query(text=now.text[:LONGEST], server=server, a_request=calls / requests, mean=mean / 1000, spread=spread))
    found.sort(key=lambda query: -query.a_request * query.mean)
    return [query for query in found[:MOST_QUERIES] if math.isfinite(query.spread)]


class Size(msgspec.Struct, frozen=True):
    """A table as it stands."""

    name: str
    bytes: int
    rows: int


def tables(ask: AskSql) -> list[Table]:
    """Every table of the domains and the platform with what a row of it takes, its indexes included."""
    return [
        Table(name=one.name, rows=one.rows, bytes_all=one.bytes, row=one.bytes / one.rows if one.rows >= ENOUGH_ROWS else None)
        for one in msgspec.json.decode(ask(TABLES), type=list[Size])
    ]
