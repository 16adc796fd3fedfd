"""A write says which public answers it changes; the commit tells the caches, and a job makes sure of it.

The job is a row of the same transaction: a process killed between commit and message leaves it to a worker.
"""

import asyncio
from datetime import timedelta
from typing import Protocol

import msgspec

from nollycrewhub.kit.ids import token
from nollycrewhub.platform.db import UNKNOWN_LSN, Position, WriteSession
from nollycrewhub.platform.httpcache.declared import list_field, thing_field
from nollycrewhub.platform.queue import Retry, Work, enqueue, task

KEY = "touched"
AGAIN_AFTER = timedelta(seconds=3)
WHILE_AWAY = 2.0
PAUSES = (0.1, 0.3, 1.2)


class Touched(msgspec.Struct):
    """The payload of the job, and what a session has gathered so far."""

    number: str
    lists: list[str] = []
    things: list[str] = []
    again: bool = False

    @property
    def fields(self) -> dict[str, bool]:
        """The generations to raise; True for namespaces, which rise at most once a second."""
        return {**{list_field(name): True for name in self.lists}, **{thing_field(name): False for name in self.things}}

    @property
    def tags(self) -> list[str]:
        """The tags as the CDN knows them."""
        return [name.replace(":", "-") for name in (*self.lists, *self.things)]


def touch(session: WriteSession, *, lists: tuple[str, ...] = (), things: tuple[str, ...] = ()) -> None:
    """Notes that this transaction changes public lists and things; call it where the change is made."""
    touched: Touched = session.info.setdefault(KEY, Touched(token(12)))
    touched.lists += [name for name in lists if name not in touched.lists]
    touched.things += [name for name in things if name not in touched.things]


class Teller(Protocol):
    """Whoever can raise generations and purge the CDN."""

    async def tell(self, touched: Touched, position: Position) -> bool:
        """Raises the generations to the position; whether the fleet has heard."""

    async def was_told(self, touched: Touched) -> bool:
        """Whether somebody has already raised them."""

    async def settle(self, touched: Touched) -> bool:
        """Makes the rises that still wait for their turn; whether the fleet has heard."""

    async def purge(self, tags: list[str]) -> bool:
        """Purges the CDN and tells whether there is one; raises what a retry may heal."""


async def before_commit(session: WriteSession) -> bool:
    """Puts the job beside the data; whether there is anything to tell once it is committed."""
    touched: Touched | None = session.info.get(KEY)
    if touched is None:
        return False
    await enqueue(session, "cache.purge", touched)
    return True


async def after_commit(session: WriteSession, position: Position, teller: Teller) -> None:
    """Tells the caches at once; what fails here is the job's to mend."""
    touched: Touched | None = session.info.pop(KEY, None)
    if touched is not None and position.lsn < UNKNOWN_LSN:
        await teller.tell(touched, position)


@task("cache.purge", payload=Touched, timeout=20, attempts=12, backoff=1.0, why="a stale page must not outlive a CDN's bad hour")
async def purge_now(payload: Touched, work: Work) -> None:
    """Raises the generations if the writer could not, then purges the CDN, and once more for answers that were on their way."""
    teller = work.ports.find(Teller)
    if teller is None:
        return
    has_heard = await tell_patiently(payload, teller, work)
    has_edge = await teller.purge(payload.tags)
    if not has_heard:
        raise Retry(WHILE_AWAY)
    if has_edge and not payload.again:
        await enqueue(work.session, "cache.purge", msgspec.structs.replace(payload, again=True), delay=AGAIN_AFTER)


async def tell_patiently(payload: Touched, teller: Teller, work: Work) -> bool:
    """Whether the fleet has heard. Each call is as impatient as a request's; a job has time for a few."""
    for pause in (*PAUSES, 0.0):
        has_heard = await teller.was_told(payload) or await teller.tell(payload, await work.db.write_position())
        if has_heard and await teller.settle(payload):
            return True
        await asyncio.sleep(pause)
    return False


TASKS = (purge_now,)
