"""Rows, payloads and page props of analytics."""

from datetime import date, datetime

import msgspec


class DayRow(msgspec.Struct, frozen=True, kw_only=True):
    """How often a fact happened on a day; `kind`, `state` and `region` are empty where the fact has none."""

    day: date
    fact: str
    kind: str
    state: str
    region: str
    count: int


class FactRow(msgspec.Struct, frozen=True, kw_only=True):
    """How often a fact happened on a day, in all."""

    fact: str
    count: int


class Daily(msgspec.Struct, frozen=True, kw_only=True):
    """The answer: counts, and the moment up to which every event is in them."""

    since: date
    until: date
    true_at: datetime
    counts: list[DayRow]


class Total(msgspec.Struct, frozen=True, kw_only=True):
    """One fact over a period, and day by day, newest first."""

    fact: str
    label: str
    total: int
    days: list[int]


class AnalyticsPage(msgspec.Struct, kw_only=True):
    """Props of /ops/analytics; `now` is what there was when it was last counted."""

    now: list[tuple[str, int]]
    since: date
    until: date
    true_at: datetime
    days: list[date]
    totals: list[Total]
    states: list[tuple[str, int, int]]
    regions: list[tuple[str, int, int, int]]
