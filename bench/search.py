"""The search over a million listings: the program's own queries, as the reader role, timed at the database."""

import asyncio
import contextlib
import itertools
import statistics
import time
from collections.abc import Sequence
from typing import Any

import asyncpg
import msgspec

from bench import million
from nollycrewhub.domains.jobs.repository import page_query
from nollycrewhub.domains.jobs.rules.search import Search
from nollycrewhub.domains.jobs.service.searching import today
from nollycrewhub.platform.db.pool import READ_SETTINGS

RANKS = (10, 1_000, 50_000)
FILTERS = {
    "none": Search(),
    "category and state": Search(category="gaffer", state="LA"),
    "kind and state": Search(kind="crew", state="LA"),
}
SORTS = ("relevance", "newest", "deadline", "pay")
ROUNDS = 40
BAR_MS = 50.0
Ranked = Sequence[tuple[str, int]]


class Timed(msgspec.Struct, kw_only=True):
    """One question: how many listings have its word, how long it took, and which way the planner went."""

    rank: int
    listings: int
    filters: str
    sort: str
    p50_ms: float
    p95_ms: float
    way: str


class Searches(msgspec.Struct, kw_only=True):
    """All of them, over how many listings."""

    listings: int
    loaded_seconds: float
    slowest_p95_ms: float
    timed: list[Timed]


def questions(ranked: Ranked) -> list[tuple[int, str, Search]]:
    """Each word with each pair of filters, in every sort."""
    return [
        (rank, filters, FILTERS[filters]._replace(words=(ranked[rank - 1][0],), sort=sort))
        for rank, filters, sort in itertools.product(RANKS, FILTERS, SORTS)
    ]


async def timed(connection: asyncpg.Connection, ranked: Ranked, rank: int, filters: str, search: Search) -> Timed:
    """Times one question, over the word of its rank and its four neighbours in turn."""
    took = []
    for n in range(ROUNDS):
        query, args = asked(search, ranked[rank - 3 + n % 5][0])
        start = time.perf_counter()
        with contextlib.suppress(asyncpg.QueryCanceledError):  # the reader's own time-out; its seconds are the figure
            await connection.fetchrow(query, *args)
        took.append((time.perf_counter() - start) * 1000)
    query, args = asked(search, search.words[0])
    plan = [row[0] for row in await connection.fetch(f"explain {query}", *args)]
    return Timed(
        rank=rank, listings=ranked[rank - 1][1], filters=filters, sort=search.sort, way=way_of(plan),
        p50_ms=round(statistics.median(took), 2), p95_ms=round(statistics.quantiles(took, n=20)[-1], 2),
    )  # fmt: skip


def asked(search: Search, word: str) -> tuple[str, list[Any]]:
    """The query of the first page."""
    query, args = page_query(search._replace(words=(word,)), today(), compact=True, after=None, limit=20)
    return query.sql, args


def way_of(plan: Sequence[str]) -> str:
    """Which scans the plan has, in a few words."""
    scans = []
    for line in plan:
        text = line.strip().removeprefix("->").strip()
        if "Scan" in text and not text.startswith(("Subquery", "Bitmap Heap", "CTE")):
            scans.append(text.split("  (")[0].split(" on job")[0])
    return "; ".join(dict.fromkeys(scans))


async def run(owner_url: str, reader_url: str, *, count: int) -> Searches:
    """Loads, warms up, times."""
    start = time.monotonic()
    ranked = await million.load(owner_url, count=count)
    loaded = time.monotonic() - start
    connection = await asyncpg.connect(reader_url, server_settings=READ_SETTINGS)
    try:
        found = [await timed(connection, ranked, *question) for question in questions(ranked)]
    finally:
        await connection.close()
    return Searches(
        listings=count, loaded_seconds=round(loaded, 1), timed=found,
        slowest_p95_ms=max(one.p95_ms for one in found),
    )  # fmt: skip


def measure(owner_url: str, reader_url: str, *, count: int = 1_000_000) -> Searches:
    """The same, from a program without a loop."""
    return asyncio.run(run(owner_url, reader_url, count=count))
