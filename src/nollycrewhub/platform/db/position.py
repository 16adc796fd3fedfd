"""The position mark: how far the write-ahead log had got when a person's write was committed."""

import msgspec


class Position(msgspec.Struct, frozen=True, order=True):
    """A timeline (it grows at each failover) and a byte position in the log, both as PostgreSQL counts them."""

    timeline: int
    lsn: int

    def __str__(self) -> str:
        return f"{self.timeline:x}/{self.lsn:x}"


def parse_position(text: str | None) -> Position | None:
    """The mark a client sent back, or None when it is not one: a wrong mark must not be an error."""
    timeline, slash, lsn = (text or "").partition("/")
    if not slash or len(text or "") > 32:
        return None
    try:
        return Position(int(timeline, 16), int(lsn, 16))
    except ValueError:
        return None


WRITE_POSITION = (
    "select ('x' || substr(pg_walfile_name(l), 1, 8))::bit(32)::int as timeline, (l - '0/0'::pg_lsn)::bigint as lsn "
    "from pg_current_wal_insert_lsn() as l"
)
REPLAY_POSITION = "select (pg_control_checkpoint()).timeline_id as timeline, (pg_last_wal_replay_lsn() - '0/0'::pg_lsn)::bigint as lsn"
