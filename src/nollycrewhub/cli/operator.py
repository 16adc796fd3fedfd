"""`nollycrewhub operator add EMAIL`: the only way to become an operator."""

import argparse
import asyncio
import sys

from nollycrewhub.contracts.hearing import HEARERS
from nollycrewhub.domains.users import service
from nollycrewhub.platform.db import Database
from nollycrewhub.platform.settings import Settings, from_environ


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("action", choices=["add"])
    parser.add_argument("email")


def run(arguments: argparse.Namespace) -> int:
    """The command."""
    done = asyncio.run(add(from_environ(), arguments.email))
    if not done:
        print(f"Nobody has registered with {arguments.email}. Register first, then run this again.", file=sys.stderr)
        return 1
    print(f"{arguments.email} is an operator now; the next sign-in knows it.")
    return 0


async def add(settings: Settings, email: str) -> bool:
    """Makes the account an operator and notes it in the audit trail."""
    db = Database(settings, hearers=HEARERS)
    await db.start()
    try:
        async with db.write_session() as session:
            done = await service.make_operator(session, email)
            await db.commit(session)
        return done
    finally:
        await db.stop()
