"""Finding listings by words: how a misspelt search is read, and the searched columns made anew by today's rules."""

from collections.abc import Iterable

from nollycrewhub.domains.jobs.repository import finding as repository
from nollycrewhub.domains.jobs.rules.indexing import searched
from nollycrewhub.domains.jobs.rules.lists import lists_of_job
from nollycrewhub.domains.jobs.rules.search import Search
from nollycrewhub.kit.crafts import LANGUAGES, category_name
from nollycrewhub.kit.jargon import our_words_near
from nollycrewhub.kit.places import state_name
from nollycrewhub.kit.spelling import nearest
from nollycrewhub.kit.words import spellings
from nollycrewhub.platform.db import ReadSession, WriteSession
from nollycrewhub.platform.httpcache import touch

BATCH = 500


async def corrected(read: ReadSession, search: Search) -> tuple[Search, str | None]:
    """The search with words that find nothing led to their nearest neighbours, and how it reads then."""
    if not search.words:
        return search, None
    choices = dict(zip(search.words, spellings(search.words), strict=True))
    known = await repository.known_words(read, [term for choice in choices.values() for term in choice])
    ours = {word: our_words_near(word) for word, choice in choices.items() if not known.intersection(choice)}
    if ours:
        known |= await repository.found_by(read, [term for word, near in ours.items() for term in (*choices[word], *near)])
    words = []
    for word, choice in choices.items():
        better = None if known.intersection(choice) else await neighbour(read, word, known.intersection(ours[word]))
        words.append(better or word)
    if tuple(words) == search.words:
        return search, None
    return search._replace(words=tuple(dict.fromkeys(words))), " ".join(words)


async def neighbour(read: ReadSession, word: str, ours: Iterable[str]) -> str | None:
    """The nearest word that finds something: one of the field's own, or one that a listing uses."""
    return nearest(word, [*ours, *await repository.near_words(read, word)])


async def renew_search(session: WriteSession, after: int) -> int | None:
    """Makes the searched columns of a batch of listings as today's rules do; where the next batch begins, None at the end."""
    found = await repository.next_written(session, after, limit=BATCH)
    if not found:
        return None
    columns = {one.id: columns_of(one) for one in found}
    changed = await repository.set_search(session, columns)
    for one in found:
        if one.id in changed:
            touch(session, lists=lists_of_job(one.state, one.category))
    return found[-1].id


def columns_of(one: repository.Written) -> tuple[str, str]:
    """Title and text as they are searched."""
    briefs = (
        one.company, category_name(one.category), one.town, state_name(one.state), *one.skills,
        *(LANGUAGES.get(code, code) for code in one.languages),
    )  # fmt: skip
    return searched(one.title, briefs, one.description)
