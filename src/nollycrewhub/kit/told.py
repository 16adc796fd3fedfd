"""Sentences as values: English for programs and logs, and the reader's language wherever somebody reads them.

A `Said` is an English `str` that remembers how it was made. Templates say it through `__html__`, mails and texts through
`in_words`; both ask the catalogue of whoever reads. JSON, comparisons and the log have the English.
"""

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import NamedTuple

import msgspec
from markupsafe import Markup, escape

Entries = Mapping[tuple[str, str], tuple[str, ...]]
"""The forms of each entry, by its context (mostly none) and its English sentence."""
PLACE = re.compile(r"%\((\w+)\)s")
NUMBER = "number"
GUARDED = frozenset({"consent", "money", "safety"})
"""Contexts whose sentences stay English until a speaker has reviewed them: a wrong word there costs somebody something."""


class Calendar(NamedTuple):
    """How a language writes days, months and the halves of a day, short."""

    days: tuple[str, ...] = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    months: tuple[str, ...] = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    am: str = "am"
    pm: str = "pm"


class Catalogue:
    """One language in memory: what has no entry is said in English."""

    def __init__(
        self, language: str, entries: Entries, *, form: Callable[[int], int], calendar: Calendar | None = None, is_draft: bool = False
    ) -> None:
        self.language = language
        self.entries = entries
        self.form = form
        self.calendar = calendar or Calendar()
        self.is_draft = is_draft

    def text(self, sentence: str, context: str = "") -> str:
        """A sentence."""
        found = self.entries.get((context, sentence))
        return found[0] if found is not None else sentence

    def counted(self, one: str, many: str, number: int, context: str = "") -> str:
        """The form for a number."""
        found = self.entries.get((context, one))
        if found is None:
            return one if number == 1 else many
        return found[self.form(number)]


ENGLISH = Catalogue("en", {}, form=lambda number: int(number != 1))
READER: ContextVar[Catalogue] = ContextVar("reader", default=ENGLISH)
"""The catalogue of whoever reads what is written now."""


@contextmanager
def read_by(reader: Catalogue) -> Iterator[None]:
    """What is said inside is said to this reader."""
    before = READER.set(reader)
    try:
        yield
    finally:
        READER.reset(before)


class Said(str):
    """An English text that can say itself in another language."""

    __slots__ = ()

    def words(self, reader: Catalogue) -> str:
        """The text in a language."""
        return str(self)

    def __html__(self) -> Markup:
        """How templates write it."""
        return escape(self.words(READER.get()))


class Told(Said):
    """A sentence of the catalogue with its values."""

    __slots__ = ("context", "many", "number", "sentence", "values")

    context: str
    many: str
    number: int
    sentence: str
    values: Mapping[str, object]

    def __new__(
        cls, sentence: str, values: Mapping[str, object] | None = None, *, context: str = "", many: str = "", number: int = 1
    ) -> "Told":
        form = many if many and number != 1 else sentence
        made = super().__new__(cls, form % values if values else form)
        made.context, made.many, made.number, made.sentence, made.values = context, many, number, sentence, values or {}
        return made

    def words(self, reader: Catalogue) -> str:
        """The sentence in a language; what is said inside it too."""
        if self.many:
            form = reader.counted(self.sentence, self.many, self.number, self.context)
        else:
            form = reader.text(self.sentence, self.context)
        return form % {name: in_words(value, reader) for name, value in self.values.items()} if self.values else form


class Listed(Said):
    """Several texts in a row."""

    __slots__ = ("between", "parts")

    between: str
    parts: tuple[str, ...]

    def __new__(cls, between: str, parts: tuple[str, ...]) -> "Listed":
        made = super().__new__(cls, between.join(parts))
        made.between, made.parts = between, parts
        return made

    def words(self, reader: Catalogue) -> str:
        """Each in a language."""
        return self.between.join(str(in_words(part, reader)) for part in self.parts)


def in_words(value: object, reader: Catalogue | None = None) -> object:
    """What was said in the words of a reader (the one of now where none is named); anything else as it is."""
    return value.words(reader or READER.get()) if isinstance(value, Said) else value


def words(text: str, reader: Catalogue | None = None) -> str:
    """A plain text in the words of a reader."""
    return str(in_words(text, reader))


def what(error: Exception) -> str:
    """What an error was made to say, in whichever language; `str(error)` is the English alone."""
    return str(error) if not error.args or not isinstance(error.args[0], str) else error.args[0]


def plain(value: object) -> str:
    """For encoders, which know `str` and no kind of it: what was said, in English."""
    if isinstance(value, Said):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be encoded")


ENCODER = msgspec.json.Encoder(enc_hook=plain)


def as_json(value: object) -> bytes:
    """JSON for programs, storage and the wire, in which whatever was said is in English."""
    return ENCODER.encode(value)


def told(sentence: str, /, **values: object) -> Told:
    """A sentence with its values in it: `told("Use at least %(least)s characters.", least=8)`. The sentence is written out: it is collected from the source."""
    return Told(sentence, values)


def told_about(context: str, sentence: str, /, **values: object) -> Told:
    """The same for a sentence about consent, money or safety, or for a word that means two things."""
    return Told(sentence, values, context=context)


def counted(one: str, many: str, count: int, /, **values: object) -> Told:
    """`counted("%(number)s job", "%(number)s jobs", 1200)`: `1,200 jobs`. The number may be given as a text of its own."""
    return Told(one, {NUMBER: f"{count:,}", **values}, many=many, number=count)


def listed(parts: tuple[str, ...] | list[str], between: str = ", ") -> Listed:
    """Several texts in a row, each of which may be one that was said."""
    return Listed(between, tuple(parts))


def retold(text: str, known: Iterable[Told], *, values_of: Mapping[str, Callable[[str], str]] | None = None) -> str:
    """A text that was stored in English as the sentence it was made from, where that is one of these; else as it is.

    The values come back as they were written, in English: a title, a name, a sum; but for those that `values_of` can read.
    """
    reading = values_of or {}
    for one in known:
        for form, is_many in ((one.sentence, False), (one.many, True)):
            found = pattern_of(form).fullmatch(text) if form else None
            if found is not None:
                values = {name: reading.get(name, str)(value) for name, value in found.groupdict().items()}
                number = int(values.get(NUMBER, "2").replace(",", "")) if is_many else 1
                return Told(one.sentence, values, context=one.context, many=one.many, number=number)
    return text


@lru_cache(512)
def pattern_of(form: str) -> re.Pattern[str]:
    """A sentence as a pattern that finds its values; a number is digits."""
    parts = PLACE.split(form)
    plain = [re.escape(part.replace("%%", "%") if len(parts) > 1 else part) for part in parts[::2]]
    groups = [f"(?P<{name}>{'[0-9,]+' if name == NUMBER else '.*?'})" for name in parts[1::2]]
    return re.compile("".join(itertools.chain.from_iterable(itertools.zip_longest(plain, groups, fillvalue=""))), re.DOTALL)
