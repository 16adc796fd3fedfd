"""What a search box offers while somebody types: the phrases an open listing can be found by."""

from collections.abc import Sequence

from nollycrewhub.kit.words import words_of

LEAST_TERM = 3
LEAST_TYPED = 2
LONGEST_TERM = 60
MOST_TERMS = 40
AFTER_ALL = "\U0010ffff"


def phrases(title: str, category_name: str, town: str, skills: Sequence[str]) -> dict[str, str]:
    """Folded term to readable label: the category, the town and each skill whole, and each word of the title."""
    found: dict[str, str] = {}
    for text in (category_name, town, *skills):
        term = folded(text)
        if len(term) >= LEAST_TERM:
            found.setdefault(term, " ".join(text.split())[:LONGEST_TERM])
    for word in words_of(title):
        if len(word) >= LEAST_TERM and word.isalpha():
            found.setdefault(word, word)
    return dict(list(found.items())[:MOST_TERMS])


def folded(text: str) -> str:
    """Any spelling's one spelling, not too long."""
    return " ".join(words_of(text))[:LONGEST_TERM].rstrip()


def between(typed: str) -> tuple[str, str] | None:
    """The first term that begins so, and what comes after the last one; None while too little is typed."""
    start = folded(typed)
    return (start, start + AFTER_ALL) if len(start) >= LEAST_TYPED else None
