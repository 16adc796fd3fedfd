"""Rates (GCRA) and failure counts in Valkey. Failures are throttled, successes are not.

A count of failures begins with the first one and is forgotten `per` seconds after it, on the server's own clock: were it cut
at the quarters of the hour, whoever guesses would have twice the tries around one.

Valkey away: the limit on strangers' requests is kept by each process for itself, because it only sheds load; whatever is counted against
guessing or against flooding somebody's mailbox is refused with 503, because without the count there is no limit.
Per-address limits are for unauthenticated unsafe requests only, and sized for carrier NAT.
"""

import time

import redis.asyncio as valkey
from redis.exceptions import RedisError

from nollycrewhub.kit.told import told
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
UNCOUNTED = told("We cannot do this safely for a moment. Please try again shortly.")


def failed(key: str, per: int) -> str:
    """Where the failures of a key are counted."""
    return f"{PREFIX}fail:{key}:{per}"


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
            raise TooMany(told("That was tried too often. Please wait %(left)s seconds.", left=left), retry_after=left)

    async def failures(self, key: str, *, per: int) -> int:
        """How many failures stand against a key; Unavailable when nobody can tell, since guessing must not be free."""
        try:
            raw = await self.client.get(failed(key, per))
        except RedisError as error:
            raise Unavailable(UNCOUNTED) from error
        return int(raw or 0)

    async def refuse_after(self, key: str, *, limit: int, per: int) -> None:
        """Raises TooMany when the key has already failed `limit` times within `per` seconds; counts nothing."""
        await self.refuse_after_any({key: limit}, per=per)

    async def refuse_after_any(self, limits: dict[str, int], *, per: int) -> None:
        """The same for several keys, each with its own limit, in one round trip, whether any is refused or not."""
        names = [failed(key, per) for key in limits]
        try:
            async with self.client.pipeline(transaction=True) as pipe:
                pipe.mget(names)
                for name in names:
                    pipe.ttl(name)
                counts, *lives = await pipe.execute()
        except RedisError as error:
            raise Unavailable(UNCOUNTED) from error
        over = [life for limit, raw, life in zip(limits.values(), counts, lives, strict=True) if int(raw or 0) >= limit]
        if over:
            left = max(1, *over)
            raise TooMany(told("Too many wrong tries. Please wait %(left)s seconds, or reset the password.", left=left), retry_after=left)

    async def fail(self, key: str, *, per: int) -> None:
        """Counts one failure against a key."""
        name = failed(key, per)
        try:
            async with self.client.pipeline(transaction=True) as pipe:
                pipe.incr(name)
                pipe.expire(name, per, nx=True)
                await pipe.execute()
        except RedisError as error:
            raise Unavailable(UNCOUNTED) from error

    async def clear(self, key: str, *, per: int) -> None:
        """Forgets the failures of a key."""
        try:
            await self.client.unlink(failed(key, per))
        except RedisError:
            return
