"""What a listing pays, made comparable: kobo for a day of work, only to sort and filter by.

A day is 8 hours, a week 6 days, a month 26 working days (the six-day week usual on Nigerian sets). A fee for
the whole project is spread over its dates when they are known, else over 10 days.
"""

from datetime import date

UNITS = ("hour", "day", "week", "month", "project")
TERMS = ("paid", "unpaid", "deferred")
HOURS_IN_DAY = 8
DAYS_IN_WEEK = 6
DAYS_IN_MONTH = 26
DAYS_IN_PROJECT = 10


def daily_kobo(amount: int | None, unit: str, *, terms: str, starts_on: date | None = None, ends_on: date | None = None) -> int:
    """Kobo for one day; 0 when nothing is paid now (unpaid, and deferred counts as unpaid)."""
    if terms != "paid" or amount is None:
        return 0
    if unit == "hour":
        return amount * HOURS_IN_DAY
    if unit == "week":
        return amount // DAYS_IN_WEEK
    if unit == "month":
        return amount // DAYS_IN_MONTH
    if unit == "project":
        return amount // project_days(starts_on, ends_on)
    return amount


def project_days(starts_on: date | None, ends_on: date | None) -> int:
    """How many days a fee for the whole project is spread over; at least one."""
    if starts_on is None or ends_on is None:
        return DAYS_IN_PROJECT
    return max((ends_on - starts_on).days + 1, 1)


def pay_bucket(kobo: int) -> int:
    """The power of two below a day's kobo: a coarse step an index can hold. 0 is unpaid."""
    return kobo.bit_length()


def buckets_between(least: int | None, most: int | None) -> range:
    """All steps a range of a day's kobo can fall in; the longest step is that of a 64-bit number."""
    first = 0 if least is None else pay_bucket(least)
    last = 63 if most is None else pay_bucket(most)
    return range(first, last + 1)
