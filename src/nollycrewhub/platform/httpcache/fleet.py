"""Valkey's part: the generations (how far the last write of a list or thing had got), the copies, the refill's lock.

All generations are fields of one hash with a floor: a write before the floor may be forgotten, so nothing read
before it counts. A hash that was lost makes a new floor at the primary's position of that moment. Every call is
bounded by the client's patience and a breaker: Valkey away means slower, never wrong and never an error.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

import redis.asyncio as valkey
from redis.exceptions import RedisError

from nollycrewhub.platform.breaker import Breaker
from nollycrewhub.platform.db import Position
from nollycrewhub.platform.httpcache.entry import GRACE, Entry, read_sortable, sortable, unpack
from nollycrewhub.platform.httpcache.release import release

GENERATIONS = "nch:generations"
CHANNEL = "nch:overtaken"
COPY = f"nch:copy:{release()}:"
LOCK = f"nch:refill:{release()}:"
TOLD = "nch:told:"
FLOOR = "floor"
HOLD = 1000
LOCK_MS = 10_000
TOLD_SECONDS = 3600
LOWEST = "0" * 24

# A lazy field (ARGV pairs from 5 on) rises at most once in ARGV[3] ms; what comes meanwhile waits for the next turn.
RAISE = """
local wait, told = -1, {}
for i = 5, #ARGV, 2 do
  local field, position = ARGV[i], ARGV[1]
  if ARGV[i + 1] == '1' then
    local hold, pending = KEYS[1] .. ':hold:' .. field, KEYS[1] .. ':pending:' .. field
    if redis.call('SET', hold, '1', 'NX', 'PX', ARGV[3]) then
      local waiting = redis.call('GETDEL', pending)
      if waiting and waiting > position then position = waiting end
    else
      local waiting = redis.call('GET', pending)
      if not waiting or position > waiting then redis.call('SET', pending, position, 'PX', 60000) end
      position = nil
      wait = math.max(wait, redis.call('PTTL', hold))
    end
  end
  if position then
    local before = redis.call('HGET', KEYS[1], field)
    if not before or position > before then
      redis.call('HSET', KEYS[1], field, position)
      told[#told + 1] = field .. '=' .. position
    end
  end
end
if ARGV[4] ~= '' then redis.call('SET', KEYS[2], '1', 'EX', ARGV[4]) end
if #told > 0 then redis.call('PUBLISH', ARGV[2], table.concat(told, ' ')) end
return {wait, table.concat(told, ' ')}
"""
# Keeps a copy only if no generation it depends on has passed its position meanwhile, and lets go of the lock.
KEEP = """
local good = redis.call('HGET', KEYS[1], 'floor')
good = good and good <= ARGV[1]
for i = 5, #ARGV do
  local generation = redis.call('HGET', KEYS[1], ARGV[i])
  if generation and generation > ARGV[1] then good = false end
end
if good then redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3]) end
if redis.call('GET', KEYS[3]) == ARGV[4] then redis.call('DEL', KEYS[3]) end
return good and 1 or 0
"""

UNLOCK = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


class Seen(NamedTuple):
    """What Valkey said of a key: whether it answered, the position an answer must have reached, and its copy."""

    answered: bool
    generation: Position | None
    entry: Entry | None


class Fleet:
    """The copies all processes share."""

    def __init__(self, client: "valkey.Redis", *, primary_position: Callable[[], Awaitable[Position]]) -> None:
        self.client = client
        self.primary_position = primary_position
        self.breaker = Breaker()

    async def _ask(self, call: Callable[[], Awaitable[Any]]) -> Any:
        """The answer, or None when Valkey does not give one in time."""
        if not self.breaker.admits():
            return None
        try:
            found = await call()
        except (RedisError, OSError, TimeoutError):
            self.breaker.failed()
            return None
        self.breaker.worked()
        return found

    async def look(self, key: str, fields: Sequence[str]) -> Seen:
        """Generation and copy in one round trip. The copy is None when it is older than the generation."""

        found = await self._ask(lambda: self._read(key, fields))
        return await self._seen(found)

    async def _read(self, key: str, fields: Sequence[str], *before: tuple[Any, ...]) -> list[Any]:
        """The floor, the generations and the copy, after what is to be done before, in one round trip."""
        async with self.client.pipeline(transaction=False) as pipe:
            for command in before:
                pipe.execute_command(*command)
            pipe.hmget(GENERATIONS, [FLOOR, *fields])
            pipe.get(COPY + key)
            return list(await pipe.execute())

    async def _seen(self, found: list[Any] | None) -> Seen:
        if found is None:
            return Seen(False, None, None)
        known, raw = found
        floor = known[0] or await self._lay_floor()
        if floor is None:
            return Seen(False, None, None)
        generation = read_sortable(max(as_bytes(text) for text in (floor, *known[1:]) if text is not None))
        entry = unpack(raw) if raw is not None else None
        return Seen(True, generation, entry if entry is not None and entry.covers(generation) else None)

    async def _lay_floor(self) -> bytes | None:
        """A new floor at the primary's position: whatever was forgotten came before it."""
        position = sortable(await self.primary_position())

        async def call() -> Any:
            await self.client.hsetnx(GENERATIONS, FLOOR, position)
            return await self.client.hget(GENERATIONS, FLOOR)

        found = await self._ask(call)
        return as_bytes(found) if found is not None else None

    async def raise_floor(self, position: Position) -> None:
        """Forgets all copies at once: after a failover, what was read of the lost timeline may never have happened."""
        await self._ask(lambda: self.client.hset(GENERATIONS, FLOOR, sortable(position)))

    async def keep(self, entry: Entry, *, token: str) -> bool:
        """Stores a copy if it is still good, and lets go of the refill's lock."""
        raw = entry.packed_for_valkey()
        if raw is None or entry.position is None:
            return False
        args: list[Any] = [sortable(entry.position), raw, int((entry.ttl + GRACE) * 1000), token, *entry.fields]
        keys = (GENERATIONS, COPY + entry.key, LOCK + entry.key)
        return bool(await self._ask(lambda: self.client.eval(KEEP, len(keys), *keys, *args)))

    async def lock(self, key: str, fields: Sequence[str], token: str) -> tuple[bool, Seen]:
        """Whether this process is the one to refill, and what there is since: another's copy may have come after the last look."""
        found = await self._ask(lambda: self._read(key, fields, ("SET", LOCK + key, token, "NX", "PX", LOCK_MS)))
        is_ours = found is not None and bool(found.pop(0))
        return is_ours, await self._seen(found)

    async def unlock(self, key: str, token: str) -> None:
        """Lets go of a refill that brought nothing to keep, so that nobody waits for it."""
        await self._ask(lambda: self.client.eval(UNLOCK, 1, LOCK + key, token))

    async def waits(self, fields: Sequence[str]) -> float | None:
        """Seconds until a rise that waits for its turn may be made; negative when none waits, None when Valkey does not answer."""

        async def call() -> Any:
            async with self.client.pipeline(transaction=False) as pipe:
                for field in fields:
                    pipe.exists(f"{GENERATIONS}:pending:{field}")
                    pipe.pttl(f"{GENERATIONS}:hold:{field}")
                return await pipe.execute()

        found = await self._ask(call)
        if found is None:
            return None
        return max((max(0, hold) / 1000 for is_there, hold in zip(found[::2], found[1::2], strict=True) if is_there), default=-1.0)

    async def raise_generations(self, position: Position | None, fields: dict[str, bool], *, number: str = "") -> tuple[float, str] | None:
        """Raises fields to a position (None: to what waits). Seconds until a waiting rise may be made (negative: none), and what rose."""
        pairs = [part for field, is_lazy in fields.items() for part in (field, "1" if is_lazy else "0")]
        text = sortable(position) if position is not None else LOWEST
        args = (text, CHANNEL, HOLD, TOLD_SECONDS if number else "", *pairs)
        found = await self._ask(lambda: self.client.eval(RAISE, 2, GENERATIONS, TOLD + number, *args))
        return None if found is None else (float(found[0]) / 1000, as_bytes(found[1]).decode())

    async def was_told(self, number: str) -> bool:
        """Whether the rise with this number was made."""
        return bool(await self._ask(lambda: self.client.exists(TOLD + number)))


def as_bytes(text: Any) -> bytes:
    """Valkey's text, whatever the client's decoding."""
    return text if isinstance(text, bytes) else str(text).encode()


def rises(message: str) -> list[tuple[str, Position]]:
    """The fields and positions of a message on the channel."""
    found = []
    for part in message.split():
        field, _, position = part.rpartition("=")
        found.append((field, read_sortable(position)))
    return found
