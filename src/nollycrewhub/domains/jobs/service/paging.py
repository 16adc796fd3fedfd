"""One's own lists in pages: rows, where the next page begins, and how many there are in all."""

from typing import Any, Generic, TypeVar

import msgspec

from nollycrewhub.domains.jobs.errors import BadFilter
from nollycrewhub.kit import paging
from nollycrewhub.kit.told import what

PAGE = 20
Row = TypeVar("Row")


class Paged(msgspec.Struct, Generic[Row]):
    """A page of a list."""

    rows: list[Row]
    next: str | None
    total: int


def cursor_of(text: str, *types: Any) -> tuple[Any, ...]:
    """The values of a cursor we made."""
    try:
        return paging.decode(text, *types)
    except paging.BadCursor as error:
        raise BadFilter(what(error), field="cursor") from error
