"""Divides what people wrote, so that a page fits its bytes whatever they wrote: 15,000 on the wire, headers and all.

Counted are packed bytes, since those travel. What anybody really writes fits one page; a profile or a listing that is
filled to its limits comes in parts, each with a link to the next, and nothing is left out.
"""

import re
import zlib
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from markupsafe import escape

OF_A_THING = 9_500  # packed bytes of people's own words on the page of one thing; the page around them takes the rest
OF_A_LIST = 7_500  # the same on a page of many things, each of which has markup of its own
LEVEL = 5  # of packing, as answers are packed that nobody shares; shared ones are packed a little better
WORD = re.compile(r"\S{1,200}\s*|\s+")
BETWEEN = "\n<li>"
T = TypeVar("T")


class Piece(NamedTuple):
    """The least that is not divided: a word of a text, or an entry of a list with its place in it."""

    section: str
    text: str
    number: int = -1


class Part(NamedTuple):
    """What one page holds, the number of it, and the address of the next, if there is one."""

    pieces: Sequence[Piece]
    number: int
    next_href: str | None

    def text(self, section: str) -> str:
        """The text of a section, as far as it is in this part."""
        return "".join(piece.text for piece in self.pieces if piece.section == section)

    def entries(self, section: str, values: Sequence[T]) -> list[T]:
        """Those of a section's entries that are in this part."""
        return [values[piece.number] for piece in self.pieces if piece.section == section]


def words(section: str, text: str) -> list[Piece]:
    """A text in pieces; together they are the text again."""
    return [Piece(section, word) for word in WORD.findall(text)]


def entries(section: str, texts: Iterable[str]) -> list[Piece]:
    """A list in pieces."""
    return [Piece(section, text + BETWEEN, number) for number, text in enumerate(texts)]


def fits(texts: Sequence[str], most: int) -> bool:
    """Whether these texts, as HTML, take at most so many bytes when packed; packing is left out where they do anyway."""
    written = str(escape("".join(texts))).encode()
    return len(written) <= most or len(zlib.compress(written, LEVEL)) <= most


def fitting(texts: Sequence[str], most: int = OF_A_LIST) -> int:
    """How many of the first texts fit, one at least where there is one."""
    if fits(texts, most):
        return len(texts)
    counts = range(1, len(texts) + 1)
    return max(bisect_left(counts, 1, key=lambda count: int(not fits(texts[:count], most))), 1)


def parted(pieces: Sequence[Piece], *, most: int = OF_A_THING) -> list[Sequence[Piece]]:
    """The pieces in parts that fit a page each; at least one part, if an empty one."""
    parts: list[Sequence[Piece]] = []
    rest = list(pieces)
    while rest:
        count = fitting([piece.text for piece in rest], most)
        parts.append(rest[:count])
        rest = rest[count:]
    return parts or [()]


def part(pieces: Sequence[Piece], path: str, asked: str) -> Part | None:
    """The part that an address asks for, the first if it asks for none; None where there are not so many."""
    parts = parted(pieces)
    number = int(one_part({"part": asked}).get("part", "1"))
    if number > len(parts):
        return None
    return Part(parts[number - 1], number, f"{path}?part={number + 1}" if number < len(parts) else None)


def one_part(given: Mapping[str, str]) -> dict[str, str]:
    """A part's address in its one spelling: the first has none, and what is no number asks for the first."""
    asked = given.get("part", "")
    is_number = asked.isascii() and asked.isdigit() and len(asked) < 4
    return {"part": str(int(asked))} if is_number and int(asked) > 1 else {}
