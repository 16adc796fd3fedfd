"""A language for tests: every sentence of the catalogue in letters that nobody types, so that what is left in plain ones was never marked."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from nollycrewhub.kit.told import ENGLISH, Calendar, Catalogue
from nollycrewhub.platform.cache import connect
from nollycrewhub.platform.languages import known
from nollycrewhub.platform.settings import Settings

APART = re.compile(r"(%\(\w+\)s|%%|<[^<>]*>|&\w+;|https?://\S*|\n)")
WIDE = {ord(letter): ord(letter) + 0xFEE0 for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"}


def wide(sentence: str) -> str:
    """A sentence in wide letters; placeholders, tags and addresses stay."""
    return "".join(part if APART.fullmatch(part) else part.translate(WIDE) for part in APART.split(sentence))


class Wide(Catalogue):
    """Has an entry for everything."""

    def __init__(self, language: str, *, is_draft: bool = False) -> None:
        names = Calendar()
        calendar = Calendar(tuple(map(wide, names.days)), tuple(map(wide, names.months)), wide(names.am), wide(names.pm))
        super().__init__(language, {}, form=lambda number: int(number != 1), calendar=calendar, is_draft=is_draft)

    def text(self, sentence: str, context: str = "") -> str:
        """Wide."""
        return wide(sentence)

    def counted(self, one: str, many: str, number: int, context: str = "") -> str:
        """Wide."""
        return wide(one if number == 1 else many)


@contextmanager
def offering(**catalogues: Catalogue) -> Iterator[None]:
    """Inside, these languages are offered beside English. A program that is made meanwhile offers them for as long as it lives."""
    before = known.OFFERED, known.read
    known.OFFERED, known.read = ("en", *catalogues), catalogues.__getitem__  # type: ignore[assignment]  # what a test offers
    known.offered.cache_clear()
    assert known.offered()["en"] is ENGLISH
    try:
        yield
    finally:
        known.OFFERED, known.read = before
        known.offered.cache_clear()


@asynccontextmanager
async def offering_on(settings: Settings, **catalogues: Catalogue) -> AsyncIterator[None]:
    """The same for a module with servers; the pages kept meanwhile have a menu, and are forgotten before others come."""
    with offering(**catalogues):
        yield
    client = connect(settings.cache_url, patience=10.0)
    await client.flushdb()
    await client.aclose()
