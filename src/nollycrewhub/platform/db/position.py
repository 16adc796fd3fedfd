"""The position mark: how far the write-ahead log had got when a person's write was committed."""

from typing import Any

import msgspec

LONGEST = 32
UNKNOWN_LSN = 2**62  # further than any server gets: only the primary will do for a commit whose place was not learnt


class Position(msgspec.Struct, frozen=True, order=True):
    """A timeline (it grows at each failover) and a byte position in the log, both as PostgreSQL counts them."""

    timeline: int
    lsn: int

    def __str__(self) -> str:
        return f"{self.timeline:x}/{self.lsn:x}"

    def has_reached(self, mark: "Position | None") -> bool:
        """Whether a server here has replayed what was committed at `mark`.

        Both numbers count: a server on a newer timeline may still be before the place where it began, and one on
        an older timeline may be past it with writes that were lost in the failover.
        """
        return mark is None or (self.timeline >= mark.timeline and self.lsn >= mark.lsn)


def furthest(*marks: Position | None) -> Position | None:
    """The smallest position that has reached all of these."""
    known = [mark for mark in marks if mark is not None]
    if not known:
        return None
    return Position(max(mark.timeline for mark in known), max(mark.lsn for mark in known))


def parse_position(text: str | None) -> Position | None:
    """The mark a client sent back, or None when it is not one: a wrong mark must not be an error."""
    timeline, slash, lsn = (text or "").partition("/")
    if not slash or len(text or "") > LONGEST:
        return None
    try:
        found = Position(int(timeline, 16), int(lsn, 16))
    except ValueError:
        return None
    return found if found.timeline >= 0 and 0 <= found.lsn <= UNKNOWN_LSN else None


def position_in(row: Any) -> Position | None:
    """The position in a row of one of the queries below."""
    return None if row["lsn"] is None else Position(row["timeline"], row["lsn"])


CLUSTER = "select system_identifier from pg_control_system()"  # given by initdb, kept by every copy; anybody may ask
WRITE_POSITION = (
    "select ('x' || substr(pg_walfile_name(l), 1, 8))::bit(32)::int as timeline, (l - '0/0'::pg_lsn)::bigint as lsn "
    "from pg_current_wal_insert_lsn() as l"
)
# One question for both roles. A standby's control file learns a new timeline only at its next restart point, so the
# receiver is asked too. `flushed` measures lag: the insert position may point past a page header nobody has to replay.
PROBE = """
select pg_is_in_recovery() as standby, (pg_control_system()).system_identifier as cluster,
    (extract(epoch from pg_postmaster_start_time()) * 1000)::bigint as born,
    case when pg_is_in_recovery()
        then greatest((pg_control_checkpoint()).timeline_id, (select received_tli from pg_stat_wal_receiver))
        else ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int end as timeline,
    (case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_insert_lsn() end - '0/0')::bigint as lsn,
    (case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_flush_lsn() end - '0/0')::bigint as flushed
"""
