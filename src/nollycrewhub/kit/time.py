"""Time: UTC inside, Lagos on the page."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

LAGOS = ZoneInfo("Africa/Lagos")


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


def spoken(moment: datetime, *, now: datetime | None = None) -> str:
    """As people say it: `Fri 12 Dec, 6 pm, Lagos`; the year only when it is not this one."""
    local = moment.astimezone(LAGOS)
    year = f" {local.year}" if local.year != (now or utcnow()).astimezone(LAGOS).year else ""
    return f"{local:%a} {local.day} {local:%b}{year}, {spoken_clock(moment)}, Lagos"


def spoken_clock(moment: datetime) -> str:
    """The time of day in Lagos: `6 pm`, `6.05 pm`."""
    local = moment.astimezone(LAGOS)
    minutes = f".{local.minute:02d}" if local.minute else ""
    return f"{local.hour % 12 or 12}{minutes} {'am' if local.hour < 12 else 'pm'}"


def spoken_day(day: date, *, today: date | None = None) -> str:
    """A day without a clock time: `Fri 12 Dec`, with the year when it is another."""
    this_year = (today or utcnow().astimezone(LAGOS).date()).year
    year = f" {day.year}" if day.year != this_year else ""
    return f"{day:%a} {day.day} {day:%b}{year}"
