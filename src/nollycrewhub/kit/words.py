"""Words as a search has them: folded, known by their joined spellings too, and quoted for PostgreSQL."""

import itertools
from collections.abc import Iterable, Sequence

from nollycrewhub.kit.text import fold

LONGEST_WORD = 40


def words_of(text: str) -> list[str]:
    """The searchable words: folded, letters and digits only, in order."""
    kept = "".join(letter if letter.isalnum() else " " for letter in fold(text))
    return [word[:LONGEST_WORD] for word in kept.split()]


def joins(words: Sequence[str]) -> list[str]:
    """Each word written together with the next: `make-up artist` is found by `makeup`."""
    return [one + other for one, other in itertools.pairwise(words)]


def spellings(words: Sequence[str]) -> list[tuple[str, ...]]:
    """For each word what stands for it: itself, or itself together with a neighbour; so `make up` finds `makeup`."""
    pairs = ["", *joins(words), ""]
    return [tuple(filter(None, (word, pairs[n], pairs[n + 1]))) for n, word in enumerate(words)]


def quote(term: str) -> str:
    """A term as tsquery and tsvector read it literally."""
    escaped = term.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def either(choices: Iterable[str]) -> str:
    """Any one of them, as a tsquery."""
    return "(" + " | ".join(quote(choice) for choice in choices) + ")"
