"""Rates (GCRA) and failure counts in Valkey. Failures are throttled, successes are not.

Valkey away: the limit on strangers' requests is kept by each process for itself, because it only sheds load; whatever is counted against
guessing or against flooding somebody's mailbox is refused with 503, because without the count there is no limit.
Per-address limits are for unauthenticated unsafe requests only, and sized for carrier NAT.
"""

import time

import redis.asyncio as valkey
from redis.exceptions import RedisError

from nollycrewhub.platform.errors import TooMany, Unavailable
from nollycrewhub.platform.metrics import SHED

PREFIX = "nch:limit:"
MICRO = 1_000_000
MOST_ALONE = 10_000
# The theoretical arrival time of the next request, on the server's own clock: the same for every process of the fleet.
ADMIT = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local arrival = tonumber(redis.call('GET', KEYS[1]) or now)
if arrival < now then arrival = now end
local wait = arrival - now - (burst - 1) * interval
if wait > 0 then return wait end
redis.call('SET', KEYS[1], string.format('%.0f', arrival + interval), 'PX', math.ceil((arrival + interval - now) / 1000) + 1000)
return 0
"""
UNCOUNTED = "We cannot do this safely for a moment. Please try again shortly."


class Gcra:
    """The generic cell rate algorithm (ITU-T I.371) in this process's memory; times in microseconds."""

    def __init__(self) -> None:
        self.arrivals: dict[str, int] = {}

    def admit(self, key: str, interval: int, burst: int, *, now: int) -> int:
        """0 when one more conforms, else how long until it would."""
        if len(self.arrivals) >= MOST_ALONE:
            self.arrivals.clear()
        arrival = max(self.arrivals.get(key, now), now)
        wait = arrival - now - (burst - 1) * interval
        if wait > 0:
            return wait
        self.arrivals[key] = arrival + interval
        return 0


class Limiter:
    """Rates and failures per key; the truth is Valkey's, on Valkey's clock."""

    def __init__(self, client: "valkey.Redis") -> None:
        self.client = client
        self.alone = Gcra()

    def _key(self, key: str, per: int) -> tuple[str, int]:
        window = int(time.time()) // per
        return f"{PREFIX}{key}:{per}:{window}", per - int(time.time()) % per

    async def check(self, key: str, *, limit: int, per: int, needed: bool = True) -> None:
        """Admits one, or raises TooMany: at most `limit` at once and `limit` in `per` seconds on average, over all processes.

        Without Valkey a limit that is `needed` refuses; one that only sheds load is kept by this process for itself.
        """
        interval = per * MICRO // limit
        try:
            wait = int(await self.client.eval(ADMIT, 1, f"{PREFIX}rate:{key}:{limit}:{per}", interval, limit))
        except RedisError as error:
            if needed:
                raise Unavailable(UNCOUNTED) from error
            wait = self.alone.admit(f"{key}:{limit}:{per}", interval, limit, now=time.time_ns() // 1000)
        if wait > 0:
            SHED.labels("rate-limit").inc()
            left = -(-wait // MICRO)
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
        await self.refuse_after_any({key: limit}, per=per)

    async def refuse_after_any(self, limits: dict[str, int], *, per: int) -> None:
        """The same for several keys, each with its own limit, in one question."""
        try:
            failed = await self.client.mget([self._key(f"fail:{key}", per)[0] for key in limits])
        except RedisError as error:
            raise Unavailable(UNCOUNTED) from error
        if any(int(raw or 0) >= limit for raw, limit in zip(failed, limits.values(), strict=True)):
            left = self._key("", per)[1]
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
