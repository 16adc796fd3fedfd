"""The SQL of what listings are found by: the words they use, those they are found by joined, and the columns made of them."""

from collections.abc import Sequence
from typing import NamedTuple

from nollycrewhub.platform.db import Query, ReadSession, WriteSession

KNOWN_WORDS = Query(str, "select word from jobs.word where word = any($1::text[])")
NEAR_WORDS = Query(str, "select word from jobs.word where word % $1 order by similarity(word, $1) desc limit 12")
FOUND_BY = Query(
    str,
    "select term from unnest($1::text[]) as term where exists (select 1 from jobs.job j "
    "where j.search @@ quote_literal(term)::tsquery and j.status in ('open', 'closed'))",
)
NEXT = """
select id, state, category, title, company, town, skills, languages, description from jobs.job
where id > $1 order by id limit $2 for update skip locked
"""
SET_SEARCH = """
update jobs.job j set search_title = given.title, search_text = given.text
from unnest($1::bigint[], $2::text[], $3::text[]) as given(id, title, text)
where j.id = given.id and j.title <> '' and (j.search_title, j.search_text) is distinct from (given.title, given.text)
returning j.id
"""


class Written(NamedTuple):
    """What of a listing is searched, as it was written."""

    id: int
    state: str
    category: str
    title: str
    company: str
    town: str
    skills: list[str]
    languages: list[str]
    description: str


async def known_words(read: ReadSession, words: Sequence[str]) -> set[str]:
    """Which of the words some listing uses."""
    return set(await read.rows(KNOWN_WORDS, list(words)))


async def near_words(read: ReadSession, word: str) -> list[str]:
    """Neighbours of a word in the vocabulary."""
    return await read.rows(NEAR_WORDS, word)


async def found_by(read: ReadSession, terms: Sequence[str]) -> set[str]:
    """By which of the terms, two words written as one among them, some public listing is found."""
    return set(await read.rows(FOUND_BY, list(terms)))


async def next_written(session: WriteSession, after: int, *, limit: int) -> list[Written]:
    """The next listings' texts, locked; who changes one at this moment stores its columns anyway."""
    return [Written(*row) for row in await session.sql(NEXT, after, limit)]


async def set_search(session: WriteSession, columns: dict[int, tuple[str, str]]) -> set[int]:
    """Stores title and text as they are searched; which listings had others before. One without a word is left so."""
    titles, texts = [title for title, _ in columns.values()], [text for _, text in columns.values()]
    return {row[0] for row in await session.sql(SET_SEARCH, list(columns), titles, texts)}
