"""`nollycrewhub alerts list|try`: what operators were told and what became of it, and whether telling works."""

import argparse
import asyncio
import sys
import time

from nollycrewhub.cli.jobs import stored, with_database
from nollycrewhub.domains.notifications import service
from nollycrewhub.domains.notifications.schemas import AlertLine
from nollycrewhub.kit.time import LAGOS
from nollycrewhub.platform.db import Database

LISTED = 20
LOOK_AGAIN = 0.5  # s
PATIENCE = 30.0  # s; a worker takes a job at once, a mail server may think about it


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("action", choices=["list", "try"])
    parser.add_argument("--wait", type=float, default=PATIENCE, help=f"with try: seconds to wait for the workers (default {PATIENCE:g})")


def run(arguments: argparse.Namespace) -> int:
    """The command."""
    return with_database(listed) if arguments.action == "list" else with_database(lambda db: tried(db, arguments.wait))


def spoken(line: AlertLine) -> str:
    """A case and its messages, a line each."""
    case, at = line.case, line.case.raised_at.astimezone(LAGOS)
    state = "a trial" if line.is_trial else "over" if case.cleared_at else "open"
    said = [f"{at:%Y-%m-%d %H:%M}  {state:<8} {case.title}. {case.what}"]
    for one in line.messages:
        stage = ", that it is over" if one.stage == "cleared" else ""
        said.append(f"{'':18}{one.channel}{stage}: {one.state}{f'. {one.reason}' if one.reason else ''}")
    return "\n".join(said)


async def listed(db: Database) -> int:
    """The newest cases."""
    lines = await service.newest_alerts(db.read_session(primary=True), limit=LISTED)
    print(
        "\n".join(map(spoken, lines))
        if lines
        else "Operators were told nothing yet. `nollycrewhub alerts try` tells whether it would arrive."
    )
    return 0


async def tried(db: Database, patience: float) -> int:
    """Tells of a case that is none by every channel, and waits to see what becomes of it; 0 when all of it was sent."""
    ref = await stored(db, lambda session: service.try_channels(session, None))
    until, line = time.monotonic() + patience, None
    while time.monotonic() < until:
        line = await service.alert_named(db.read_session(primary=True), ref)
        if line is not None and all(one.state != "queued" for one in line.messages):
            break
        await asyncio.sleep(LOOK_AGAIN)
    if line is None:
        print(f"Nobody has taken it in {patience:g} s: does a worker run? It is told as soon as one does.", file=sys.stderr)
        return 1
    print(spoken(line))
    if not line.messages:
        print("It reaches nobody: ALERT_MAIL, ALERT_SMS and ALERT_WEBHOOK_URL lead nowhere.", file=sys.stderr)
    return 0 if line.messages and all(one.state == "sent" for one in line.messages) else 1
