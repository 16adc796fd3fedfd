"""New connections for writers: nobody waits for one longer than for a place in the pool, and one that comes late is the next writer's.

A storm of new connections is slow just because it is one. Cutting each off at the writer's patience would open them in vain and
begin anew, so what was begun goes on, and whoever comes next finds it.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
from sqlalchemy.exc import TimeoutError as PoolTimeout

KEPT_SECONDS = 5.0  # a late one that nobody needed is closed after this, and the server behind it cannot have changed unnoticed
Opening = asyncio.Task[asyncpg.Connection]


class Openings:
    """Opens connections for SQLAlchemy's pool with `connect`; `patience` in seconds."""

    def __init__(self, connect: Callable[..., Awaitable[asyncpg.Connection]], patience: float) -> None:
        self.open = connect
        self.patience = patience
        self.late: dict[Opening, float] = {}

    async def connect(self, *args: Any, **arguments: Any) -> asyncpg.Connection:
        """One within the patience, else PoolTimeout; raises what the opening raised."""
        opening = self._left() or asyncio.ensure_future(self._begin(*args, **arguments))
        try:
            await asyncio.wait({opening}, timeout=self.patience)
        finally:
            if not opening.done():
                self._leave(opening)
        if not opening.done():
            raise PoolTimeout(f"no connection was open within {self.patience} s")
        return opening.result()

    async def _begin(self, *args: Any, **arguments: Any) -> asyncpg.Connection:
        return await self.open(*args, **arguments)

    def _left(self) -> Opening | None:
        """One that nobody waits for any more: there already if any is, else the one that has been under way longest."""
        for opening in sorted(self.late, key=lambda one: not one.done()):
            began = self.late.pop(opening)
            if not opening.done():
                return opening
            if not is_good(opening):
                continue
            if time.monotonic() - began < KEPT_SECONDS:
                return opening
            opening.result().terminate()
        return None

    def _leave(self, opening: Opening) -> None:
        self.late[opening] = time.monotonic()
        asyncio.get_running_loop().call_later(2 * KEPT_SECONDS, self._forget, opening)

    def _forget(self, opening: Opening) -> None:
        if self.late.pop(opening, None) is not None:
            hang_up(opening)

    async def stop(self) -> None:
        """Closes what nobody took."""
        left, self.late = list(self.late), {}
        for opening in left:
            hang_up(opening)
        await asyncio.gather(*left, return_exceptions=True)


def is_good(opening: Opening) -> bool:
    """Whether a finished opening gave a connection that is open still."""
    return not opening.cancelled() and opening.exception() is None and not opening.result().is_closed()


def hang_up(opening: Opening) -> None:
    """Ends an opening, or the connection that came of it."""
    if not opening.done():
        opening.cancel()
    elif is_good(opening):
        opening.result().terminate()
