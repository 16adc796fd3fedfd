"""A writer that is killed between the commit of its message and the telling of it."""

import asyncio
import os
import signal
import sys

from nollycrewhub.platform.db import Database, Position, WriteSession
from nollycrewhub.platform.live import publish
from nollycrewhub.platform.live.publishing import before_commit
from nollycrewhub.platform.settings import from_environ


async def die(session: WriteSession, position: Position) -> None:
    """Where the telling would be."""
    os.kill(os.getpid(), signal.SIGKILL)


async def main(channel: str) -> None:
    """Commits one message."""
    db = Database(from_environ())
    db.before_commit.append(before_commit)
    db.after_commit.append(die)
    await db.start()
    async with db.write_session() as session:
        publish(session, channel, "last words")
        await db.commit(session)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
