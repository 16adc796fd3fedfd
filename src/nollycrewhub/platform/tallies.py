"""Counters of what workers do, over the whole fleet.

Workers answer no requests, so each adds what it counted to a row per counter and labels; any web process's /metrics shows
the sums. A killed worker's last seconds are not counted.
"""

from collections import Counter
from typing import Protocol

import msgspec

from nollycrewhub.platform.db import Query, ReadSession, WriteSession

ADD = """
insert into platform.tally (counter, labels, total)
select counter, string_to_array(labels, chr(31)), total
from unnest($1::text[], $2::text[], $3::bigint[]) as given(counter, labels, total) order by 1, 2
on conflict (counter, labels) do update set total = tally.total + excluded.total
"""
SEPARATOR = "\x1f"  # the unit separator: an array of arrays of different lengths is no array of PostgreSQL's


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """How often something was counted, ever and by all workers; the labels are in the counter's own order."""

    counter: str
    labels: list[str]
    total: int


ALL = Query(Tally, "select counter, labels, total from platform.tally order by counter, labels")
Counts = Counter[tuple[str, tuple[str, ...]]]


class DailyFacts(Protocol):
    """Whoever counts what the site is for; the domain that does offers it through ports."""

    async def today(self, read: ReadSession) -> dict[str, int]:
        """How often each fact has happened since midnight in Lagos; of one that has not, a nought."""
        ...


class Executor(Protocol):
    """The worker's own pool, which is no session."""

    async def execute(self, query: str, /, *args: list[str] | list[int]) -> object:
        """Runs it."""


class Tallies:
    """What one process counted and has not stored yet."""

    def __init__(self) -> None:
        self.counts: Counts = Counter()

    def note(self, counter: str, *labels: str, times: int = 1) -> None:
        """So many more."""
        self.counts[counter, labels] += times

    async def store(self, pool: Executor) -> None:
        """Adds what was counted since the last time; keeps it when the server is away."""
        if not self.counts:
            return
        counts, self.counts = self.counts, Counter()
        try:
            await pool.execute(ADD, *columns(counts))
        except BaseException:
            self.counts.update(counts)
            raise


TALLIES = Tallies()


def columns(counts: Counts) -> tuple[list[str], list[str], list[int]]:
    """Counters, their labels and how often, in one order for all who store, so that none waits for another in a circle."""
    places = sorted(counts)
    return [counter for counter, _ in places], [SEPARATOR.join(labels) for _, labels in places], [counts[place] for place in places]


async def tally(session: WriteSession, counter: str, *labels: str, times: int = 1) -> None:
    """So many more, counted when and only when the transaction is stored."""
    await session.sql(ADD, *columns(Counter({(counter, labels): times})))


async def tallied(read: ReadSession) -> list[Tally]:
    """Everything that was ever stored."""
    return await read.rows(ALL)
