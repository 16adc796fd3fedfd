"""The arithmetic of PostgreSQL's log: positions, segments and their names, timelines and what came before each.

Pure: no file is opened here. A segment's name is the timeline, then its number in two halves, as PostgreSQL's
documentation has it (Continuous Archiving and Point-in-Time Recovery).
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

SEGMENT = re.compile(r"^[0-9A-F]{24}$")
HISTORY = re.compile(r"^([0-9A-F]{8})\.history$")
LSN = re.compile(r"^([0-9A-F]{1,8})/([0-9A-F]{1,8})$", re.IGNORECASE)
FOUR_GIGABYTES = 1 << 32


def lsn(text: str) -> int:
    """`0/3000148` as a number of bytes; ValueError for anything else."""
    found = LSN.match(text)
    if found is None:
        raise ValueError(f"{text!r} is not a position in the log")
    return (int(found[1], 16) << 32) + int(found[2], 16)


def as_text(position: int) -> str:
    """A number of bytes as PostgreSQL writes it."""
    return f"{position >> 32:X}/{position & 0xFFFFFFFF:X}"


@dataclass(frozen=True, order=True)
class Segment:
    """One file of the log: its timeline and its place among all files of `size` bytes."""

    timeline: int
    number: int

    def name(self, size: int) -> str:
        """The file's name."""
        files = FOUR_GIGABYTES // size
        return f"{self.timeline:08X}{self.number // files:08X}{self.number % files:08X}"

    def begins(self, size: int) -> int:
        """The position of its first byte."""
        return self.number * size

    def next(self) -> "Segment":
        """The one after it, on the same timeline."""
        return Segment(self.timeline, self.number + 1)

    def before(self) -> "Segment":
        """The one in front of it, on the same timeline."""
        return Segment(self.timeline, self.number - 1)


def segment(name: str, size: int) -> Segment:
    """The segment of a file's name; ValueError for a name that is none."""
    if not SEGMENT.match(name):
        raise ValueError(f"{name!r} is not a segment of the log")
    high, low, files = int(name[8:16], 16), int(name[16:], 16), FOUR_GIGABYTES // size
    if low >= files:
        raise ValueError(f"{name!r} is not a segment of {size} bytes")
    return Segment(int(name[:8], 16), high * files + low)


def segment_at(timeline: int, position: int, size: int) -> Segment:
    """The segment that holds a position."""
    return Segment(timeline, position // size)


@dataclass(frozen=True)
class Stretch:
    """A timeline as far as another one needs it: it ends where the next begins, the last one nowhere."""

    timeline: int
    ends: int | None


def lineage(timeline: int, history: str) -> list[Stretch]:
    """A timeline's ancestors and itself, oldest first, from the text of its .history file (empty for the first timeline)."""
    found = []
    for line in history.splitlines():
        words = line.split("#")[0].split()
        if len(words) >= 2:
            found.append(Stretch(int(words[0]), lsn(words[1])))
    return [*found, Stretch(timeline, None)]


def holds(line: list[Stretch], timeline: int, position: int) -> bool:
    """Whether a position of a timeline lies on this line, so that a backup that ended there can follow it."""
    return any(each.timeline == timeline and (each.ends is None or position <= each.ends) for each in line)


@dataclass(frozen=True)
class Chain:
    """The log from a backup on: whole segments in order, and what the last unfinished one would be.

    `missing` is the first segment that is not there although a later one is: the log cannot be followed past it.
    """

    segments: tuple[Segment, ...]
    last: Segment
    missing: Segment | None


def chain(first: Segment, line: list[Stretch], held: Iterable[Segment], size: int) -> Chain:
    """Follows the log from a segment along a line, over every change of timeline, as far as whole segments are held."""
    have = frozenset(held)
    found: list[Segment] = []
    for here in walk(first, line, size):
        if here not in have:
            return Chain(tuple(found), here, here if is_behind(here, line, have) else None)
        found.append(here)
    raise AssertionError("the last stretch of a line never ends")


def walk(first: Segment, line: list[Stretch], size: int) -> Iterator[Segment]:
    """The segments a server reads one after another: where a timeline ends, the next one's file of that place is read."""
    number = first.number
    for each in line[[stretch.timeline for stretch in line].index(first.timeline) :]:
        while each.ends is None or number < each.ends // size:
            yield Segment(each.timeline, number)
            number += 1


def is_behind(here: Segment, line: list[Stretch], have: frozenset[Segment]) -> bool:
    """Whether anything of the line lies after a segment."""
    order = {stretch.timeline: place for place, stretch in enumerate(line)}
    return any(
        each.timeline in order and (order[each.timeline], each.number) > (order[here.timeline], here.number)
        for each in have
        if order.get(each.timeline, -1) >= order[here.timeline]
    )
