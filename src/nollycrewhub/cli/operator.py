"""`nollycrewhub operator add|remove|ban|unban ADDRESS`: the only way to become an operator or to be none any more, and how an account is closed."""

import argparse
import asyncio
import sys

from nollycrewhub.contracts.hearing import HEARERS
from nollycrewhub.domains.users import service
from nollycrewhub.platform.cache import Valkeys
from nollycrewhub.platform.db import Database
from nollycrewhub.platform.errors import Invalid
from nollycrewhub.platform.httpcache.caches import Caches
from nollycrewhub.platform.httpcache.cdn import NoCdn
from nollycrewhub.platform.sessions import Sessions
from nollycrewhub.platform.settings import Settings, from_environ

REASON = "It was used against the rules of the site."
SAID = {
    "add": "{} is an operator now; the next sign-in knows it.",
    "remove": "{} is no operator any more, and signed out everywhere.",
    "ban": "The account of {} is closed, and signed out everywhere. `operator unban` opens it again.",
    "unban": "The account of {} is open again.",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("action", choices=list(SAID))
    parser.add_argument("address", help="the account's e-mail or phone")
    parser.add_argument("--reason", default=REASON, help="why it is closed; the person is told")


def run(arguments: argparse.Namespace) -> int:
    """The command."""
    try:
        done = asyncio.run(act(from_environ(), arguments.action, arguments.address, reason=arguments.reason))
    except Invalid as error:
        print(error.detail, file=sys.stderr)
        return 1
    if not done:
        print(f"Nobody has registered with {arguments.address}, so nothing was done.", file=sys.stderr)
        return 1
    print(SAID[arguments.action].format(arguments.address))
    return 0


async def act(settings: Settings, action: str, address: str, *, reason: str = REASON) -> bool:
    """Does it in one transaction, with its line in the audit trail and word to the caches; False when there is no such account."""
    db, valkeys = Database(settings, hearers=HEARERS), Valkeys(settings)
    caches = Caches(valkeys.cache, valkeys.listener, memory_bytes=0, cdn=NoCdn(), primary_position=db.write_position)
    caches.follow(db)
    await db.start()
    try:
        async with db.write_session() as session:
            if action == "add":
                done = await service.make_operator(session, address)
            elif action == "remove":
                done = await service.unmake_operator(session, address, sessions=Sessions(valkeys.sessions))
            elif action == "ban":
                done = await service.ban(session, address, reason=reason, sessions=Sessions(valkeys.sessions))
            else:
                done = await service.unban(session, address)
            await db.commit(session)
        return done
    finally:
        await caches.stop()
        await db.stop()
        await valkeys.stop()
