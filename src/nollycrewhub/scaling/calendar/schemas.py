"""The calendar's form and the props of its page."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec

from nollycrewhub.scaling.rules.calendar import Busy, Span
from nollycrewhub.scaling.rules.entries import LONGEST_NAME, Entry

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NAME)]


class EntryForm(msgspec.Struct, kw_only=True):
    """What an operator types; `version` is that of the entry they had before them."""

    name: Name
    first: date
    last: date
    yearly: bool = False
    factor: float = 2.0
    tenfold: bool = False
    prewarm_minutes: int = 30
    version: int = 0

    @property
    def entry(self) -> Entry:
        """The entry, its name without spaces around it."""
        return Entry(
            name=" ".join(self.name.split()), first=self.first, last=self.last, yearly=self.yearly, factor=self.factor,
            tenfold=self.tenfold, prewarm_minutes=self.prewarm_minutes,
        )  # fmt: skip


class Line(msgspec.Struct, kw_only=True):
    """One entry on the page, with when it is next."""

    id: int
    version: int
    entry: Entry
    days: str
    next: Span | None
    is_on: bool


class ChangeLine(msgspec.Struct, kw_only=True):
    """One change on the page: who did what when."""

    id: UUID
    at: datetime
    who: str
    what: str
    name: str
    parts: list[str]


class CalendarPage(msgspec.Struct, kw_only=True):
    """Props of /ops/calendar. `editing` is the number of the entry in the form, 0 for a new one."""

    busy: Busy
    lines: list[Line]
    changes: list[ChangeLine]
    older: UUID | None
    editing: int
    raw: dict[str, Any]
    errors: dict[str, str]
    confirmed: bool
