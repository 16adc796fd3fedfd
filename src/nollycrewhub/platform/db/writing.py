"""The write side: the declarative base and the session that nobody commits but platform."""

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import MetaData
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """All tables' metadata. A column says in `info` whether it is personal; a test insists."""

    metadata = MetaData(naming_convention=NAMING)


class WriteSession(AsyncSession):
    """One transaction on the primary as the app role. Use it, flush it; platform commits it at the edge."""

    async def sql(self, statement: str, *args: Any) -> list[Any]:
        """Runs SQL text with $1, $2 … inside this transaction, and returns its rows (if it has any)."""
        connection = await self.connection()
        result = await connection.exec_driver_sql(statement, args)
        return list(result.fetchall()) if result.returns_rows else []

    def after_commit(self, act: Callable[[], Awaitable[object]]) -> None:
        """Does what only a stored fact may cause (ending sessions, deleting a file); a rollback forgets it.

        For what can be done twice or lost to a crash without harm; all else is a job of the same transaction.
        """
        self.info.setdefault("after_commit", []).append(act)
