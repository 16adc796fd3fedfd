"""A million listings by COPY: texts of common and rare words as languages have them, the same for the same seed.

A word's rank is its place by how many listings use it. The n-th word of the invented vocabulary is drawn about 1/n
as often as the first (Zipf's law), so the corpus has a few words that half of all listings use and tens of thousands
that a handful do.
"""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from typing import Any
from uuid import UUID

import asyncpg

from nollycrewhub.domains.jobs.rules.indexing import NEVER, joined, week_tag
from nollycrewhub.domains.jobs.rules.pay import pay_bucket
from nollycrewhub.kit.crafts import CATEGORIES
from nollycrewhub.kit.places import STATES

VOCABULARY = 80_000
TITLE_WORDS, TEXT_WORDS = 6, 44
CHUNK = 20_000
BASE = datetime(2026, 11, 20, tzinfo=UTC)
STARTS = ["b", "ch", "d", "f", "g", "gb", "h", "j", "k", "kp", "kw", "l", "m", "n", "nw", "ny", "p", "r", "s", "sh", "t", "w", "y", "z"]
VOWELS = ["a", "e", "i", "o", "u"]
LANGUAGES = ("en", "pcm", "yo", "ig", "ha", "efi", "tiv", "urh")
COLUMNS = (
    "id", "poster_id", "title", "kind", "category", "company", "state", "town", "pay_amount", "pay_unit", "pay_terms",
    "description", "skills", "languages", "status", "created_at", "posted_at", "updated_at", "location", "salary", "pay_key",
    "deadline", "deadline_key", "search_title", "search_text", "search_tags",
)  # fmt: skip
INDEXES = "select indexdef from pg_indexes where schemaname = 'jobs' and tablename = 'job' and indexname like 'ix_%' order by indexname"


def vocabulary(rng: random.Random) -> list[str]:
    """Invented words, all different, in the order of how common they shall be."""
    found: dict[str, None] = {}
    while len(found) < VOCABULARY:
        found["".join(rng.choice(STARTS) + rng.choice(VOWELS) for _ in range(rng.randrange(2, 5)))] = None
    return list(found)


def listings(count: int, seed: int, used: Counter[str]) -> Iterator[tuple[Any, ...]]:
    """Rows in COLUMNS' order; `used` learns how many listings use each word."""
    rng = random.Random(seed)  # noqa: S311 - a repeatable corpus, no secret
    words = vocabulary(rng)
    weights = list(accumulate(1 / n for n in range(1, VOCABULARY + 1)))
    states = [12 if state.code == "LA" else 2 for state in STATES]
    places = list(accumulate(states))
    for first in range(0, count, CHUNK):
        size = min(CHUNK, count - first)
        drawn = rng.choices(words, cum_weights=weights, k=size * (TITLE_WORDS + TEXT_WORDS))
        where = rng.choices(STATES, cum_weights=places, k=size)
        for n in range(size):
            own = drawn[n * (TITLE_WORDS + TEXT_WORDS) : (n + 1) * (TITLE_WORDS + TEXT_WORDS)]
            used.update(set(own))
            yield listing(rng, first + n + 1, own, where[n])


def listing(rng: random.Random, number: int, own: Sequence[str], state: Any) -> tuple[Any, ...]:
    """One row."""
    category = rng.choice(CATEGORIES)
    language = rng.choice(LANGUAGES)
    title, text = " ".join(own[:TITLE_WORDS]), " ".join(own[TITLE_WORDS:])
    amount = rng.randrange(1, 80) * 500_000 if rng.random() < 0.9 else None
    pay = amount or 0
    posted = BASE - timedelta(seconds=rng.random() ** 2 * 700 * 86_400)
    deadline: date | None = BASE.date() + timedelta(days=rng.randrange(1, 90)) if rng.random() < 0.6 else None
    tags = [
        f"k={category.kind}", f"c={category.slug}", f"s={state.code}", f"y={pay_bucket(pay)}", f"l={language}", week_tag(posted.date())
    ]  # fmt: skip
    return (
        number, UUID(int=number % 5000), title, category.kind, category.slug, "A House", state.code, state.towns[0], amount, "day",
        "paid" if amount else "unpaid", text, [], [language], "open" if rng.random() < 0.85 else "closed", posted, posted, posted,
        state.towns[0], "", pay, deadline, deadline or NEVER, " ".join(joined(title)), text, tags,
    )  # fmt: skip


async def load(owner_url: str, *, count: int, seed: int = 1) -> list[tuple[str, int]]:
    """Fills an empty jobs.job; the words in order of rank, each with how many listings use it. Indexes are built after the rows, as after a restore."""
    used: Counter[str] = Counter()
    connection = await asyncpg.connect(owner_url)
    try:
        definitions = [row[0] for row in await connection.fetch(INDEXES)]
        for definition in definitions:
            await connection.execute(f"drop index jobs.{definition.split()[2]}")
        await connection.copy_records_to_table("job", schema_name="jobs", columns=COLUMNS, records=listings(count, seed, used))
        await connection.execute("set maintenance_work_mem = '512MB'")
        for definition in definitions:
            await connection.execute(definition)
        await connection.copy_records_to_table("word", schema_name="jobs", columns=["word"], records=((word,) for word in sorted(used)))
        await connection.execute("vacuum analyze jobs.job, jobs.word")
    finally:
        await connection.close()
    return used.most_common()
