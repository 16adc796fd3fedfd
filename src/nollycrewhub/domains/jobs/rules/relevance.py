"""What relevance means: the words all in the title, then some of them, then none there; the newest first in each.

Each of these parts is a list in the order of an index, so no part needs the others' rows to be read and ranked, and
a page further on starts where the one before it ended.
"""

from typing import NamedTuple

ALL, SOME, NONE = 2, 1, 0
RANKED_OVER = 5000
"""A list by relevance ends here; nobody reads so far, and who wants all of them sorts by newest."""


class Place(NamedTuple):
    """Where a page of relevance ended: after how many listings, in which part, and the time its last was posted."""

    seen: int
    part: int
    posted: str


def parts(words: tuple[str, ...], place: Place | None) -> tuple[int, ...]:
    """The parts still to be read, best first; one word cannot be in the title in part."""
    every = (ALL, SOME, NONE) if len(words) > 1 else (ALL, NONE)
    return every if place is None else tuple(part for part in every if part <= place.part)


def place_of(key: str) -> Place | None:
    """A cursor's key, `40 2 2026-11-20 00:00:00.000000`; None when it is not ours. The time is not judged here."""
    seen, _, rest = key.partition(" ")
    part, _, posted = rest.partition(" ")
    if not (seen.isascii() and seen.isdigit() and len(seen) < 5 and part in ("0", "1", "2")):
        return None
    return Place(int(seen), int(part), posted) if int(seen) < RANKED_OVER else None


def key_of(place: Place | None, shown: int, last: str) -> str | None:
    """The key of the next page, from what the database says of the last row; None where the list ends."""
    seen = seen_before(place) + shown
    return f"{seen} {last}" if seen < RANKED_OVER else None


def seen_before(place: Place | None) -> int:
    """How many listings came before this page."""
    return 0 if place is None else place.seen


def page_length(place: Place | None, limit: int) -> int:
    """How many of the asked-for listings the list still has room for."""
    return min(limit, RANKED_OVER - seen_before(place))
