"""`nollycrewhub backup [now|log|list|verify|prune]`: copies of the database in object storage, and the log between them."""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from nollycrewhub.backup import keeping, telling
from nollycrewhub.backup.errors import BackupError
from nollycrewhub.backup.records import Records, Verified
from nollycrewhub.backup.settings import settings_of, telling_of, traced_of
from nollycrewhub.backup.store import Store
from nollycrewhub.backup.streaming import EVERY, Archiver
from nollycrewhub.backup.taking import take
from nollycrewhub.backup.tools import Source
from nollycrewhub.cli import running
from nollycrewhub.kit.time import rfc3339, utcnow
from nollycrewhub.platform import tracing

ACTIONS = {
    "now": "take a base backup (what it does without a word)",
    "log": "keep the store's log complete, until it is stopped: run it as a process of its own",
    "list": "what there is, and which moments can be restored",
    "verify": "read all of it and compare checksums",
    "prune": "throw away what is older than BACKUP_KEEP_DAYS and needed by nothing",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("action", choices=list(ACTIONS), nargs="?", default="now", help="; ".join(f"{k}: {v}" for k, v in ACTIONS.items()))
    parser.add_argument("--work", type=Path, help="a folder for what is on its way (default: the system's temporary one)")
    parser.add_argument("--every", type=float, default=EVERY, help=f"log: seconds between two looks (default {EVERY:g})")
    parser.add_argument(
        "--after-gap", action="store_true", help="log: go on although the server has thrown away log that is not in the store"
    )
    parser.add_argument("--json", action="store_true", help="list: for programs")


def run(arguments: argparse.Namespace) -> int:
    """The command; a failure is a sentence and exit code 1."""
    adopt()
    try:
        with traced("" if arguments.action == "log" else f"backup {arguments.action}"):
            return {"now": now, "log": log, "list": listed, "verify": verify, "prune": prune}[arguments.action](arguments)
    except BackupError as error:
        print(error, file=sys.stderr)
        return 1


@contextmanager
def traced(name: str) -> Iterator[None]:
    """What a command does as one trace, where the environment says where to; what goes on for days has a trace for each part instead."""
    tracing.switch_on(traced_of(), role="backup")
    try:
        with tracing.begun(name) if name else nullcontext():
            yield
    finally:
        asyncio.run(tracing.switch_off())


def adopt(folder: Path | None = None) -> None:
    """Takes the database and the backups of an `up` here, when the environment names neither."""
    folder = folder or running.folder_of(os.environ)
    if not any(os.environ.get(name) for name in ("BACKUP_URL", "BACKUP_DATABASE_URL", "DATABASE_DIRECT_URL", "DATABASE_URL")):
        running.adopt(os.environ, folder)
    if not os.environ.get("BACKUP_URL") and (folder / running.BACKUPS).is_dir():
        os.environ["BACKUP_URL"] = (folder / running.BACKUPS).resolve().as_uri()


def now(arguments: argparse.Namespace) -> int:
    """A base backup."""
    settings = settings_of(with_database=True)
    records = Records(Store(settings.store))
    base = take(Source(settings.database), records, work=arguments.work)
    print(
        f"Base backup {base.name} is in {records.store.place}, checked: {size(base.size)} of {size(base.cluster_bytes)}, whole at {rfc3339(base.ended)}."
    )
    return 0


def log(arguments: argparse.Namespace) -> int:
    """The log, until SIGTERM or Ctrl-C."""
    settings, tells = settings_of(with_database=True), telling_of()
    archiver = Archiver(
        Source(settings.database), Records(Store(settings.store)), work=arguments.work, every=max(0.2, arguments.every),
        after_gap=arguments.after_gap, say=lambda sentence: print(sentence, file=sys.stderr, flush=True),
    )  # fmt: skip
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: archiver.stopping.set())
    with telling.told(Records(Store(settings.store)), tells):
        archiver.run()
    return 0


def listed(arguments: argparse.Namespace) -> int:
    """What there is."""
    records = Records(Store(settings_of(with_database=False).store))
    windows = keeping.windows(keeping.kept(records))
    if arguments.json:
        rows = [
            {"base": each.base.name, "timeline": each.base.timeline, "bytes": each.base.size, "from": each.base.ended, "until": each.until,
             "segments": len(each.chain.segments), "missing": each.missing or None}
            for each in windows
        ]  # fmt: skip
        print(msgspec.json.encode(rows).decode())
        return 0
    for each in windows:
        hole = f"; the log lacks {each.missing}" if each.missing else ""
        print(
            f"{each.base.name}  {size(each.base.size):>9}  restores to any moment from {rfc3339(each.base.ended)} until {rfc3339(each.until)}{hole}"
        )
    if windows:
        print(f"The newest moment is {age(datetime.now(UTC), windows[-1].until)} ago.")
    else:
        print("There is no base backup yet: nollycrewhub backup.")
    return 0


def verify(_: argparse.Namespace) -> int:
    """Reads everything."""
    records = Records(Store(settings_of(with_database=False).store))
    bases, segments, wrong = keeping.verify(records)
    records.note_verified(Verified(utcnow(), len(wrong)))
    for sentence in wrong:
        print(sentence, file=sys.stderr)
    print(
        f"{bases} base backup{'' if bases == 1 else 's'} and {segments} segments of log were read; {len(wrong) or 'no'} fault{'' if len(wrong) == 1 else 's'}."
    )
    return 1 if wrong else 0


def prune(_: argparse.Namespace) -> int:
    """Throws away what is superfluous."""
    settings = settings_of(with_database=False)
    records = Records(Store(settings.store))
    gone, log_files = keeping.prune(records, utcnow(), keep_days=settings.keep_days, keep_least=settings.keep_least)
    print(
        f"{len(gone)} base backups and {log_files} segments of log were thrown away: {', '.join(base.name for base in gone) or 'nothing was superfluous'}."
    )
    return 0


def size(count: int) -> str:
    """Bytes as people read them."""
    return f"{count / 1e9:.2f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


def age(now: datetime, then: datetime) -> str:
    """How long ago something was."""
    seconds = (now - then).total_seconds()
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
