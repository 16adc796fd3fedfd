"""What an operator may write into the calendar, and what an entry means: its event, when it is next, and what a change was."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

import msgspec

from nollycrewhub.kit.time import LAGOS
from nollycrewhub.scaling.rules.calendar import TENFOLD, Span, Yearly, around

LONGEST_NAME = 80
LONGEST = 365
EARLIEST, LATEST = date(2020, 1, 1), date(2099, 12, 31)
MOST_FACTOR = 100.0
MOST_PREWARM = 7 * 24 * 60
MOST_ENTRIES = 500


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the calendar. Of a yearly one the months and days count; a tenfold one is ten times as busy whatever its factor."""

    name: str
    first: date
    last: date
    yearly: bool = False
    factor: float = 2.0
    tenfold: bool = False
    prewarm_minutes: int = 30

    @property
    def times(self) -> float:
        """How many times as busy it makes a moment."""
        return TENFOLD if self.tenfold else self.factor

    def event(self) -> Span | Yearly:
        """As the calendar reckons with it."""
        prewarm = timedelta(minutes=self.prewarm_minutes)
        if not self.yearly:
            return Span(name=self.name, first=self.first, last=self.last, factor=self.times, prewarm=prewarm)
        first, last = (self.first.month, self.first.day), (self.last.month, self.last.day)
        return Yearly(name=self.name, first=first, last=last, factor=self.times, prewarm=prewarm)


def faults(entry: Entry) -> dict[str, str]:
    """What is wrong with an entry, a sentence for each field; empty when nothing is."""
    wrong: dict[str, str] = {}
    if not 1 <= len(entry.name.strip()) <= LONGEST_NAME:
        wrong["name"] = f"Write a name of at most {LONGEST_NAME} letters."
    if entry.last < entry.first:
        wrong["last"] = "This is before the first day. Over New Year the last day is in the next year."
    elif (entry.last - entry.first).days >= LONGEST:
        wrong["last"] = f"An event takes {LONGEST} days at most."
    for name in ("first", "last"):
        if not EARLIEST <= getattr(entry, name) <= LATEST:
            wrong[name] = f"Write a day from {EARLIEST.year} to {LATEST.year}."
    if not 1.0 <= entry.factor <= MOST_FACTOR:  # a number that is none is in no bounds either
        wrong["factor"] = f"Write a number from 1 to {MOST_FACTOR:g}."
    if not 0 <= entry.prewarm_minutes <= MOST_PREWARM:
        wrong["prewarm_minutes"] = f"Write minutes from 0 to {MOST_PREWARM:,}, which is a week."
    return wrong


def next_time(entry: Entry, moment: datetime) -> Span | None:
    """The one that is under way or comes next; None when it is over for good."""
    spans = [span for span in around(moment, [entry.event()]) if span.ends > moment]
    return min(spans, key=lambda span: span.begins, default=None)


def spoken(entry: Entry) -> dict[str, str]:
    """Each part of an entry in words, for the history."""
    form = "%d %b" if entry.yearly else "%d %b %Y"
    return {
        "name": entry.name, "days": f"{entry.first:{form}} to {entry.last:{form}}{' of every year' if entry.yearly else ''}",
        "factor": f"{entry.times:g}{' (marked tenfold)' if entry.tenfold else ''}", "ready before": f"{entry.prewarm_minutes} min",
    }  # fmt: skip


def differences(before: Entry | None, after: Entry | None) -> list[str]:
    """What a change was, in words: all of an entry that came or went, else what is not as it was."""
    was, now = spoken(before) if before else {}, spoken(after) if after else {}
    if not was or not now:
        return [f"{part}: {words}" for part, words in (was or now).items()]
    return [f"{part}: {was[part]} → {now[part]}" for part in was if was[part] != now[part]]


def in_order(entries: Mapping[int, Entry], moment: datetime) -> list[int]:
    """Which entry comes first: what is under way or comes next, then what is over, the newest first."""
    far = datetime.combine(LATEST + timedelta(days=1), datetime.min.time(), LAGOS)

    def place(key: int) -> tuple[datetime, float, int]:
        span = next_time(entries[key], moment)
        return (span.begins, 0.0, key) if span else (far, -float(entries[key].last.toordinal()), key)

    return sorted(entries, key=place)
