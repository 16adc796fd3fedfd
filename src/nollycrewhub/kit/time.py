"""Time: UTC inside, Lagos on the page."""

import re
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from nollycrewhub.kit.told import ENGLISH, Catalogue, Said, told

LAGOS = ZoneInfo("Africa/Lagos")
MONTHS = ENGLISH.calendar.months
WRITTEN_DAY = re.compile(rf"[A-Z][a-z]{{2}} (?P<day>\d{{1,2}}) (?P<month>{'|'.join(MONTHS)})(?: (?P<year>\d{{4}}))?")
EVERY_CALENDAR = range(2000, 2028)  # in 28 years each day of the year falls on each weekday


def utcnow() -> datetime:
    """Now, aware, in UTC."""
    return datetime.now(UTC)


def lagos_day(moment: datetime | None = None) -> date:
    """The day it is in Lagos."""
    return (moment or utcnow()).astimezone(LAGOS).date()


def left_of_day(moment: datetime) -> float:
    """Seconds until the next day begins in Lagos."""
    midnight = datetime.combine(lagos_day(moment) + timedelta(days=1), datetime.min.time(), LAGOS)
    return (midnight - moment).total_seconds()


def rfc3339(moment: datetime) -> str:
    """`2026-11-20T09:00:00Z`: seconds, UTC, as the API writes times."""
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


class Day(Said):
    """A day without a clock time: `Fri 12 Dec`."""

    __slots__ = ("day", "has_year")

    day: date
    has_year: bool

    def __new__(cls, day: date, *, has_year: bool) -> "Day":
        made = super().__new__(cls, written_day(day, has_year, ENGLISH))
        made.day, made.has_year = day, has_year
        return made

    def words(self, reader: Catalogue) -> str:
        """With the names that a language has for days and months."""
        return written_day(self.day, self.has_year, reader)


def written_day(day: date, has_year: bool, reader: Catalogue) -> str:  # noqa: FBT001 - it says what is written
    """A day with the short names of a language."""
    names = reader.calendar
    year = f" {day.year}" if has_year else ""
    return f"{names.days[day.weekday()]} {day.day} {names.months[day.month - 1]}{year}"


class Clock(Said):
    """A time of day: `6 pm`, `6.05 pm`."""

    __slots__ = ("hour", "minute")

    hour: int
    minute: int

    def __new__(cls, hour: int, minute: int) -> "Clock":
        made = super().__new__(cls, written_clock(hour, minute, ENGLISH))
        made.hour, made.minute = hour, minute
        return made

    def words(self, reader: Catalogue) -> str:
        """With the halves of the day as a language has them."""
        return written_clock(self.hour, self.minute, reader)


def written_clock(hour: int, minute: int, reader: Catalogue) -> str:
    """A time of day with the half it is in."""
    minutes = f".{minute:02d}" if minute else ""
    return f"{hour % 12 or 12}{minutes} {reader.calendar.am if hour < 12 else reader.calendar.pm}"


def spoken(moment: datetime, *, now: datetime | None = None) -> Said:
    """As people say it: `Fri 12 Dec, 6 pm, Lagos`; the year only when it is not this one."""
    local = moment.astimezone(LAGOS)
    day = Day(local.date(), has_year=local.year != (now or utcnow()).astimezone(LAGOS).year)
    return told("%(day)s, %(clock)s, Lagos", day=day, clock=spoken_clock(moment))


def spoken_clock(moment: datetime) -> Said:
    """The time of day in Lagos: `6 pm`, `6.05 pm`."""
    local = moment.astimezone(LAGOS)
    return Clock(local.hour, local.minute)


def spoken_day(day: date, *, today: date | None = None) -> Said:
    """A day without a clock time: `Fri 12 Dec`, with the year when it is another."""
    this_year = (today or utcnow().astimezone(LAGOS).date()).year
    return Day(day, has_year=day.year != this_year)


def day_of(text: str) -> str:
    """A day that was stored in English, as one that can be said in other languages too; anything else as it is."""
    found = WRITTEN_DAY.fullmatch(text)
    if found is None:
        return text
    month = MONTHS.index(found["month"]) + 1
    for year in [int(found["year"])] if found["year"] else EVERY_CALENDAR:
        with suppress(ValueError):
            made = Day(date(year, month, int(found["day"])), has_year=found["year"] is not None)
            if made == text:
                return made
    return text
