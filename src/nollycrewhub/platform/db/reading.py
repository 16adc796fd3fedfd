"""The read side: SQL text with its row type, run on whichever server the reader may see."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

import asyncpg

T = TypeVar("T")
Acquire = Callable[[], Awaitable[AbstractAsyncContextManager[asyncpg.Connection]]]
SCALARS = (int, str, bytes, bool, float)


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


class ReadSession:
    """Autocommit reads as the reader role. It has no way to write, and the role could not either."""

    def __init__(self, acquire: Callable[[], AbstractAsyncContextManager[asyncpg.Connection]]) -> None:
        self._acquire = acquire

    async def rows(self, query: Query[T], *args: Any) -> list[T]:
        """All rows."""
        async with self._acquire() as connection:
            records = await connection.fetch(query.sql, *args)
        return [query.of(record) for record in records]

    async def one(self, query: Query[T], *args: Any) -> T | None:
        """The first row, or None."""
        async with self._acquire() as connection:
            record = await connection.fetchrow(query.sql, *args)
        return None if record is None else query.of(record)

    async def value(self, query: Query[T], *args: Any) -> T | None:
        """The first column of the first row, or None."""
        async with self._acquire() as connection:
            found: T | None = await connection.fetchval(query.sql, *args)
        return found

    async def json(self, query: Query[bytes], *args: Any) -> bytes:
        """The first column as bytes: JSON that PostgreSQL built; empty when there is no row."""
        async with self._acquire() as connection:
            found = await connection.fetchval(query.sql, *args)
        return found.encode() if isinstance(found, str) else (found or b"")
