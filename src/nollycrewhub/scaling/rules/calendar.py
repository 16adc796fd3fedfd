"""When Nollywood is busy: events by the calendar in Lagos, how many times as busy, and when to be ready beforehand.

An event's days begin and end at midnight in Lagos, which is an hour ahead of UTC the whole year. Spans are half open:
the midnight after the last day is outside. A yearly event is looked for in the year before too, so one that begins in
December and ends in January is found on both sides of New Year.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

import msgspec

from nollycrewhub.kit.time import LAGOS

USUAL = 1.0
PREWARM = timedelta(minutes=30)
TENFOLD = 10.0


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """An event of certain days: `last` is its last day, `factor` times the usual load, ready `prewarm` before it begins."""

    name: str
    first: date
    last: date
    factor: float = 2.0
    prewarm: timedelta = PREWARM

    @property
    def begins(self) -> datetime:
        """The midnight in Lagos its first day begins with."""
        return datetime.combine(self.first, datetime.min.time(), LAGOS)

    @property
    def ends(self) -> datetime:
        """The midnight in Lagos after its last day; it is no part of the event."""
        return datetime.combine(self.last + timedelta(days=1), datetime.min.time(), LAGOS)

    def is_on(self, moment: datetime) -> bool:
        """Whether it is under way."""
        return self.begins <= moment < self.ends

    def is_near(self, moment: datetime) -> bool:
        """Whether it is time to be ready for it, and it has not begun."""
        return self.begins - self.prewarm <= moment < self.begins


class Yearly(msgspec.Struct, frozen=True, kw_only=True):
    """An event of every year, from a day and month to a day and month, which may lie in the next year."""

    name: str
    first: tuple[int, int]
    last: tuple[int, int]
    factor: float = 2.0
    prewarm: timedelta = PREWARM

    def in_year(self, year: int) -> Span:
        """The one that begins in a year; 29 February is the 28th in a year without it."""
        ends_in = year + (self.last < self.first)
        return Span(
            name=self.name, first=day_of(year, self.first), last=day_of(ends_in, self.last), factor=self.factor, prewarm=self.prewarm
        )  # fmt: skip


# The plan's dates, by the plan's factor.
BUILT_IN = (
    Yearly(name="AMVCA", first=(5, 1), last=(5, 31)),
    Yearly(name="AFRIFF", first=(10, 1), last=(10, 31)),
    Yearly(name="Award season", first=(12, 1), last=(12, 31)),
)


class Busy(msgspec.Struct, frozen=True, kw_only=True):
    """How busy a moment is: the event under way and its own factor, and apart from it the event to be ready for."""

    factor: float = USUAL
    event: Span | None = None
    next: Span | None = None

    @property
    def ready_for(self) -> float:
        """The factor to have room for now: the event's, or the greater one that is about to begin."""
        return max(self.factor, self.next.factor if self.next else USUAL)


def day_of(year: int, month_and_day: tuple[int, int]) -> date:
    """A day of a year; the last of February when there is no 29th."""
    month, day = month_and_day
    try:
        return date(year, month, day)
    except ValueError:
        return date(year, month, 28)


def around(moment: datetime, table: Iterable[Span | Yearly]) -> Iterator[Span]:
    """The events of a table that can matter at a moment, as spans of days."""
    year = moment.astimezone(LAGOS).year
    for each in table:
        if isinstance(each, Span):
            yield each
        else:
            yield from (each.in_year(one) for one in (year - 1, year, year + 1))


def busy_at(moment: datetime, table: Iterable[Span | Yearly] = BUILT_IN) -> Busy:
    """How busy a moment is; of several events the one with the greatest factor counts, of equal ones the first to begin."""
    spans = list(around(moment, table))
    event = greatest(span for span in spans if span.is_on(moment))
    coming = greatest(span for span in spans if span.is_near(moment))
    return Busy(factor=event.factor if event else USUAL, event=event, next=coming)


def coming(moment: datetime, table: Iterable[Span | Yearly] = BUILT_IN) -> Span | None:
    """The event that begins next."""
    later = (span for span in around(moment, table) if span.begins > moment)
    return min(later, key=lambda span: (span.begins, -span.factor, span.name), default=None)


def greatest(spans: Iterable[Span]) -> Span | None:
    """The one with the greatest factor, of equal ones the first to begin; None of none."""
    return min(spans, key=lambda span: (-span.factor, span.begins, span.name), default=None)
