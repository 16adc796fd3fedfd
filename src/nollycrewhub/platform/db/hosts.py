"""The servers that may be the primary: `postgresql://role@first,second/db?target_session_attrs=primary`.

All are asked at once, so that a machine that is silently gone hides nobody; the one that takes writes on the newest
timeline is the primary. A former primary that comes back by itself is on an older one and gets no connection any more.
"""

import asyncio
import contextlib
from typing import Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

import asyncpg

ANSWERS = 1.0  # seconds for all of them, once one has been found
ROLE = """
select case when pg_is_in_recovery() then 0
    else ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int end
"""


def split(url: str) -> list[str]:
    """One address for each server named in it."""
    parts = urlsplit(url)
    identity, at, places = parts.netloc.rpartition("@")
    return [urlunsplit(parts._replace(netloc=f"{identity}{at}{place}")) for place in places.split(",")]


class Answer(NamedTuple):
    """A server that answered: its timeline, 0 for a standby, and the connection to it."""

    timeline: int
    connection: asyncpg.Connection


class Hosts:
    """One role's address. With a single server in it this is plain asyncpg; `newest` is the newest timeline known."""

    def __init__(self, url: str) -> None:
        self.urls = split(url)
        self.newest = 0

    @property
    def is_one(self) -> bool:
        """Whether there is nothing to choose from."""
        return len(self.urls) == 1

    async def connect(self, *_: Any, timeout: float = 5.0, **arguments: Any) -> asyncpg.Connection:  # noqa: ASYNC109 - asyncpg's own name
        """A connection to the primary, in asyncpg's own words so that its pool and SQLAlchemy can use it; raises
        what asyncpg raises, or ConnectionRefusedError when none of the servers is a primary of the newest timeline."""
        if self.is_one:
            return await asyncpg.connect(self.urls[0], timeout=timeout, **arguments)
        asked = {asyncio.ensure_future(self._ask(url, timeout=timeout, **arguments)) for url in self.urls}
        found: list[Answer] = []
        try:
            await self._gather(asked, found, timeout)
        finally:
            for task in asked:
                task.add_done_callback(hang_up)  # whatever still comes, or came and was not taken
                task.cancel()
        if not found:
            raise ConnectionRefusedError("none of the addresses is the primary")
        taken = max(found, key=lambda answer: answer.timeline)
        self.newest = taken.timeline
        for other in found:
            if other is not taken:
                other.connection.terminate()
        return taken.connection

    async def _gather(self, asked: set["asyncio.Task[Answer]"], found: list[Answer], patience: float) -> None:
        """Takes what answers. A primary of a timeline not older than the newest known ends the waiting; with none known
        yet the others get a moment, for one of them may be newer."""
        until = asyncio.get_running_loop().time() + patience
        while asked:
            left = until - asyncio.get_running_loop().time()
            done, _ = await asyncio.wait(asked, timeout=max(0.0, left), return_when=asyncio.FIRST_COMPLETED)
            if not done:
                return
            for task in done:
                asked.discard(task)
                if task.exception() is None:
                    self._take(task.result(), found)
            if found and self.newest:
                return
            if found:
                until = min(until, asyncio.get_running_loop().time() + ANSWERS)

    def _take(self, answer: Answer, found: list[Answer]) -> None:
        if answer.timeline and answer.timeline >= self.newest:
            found.append(answer)
        else:
            answer.connection.terminate()

    async def _ask(self, url: str, **arguments: Any) -> Answer:
        """A connection to one of them."""
        connection = await asyncpg.connect(url, **arguments)
        try:
            async with connection.transaction(readonly=True):
                return Answer(int(await connection.fetchval(ROLE)), connection)
        except BaseException:
            connection.terminate()
            raise


def hang_up(task: "asyncio.Task[Any]") -> None:
    """Lets go of a connection that nobody wants any more."""
    with contextlib.suppress(asyncio.CancelledError, Exception):
        task.result().connection.terminate()
