"""`nollycrewhub restore --to TIME --into FOLDER`: the database as it was at a moment, in a fresh folder."""

import argparse
import signal
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from types import FrameType

import msgspec

from nollycrewhub.backup.errors import BackupError, Refused
from nollycrewhub.backup.records import Records
from nollycrewhub.backup.restoring import Came, Restore
from nollycrewhub.backup.settings import settings_of
from nollycrewhub.backup.store import Store
from nollycrewhub.cli.backup import adopt, traced
from nollycrewhub.cli.moments import moment_of
from nollycrewhub.devstack.account import DevstackError
from nollycrewhub.devstack.stack import Stack
from nollycrewhub.kit.time import rfc3339

LATEST = "latest"
ENDS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("--to", required=True, metavar="TIME", help="a moment such as 2026-12-31T23:30:00Z, or `latest` for all there is")
    parser.add_argument("--into", type=Path, metavar="FOLDER", help="a fresh folder for the database")
    parser.add_argument(
        "--data", type=Path, metavar="FOLDER", help="instead: the data folder of a `make up` that is stopped, whose primary is gone"
    )
    parser.add_argument("--timeline", type=int, help="another life of the cluster than the newest")
    parser.add_argument("--user", help="as root: the system user that runs the database (default nollycrewhub)")
    parser.add_argument("--json", action="store_true", help="for programs")


def run(arguments: argparse.Namespace) -> int:
    """The command; a failure is a sentence and exit code 1."""
    adopt(arguments.data)
    clear_up_when_told()
    try:
        to = None if arguments.to == LATEST else moment_of(arguments.to, option="--to")
        folder = target(arguments)
        records = Records(Store(settings_of(with_database=False).store))
        say = (lambda _: None) if arguments.json else print
        with traced("backup restore"):
            came = Restore(records, folder, user=arguments.user, say=say).run(to, timeline=arguments.timeline)
    except (BackupError, DevstackError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    print(msgspec.json.encode(asdict(came)).decode() if arguments.json else spoken(came, folder))
    return 0


def clear_up_when_told() -> None:
    """Being told to end is a failure like another, so no half folder stays. A second word does not cut the clearing up short."""

    def leave(number: int, _frame: FrameType | None) -> None:
        for each in ENDS:
            signal.signal(each, signal.SIG_IGN)
        raise SystemExit(128 + number)

    if threading.current_thread() is threading.main_thread():
        for each in ENDS:
            signal.signal(each, leave)


def target(arguments: argparse.Namespace) -> Path:
    """The folder to restore into; Refused when it is not clear, or a run of `make up` is using it."""
    if (arguments.into is None) == (arguments.data is None):
        raise Refused("Say where to: --into FOLDER for a fresh folder, or --data FOLDER for that of a stopped `make up`.")
    if arguments.into is not None:
        return Path(arguments.into).absolute()
    stack = Stack(arguments.data)
    stack.claim()
    return stack.primary.folder


def spoken(came: Came, folder: Path) -> str:
    """How far it came, for people."""
    asked = f"You asked for {rfc3339(came.asked)}. " if came.asked else ""
    last = (
        f"The last transaction in it is of {came.last:%Y-%m-%dT%H:%M:%S.%f}Z"
        if came.last
        else "It is the base backup itself, no transaction after it"
    )
    took = ", ".join(f"{what} {seconds:g} s" for what, seconds in came.seconds.items())
    return (
        f"{asked}{last}, at {came.position}; {came.tables} tables.\nIt took: {took}.\n"
        f"The database is in {folder}, stopped and clean. Start it there, then take a base backup of it: it is on a timeline of its own."
    )
