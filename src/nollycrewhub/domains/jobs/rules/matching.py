"""Saved searches read the other way round: a new or edited listing is asked which of them it fits.

A search's conditions are terms of the search index (words, and filters such as `s=EN`); it is kept under the one that
the fewest listings have, so that a listing looks at few searches that it does not fit.
"""

from collections.abc import Mapping, Sequence

from nollycrewhub.domains.jobs.rules.search import Search
from nollycrewhub.kit.told import listed

ANY = ""
"""The key of a search without words or filters of the index (pay alone): every listing looks at it."""
USUAL_RANK = {"c": 1, "s": 2, "l": 3, "k": 4}


def conditions(search: Search) -> list[str]:
    """All a listing must have: each word and each filter, as the index spells them. Pay is a range and stands apart."""
    filters = (("k", search.kind), ("c", search.category), ("s", search.state), ("l", search.language))
    return [*search.words, *(f"{letter}={value}" for letter, value in filters if value is not None)]


def is_specific(search: Search) -> bool:
    """Whether there is anything to wait for; a search for everything would be a mail for every job."""
    return bool(conditions(search)) or search.pay_min is not None or search.pay_max is not None


def key_of(terms: Sequence[str], used: Mapping[str, int]) -> str:
    """The most selective term: the rarest word in use, else the narrowest filter."""
    return min(terms, key=lambda term: rank(term, used), default=ANY)


def rank(term: str, used: Mapping[str, int]) -> tuple[int, int, str]:
    """Smaller is rarer: words by how many listings use them, long before short ones where none does; then filters."""
    if "=" in term:
        return USUAL_RANK[term[0]], 0, term
    return 0, used.get(term, 0), f"{100 - len(term):03d}{term}"


def terms_of(search_title: str, search_text: str, search_tags: Sequence[str]) -> list[str]:
    """Every condition a listing meets, ANY included."""
    return sorted({ANY, *search_title.split(), *search_text.split(), *search_tags})


def question_of(given: Mapping[str, str]) -> dict[str, str]:
    """What of a canonical question is kept: not the order, nor since when, nor whether closed ones are shown."""
    return {name: value for name, value in given.items() if name not in ("sort", "since", "open", "limit", "cursor", "view")}


def spoken(parts: Sequence[str]) -> str:
    """A search in words."""
    return listed([part for part in parts if part])
