"""Fixed-window counters in Valkey. Failures are throttled, successes are not.

Valkey away: the limit on strangers' requests is off, because it only sheds load; whatever is counted against
guessing or against flooding somebody's mailbox is refused with 503, because without the count there is no limit.
Per-address limits are for unauthenticated unsafe requests only, and sized for carrier NAT.
"""

import time

import redis.asyncio as valkey
from redis.exceptions import RedisError

from nollycrewhub.platform.errors import TooMany, Unavailable
from nollycrewhub.platform.metrics import SHED

PREFIX = "nch:limit:"
UNCOUNTED = "We cannot do this safely for a moment. Please try again shortly."


class Limiter:
    """Counts per key and window."""

    def __init__(self, client: "valkey.Redis") -> None:
        self.client = client

    def _key(self, key: str, per: int) -> tuple[str, int]:
        window = int(time.time()) // per
        return f"{PREFIX}{key}:{per}:{window}", per - int(time.time()) % per

    async def check(self, key: str, *, limit: int, per: int, needed: bool = True) -> None:
        """Counts one, and raises TooMany past `limit` in `per` seconds; one that is not `needed` passes uncounted."""
        name, left = self._key(key, per)
        try:
            async with self.client.pipeline(transaction=True) as pipe:
                pipe.incr(name)
                pipe.expire(name, per + 1)
                count = (await pipe.execute())[0]
        except RedisError as error:
            if needed:
                raise Unavailable(UNCOUNTED) from error
            return
        if count > limit:
            SHED.labels("rate-limit").inc()
            raise TooMany(f"That was tried too often. Please wait {left} seconds.", retry_after=left)

    async def failures(self, key: str, *, per: int) -> int:
        """How many failures stand against a key in this window; Unavailable when nobody can tell, since guessing must not be free."""
        try:
            raw = await self.client.get(self._key(f"fail:{key}", per)[0])
        except RedisError as error:
            raise Unavailable(UNCOUNTED) from error
        return int(raw or 0)

    async def refuse_after(self, key: str, *, limit: int, per: int) -> None:
        """Raises TooMany when the key has already failed `limit` times in this window; counts nothing."""
        if await self.failures(key, per=per) >= limit:
            left = self._key(key, per)[1]
            raise TooMany(f"Too many wrong tries. Please wait {left} seconds, or reset the password.", retry_after=left)

    async def fail(self, key: str, *, per: int) -> None:
        """Counts one failure against a key."""
        name, _ = self._key(f"fail:{key}", per)
        try:
            async with self.client.pipeline(transaction=True) as pipe:
                pipe.incr(name)
                pipe.expire(name, per + 1)
                await pipe.execute()
        except RedisError as error:
            raise Unavailable(UNCOUNTED) from error

    async def clear(self, key: str, *, per: int) -> None:
        """Forgets the failures of a key in this window."""
        try:
            await self.client.unlink(self._key(f"fail:{key}", per)[0])
        except RedisError:
            return
