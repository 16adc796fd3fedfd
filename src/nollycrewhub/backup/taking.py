"""A base backup: taken by pg_basebackup, checked by pg_verifybackup, uploaded, read back, and only then written down."""

import shutil
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from nollycrewhub.backup.errors import Refused
from nollycrewhub.backup.records import Base, Cluster, Piece, Records, base_key, moment
from nollycrewhub.backup.tools import Source, run, tool
from nollycrewhub.platform import tracing

MAJOR = 18
SPARE = 0.6  # of the cluster's size: what a packed copy takes at the very most in practice
CLOCK = "select extract(epoch from clock_timestamp())"
ABOUT = """
select (select system_identifier from pg_control_system()), current_setting('server_version_num'),
       pg_is_in_recovery(), (select count(*) from pg_tablespace where oid > 16383), pg_get_userbyid(10),
       (select sum(pg_database_size(oid)) from pg_database), pg_size_bytes(current_setting('wal_segment_size')),
       (select datname from pg_database where datallowconn and not datistemplate order by pg_database_size(oid) desc limit 1)
"""


class About(msgspec.Struct, frozen=True):
    """What must be known of a server before anything is copied."""

    cluster: Cluster
    version: int
    superuser: str
    cluster_bytes: int
    database: str


def about(source: Source) -> About:
    """The server, or Refused when it cannot be backed up."""
    identifier, version, in_recovery, tablespaces, superuser, cluster_bytes, segment_size, database = source.ask(ABOUT)[0]
    if int(version) // 10_000 != MAJOR:
        raise Refused(f"The server at {source.where} is PostgreSQL {int(version) // 10_000}; these are the tools of {MAJOR}.")
    if in_recovery == "t":
        raise Refused(f"The server at {source.where} is a standby. Name the primary in BACKUP_DATABASE_URL.")
    if int(tablespaces):
        raise Refused("The server has tablespaces of its own outside its data folder; these backups do not know where to put them.")
    return About(Cluster(identifier, int(segment_size)), int(version), superuser, int(cluster_bytes), database)


def take(source: Source, records: Records, *, work: Path | None = None, say: Callable[[str], None] = print) -> Base:
    """One base backup, whole and checked in the store; raises BackupError. It restores by itself to the moment it ended."""
    server = about(source)
    records.claim(server.cluster)
    with tempfile.TemporaryDirectory(prefix="nch-base-", dir=work) as made:
        folder = Path(made) / "base"
        free = shutil.disk_usage(made).free
        if free < server.cluster_bytes * SPARE:
            raise Refused(
                f"{made} has {free / 1e9:.1f} GB free, and a copy of {server.cluster_bytes / 1e9:.1f} GB may not fit. Name another place: --work FOLDER."
            )
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
        began = moment(source.one(CLOCK))
        watch = time.monotonic()
        with tracing.inner("backup copy"):
            run(
                [tool("pg_basebackup"), "-d", source.url, "-w", "-D", folder, "-F", "tar", "--compress", "client-gzip:1", "-X", "stream",
                 "-c", "fast", "--manifest-checksums", "SHA256", "-l", f"nollycrewhub {name}"],
                env=source.environment,
            )  # fmt: skip
        ended = moment(source.one(CLOCK))
        say(f"Copied {server.cluster_bytes / 1e6:.0f} MB in {time.monotonic() - watch:.1f} s; checking it.")
        with tracing.inner("backup check"):
            run([tool("pg_verifybackup"), "-n", "-q", folder], env=source.environment)
        pieces = []
        for path in sorted(folder.iterdir()):
            sent = records.store.put_file(base_key(name, path.name), path)
            pieces.append(Piece(path.name, sent.size, sent.sha.hexdigest()))
        first, last = span(folder / "backup_manifest")
        base = Base(
            name=name, began=began, ended=ended, timeline=first[0], start_lsn=first[1], end_lsn=last, version=server.version,
            superuser=server.superuser, database=server.database, pieces=tuple(pieces), cluster_bytes=server.cluster_bytes,
        )  # fmt: skip
        records.store.put(base_key(name, "backup.json"), msgspec.json.encode(base))
    return base


class Range(msgspec.Struct, rename={"timeline": "Timeline", "start": "Start-LSN", "end": "End-LSN"}):
    """A stretch of log that a backup needs."""

    timeline: int
    start: str
    end: str


class Manifest(msgspec.Struct, rename={"ranges": "WAL-Ranges"}):
    """The part of PostgreSQL's backup manifest that says which log makes the copy consistent."""

    ranges: list[Range]


def span(manifest: Path) -> tuple[tuple[int, str], str]:
    """Timeline and position where a backup's log begins, and the position where the copy is consistent."""
    ranges = msgspec.json.decode(manifest.read_bytes(), type=Manifest).ranges
    first = min(ranges, key=lambda each: each.timeline)
    return (first.timeline, first.start), max(ranges, key=lambda each: each.timeline).end
