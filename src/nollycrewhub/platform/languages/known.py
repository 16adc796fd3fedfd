"""The five languages, which of them are offered, and what `make setup` made of their catalogues."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import msgspec

from nollycrewhub.kit.told import ENGLISH, Calendar, Catalogue

LOCALE = Path(__file__).parents[2] / "locale"
BUILT = "built.json"
OFFERED = ("en", "pcm", "yo", "ha", "ig")
"""What the menu shows and a browser is answered in: languages whose catalogue is complete, which a test holds."""
# Pages for operators and developers, and answers for programs.
ENGLISH_ONLY = ("/api/", "/ops", "/docs", "/dev/", "/problems", "/schema", "/metrics", "/cards/", "/sitemap")


class Language(NamedTuple):
    """A language: its name in its own words, its tag (BCP 47), and which form of a sentence goes with a number.

    `plurals` is that rule as gettext writes it, after the rules of CLDR, and `form` the same rule to be called.
    """

    code: str
    name: str
    tag: str
    plurals: str
    form: Callable[[int], int]


LANGUAGES = {
    language.code: language
    for language in (
        Language("en", "English", "en-NG", "nplurals=2; plural=(n != 1);", lambda number: int(number != 1)),
        Language("pcm", "Naijá", "pcm-NG", "nplurals=2; plural=(n > 1);", lambda number: int(number > 1)),
        Language("yo", "Yorùbá", "yo-NG", "nplurals=1; plural=0;", lambda _: 0),
        Language("ha", "Hausa", "ha-NG", "nplurals=2; plural=(n != 1);", lambda number: int(number != 1)),
        Language("ig", "Igbo", "ig-NG", "nplurals=1; plural=0;", lambda _: 0),
    )
}


class NotBuilt(RuntimeError):
    """A catalogue is missing; the message says how to build it."""


class Built(msgspec.Struct):
    """A catalogue as it is read at the start: context, English sentence and forms of each entry that may be shown."""

    is_draft: bool
    calendar: Calendar
    entries: list[tuple[str, str, list[str]]]


def read(code: str) -> Catalogue:
    """A built catalogue."""
    path = LOCALE / code / BUILT
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Built)
    except FileNotFoundError:
        raise NotBuilt("The texts are not built. Run `make setup`.") from None
    entries = {(context, sentence): tuple(forms) for context, sentence, forms in found.entries}
    return Catalogue(code, entries, form=LANGUAGES[code].form, calendar=found.calendar, is_draft=found.is_draft)


@cache
def offered() -> Mapping[str, Catalogue]:
    """The catalogues of the languages that are offered, by code."""
    return {code: ENGLISH if code == ENGLISH.language else read(code) for code in OFFERED}


def catalogue_for(code: str) -> Catalogue:
    """The catalogue of a stored choice; English where that is not offered, or no longer."""
    return offered().get(code, ENGLISH)


def is_english_only(path: str) -> bool:
    """Whether an address is answered in English whoever asks."""
    return path.startswith(ENGLISH_ONLY)
