"""The calendar for whoever reckons with it: the operators' table, what was last read of it, or the plan's dates, and which of them."""

from typing import Literal

import msgspec

from nollycrewhub.platform.db.failures import is_away
from nollycrewhub.platform.errors import Unavailable
from nollycrewhub.scaling.calendar import repository
from nollycrewhub.scaling.calendar.repository import Rows
from nollycrewhub.scaling.rules.calendar import BUILT_IN, Span, Yearly
from nollycrewhub.scaling.rules.entries import MOST_ENTRIES


class Calendar(msgspec.Struct, frozen=True, kw_only=True):
    """A table of events, where it is from, and why it is not the operators' of this moment; `is_amiss` when it should be."""

    table: tuple[Span | Yearly, ...] = BUILT_IN
    source: Literal["database", "built-in"] = "built-in"
    why: str = ""
    is_amiss: bool = False


BY_ITSELF = Calendar(why="There is no database, so these are the plan's dates.")


async def read_calendar(reader: Rows | None, *, known: Calendar | None = None) -> Calendar:
    """The calendar now. While the database is away it is what was `known` before, else the built-in table; either says so.

    A leader of the scaler hears of the loss of its connection as of any other (LeadLost).
    """
    if reader is None:
        return BY_ITSELF
    try:
        found = await repository.entries(reader, MOST_ENTRIES)
    except Unavailable:
        return stale(known)
    except Exception as error:
        if not is_away(error):
            raise
        return stale(known)
    return Calendar(table=tuple(one.entry.event() for one in found), source="database")


def stale(known: Calendar | None) -> Calendar:
    """What there is while the database is away."""
    if known is not None and known.source == "database":
        return msgspec.structs.replace(known, is_amiss=True, why="The database does not answer; this is what it said last.")
    return Calendar(is_amiss=True, why="The database does not answer, so these are the plan's dates.")
