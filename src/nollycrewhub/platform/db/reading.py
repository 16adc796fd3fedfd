"""The read side: SQL text with its row type, run on whichever server the reader may see."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Generic, Protocol, TypeVar
from uuid import UUID

import asyncpg

from nollycrewhub.platform import tracing
from nollycrewhub.platform.db.position import Position
from nollycrewhub.platform.db.turns import TURNS

T = TypeVar("T")
R = TypeVar("R")
Ask = Callable[[asyncpg.Connection], Awaitable[R]]
SCALARS = (int, str, bytes, bool, float, UUID, datetime)


@dataclass(frozen=True, slots=True)
class Query(Generic[T]):
    """SQL text and the type of its rows: a struct with the columns' names, or a scalar for one column.

    Module-level queries of repositories are found and prepared by a test on the migrated schema.
    """

    row: type[T]
    sql: str
    scalars: ClassVar[tuple[type, ...]] = SCALARS

    def of(self, record: asyncpg.Record) -> T:
        """One record as the row type."""
        if self.row in SCALARS:
            value = record[0]
            return value.encode() if self.row is bytes and isinstance(value, str) else value  # type: ignore[return-value]
        return self.row(**dict(record.items()))


class Route(Protocol):
    """Where the queries of one reader go."""

    server: str
    position: Position | None

    async def asked(self, ask: Ask[R]) -> R:
        """Runs the question on a server that the reader may see, and on the next one if that one is lost meanwhile."""


class ReadSession:
    """Autocommit reads as the reader role. It has no way to write, and the role could not either."""

    def __init__(self, route: Route) -> None:
        self.route = route

    @property
    def server(self) -> str:
        """Who answered last: `primary`, or a replica's name; empty before the first query."""
        return self.route.server

    @property
    def position(self) -> Position | None:
        """What every answer of this session so far contains at least: a position known before the query was sent.

        None before the first query. Safe to stamp a cached answer with: never newer than what was read.
        """
        return self.route.position

    async def _asked(self, sql: str, ask: Ask[R]) -> R:
        with tracing.statement(sql):
            found = await self.route.asked(ask)
        await TURNS.take()
        return found

    async def rows(self, query: Query[T], *args: Any) -> list[T]:
        """All rows."""
        records = await self._asked(query.sql, lambda connection: connection.fetch(query.sql, *args))
        return [query.of(record) for record in records]

    async def one(self, query: Query[T], *args: Any) -> T | None:
        """The first row, or None."""
        record = await self._asked(query.sql, lambda connection: connection.fetchrow(query.sql, *args))
        return None if record is None else query.of(record)

    async def value(self, query: Query[T], *args: Any) -> T | None:
        """The first column of the first row, or None."""
        found: T | None = await self._asked(query.sql, lambda connection: connection.fetchval(query.sql, *args))
        return found

    async def json(self, query: Query[bytes], *args: Any) -> bytes:
        """The first column as bytes: JSON that PostgreSQL built; empty when there is no row."""
        found = await self._asked(query.sql, lambda connection: connection.fetchval(query.sql, *args))
        return found.encode() if isinstance(found, str) else (found or b"")
