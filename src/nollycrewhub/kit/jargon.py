"""The field's own words, to which a misspelt search may be led though nobody has written them yet in just that way."""

from functools import lru_cache

from nollycrewhub.kit.crafts import CATEGORIES, DEPARTMENTS, LANGUAGES, ROLES, SKILLS
from nollycrewhub.kit.places import STATES
from nollycrewhub.kit.spelling import nearest
from nollycrewhub.kit.words import words_of

MOST_APART = 2
OUR_TEXTS = (
    *ROLES, *DEPARTMENTS.values(), *(category.name for category in CATEGORIES), *SKILLS, *LANGUAGES.values(),
    *(name for state in STATES for name in (state.name, *state.towns)),
)  # fmt: skip
OUR_WORDS = frozenset(word for text in OUR_TEXTS for part in text.split() for word in (*words_of(part), "".join(words_of(part))))
"""A word with a hyphen is one word too, as people write it."""


@lru_cache(1024)
def our_words_near(word: str) -> list[str]:
    """The field's own words of about the length."""
    return [other for other in OUR_WORDS if abs(len(other) - len(word)) <= MOST_APART and nearest(word, [other])]
