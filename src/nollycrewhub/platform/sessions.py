"""Who is signed in: one server-side session, named by a cookie or a bearer token alike.

The token is 256 random bits; Valkey holds only its SHA-256. 24 hours idle, 30 days in all (12 hours
for operators). Nothing is remembered in process memory, so signing out holds everywhere at once.
"""

import hashlib
import secrets
import time
from collections.abc import Iterable
from uuid import UUID

import msgspec
import redis.asyncio as valkey
from redis.exceptions import RedisError, WatchError

from nollycrewhub.kit.told import told
from nollycrewhub.platform.db import Pin, Position, parse_pin, parse_position
from nollycrewhub.platform.errors import Unavailable

PREFIX = "nollycrewhub:sess:"
PERSON_PREFIX = "nollycrewhub:person:"
ENDED = "nollycrewhub:ended"  # the channel on which ended sessions are told to whoever holds their connections
SPENT = "nollycrewhub:spent:"  # tokens made from an Idempotency-Key that were in use once: an ended one does not come back
BORN_KEY = "nollycrewhub:born"
IDLE = 24 * 3600
ABSOLUTE = 30 * 24 * 3600
OPERATOR_ABSOLUTE = 12 * 3600
RENEW_EVERY = 60
MOST_DEVICES = 20
MARK_SECONDS = 900
SPENT_SECONDS = ABSOLUTE
CONFIRMED_SECONDS = 600
# Sets a mark unless a further one is there. Lua's numbers are exact to 2^53 bytes of log: nine petabytes.
MARKED_AT_ONCE = 500
FURTHER = """
local function parts(text)
    local timeline, lsn = string.match(text or "", "^(%x+)/(%x+)$")
    return tonumber(timeline or "0", 16), tonumber(lsn or "0", 16)
end
local t1, l1 = parts(ARGV[1])
for _, key in ipairs(KEYS) do
    local t0, l0 = parts(redis.call("GET", key) or "")
    if not (t0 > t1 or (t0 == t1 and l0 > l1)) then redis.call("SET", key, ARGV[1], "EX", ARGV[2]) end
end
"""
# Changes fields of a living session, none of which two at once can take from each other; it lives on for ARGV[2] seconds if any are named.
CHANGE = """
local raw = redis.call("GET", KEYS[1])
if not raw then return 0 end
local stored = cjson.decode(raw)
for field, value in pairs(cjson.decode(ARGV[1])) do stored[field] = value end
if tonumber(ARGV[2]) > 0 then
    redis.call("SET", KEYS[1], cjson.encode(stored), "EX", ARGV[2])
else
    redis.call("SET", KEYS[1], cjson.encode(stored), "KEEPTTL")
end
return 1
"""


class Viewer(msgspec.Struct, frozen=True, kw_only=True):
    """The signed-in person of a request, as the session knows them."""

    person_id: UUID
    operator: bool
    name: str
    session_key: str
    confirmed_at: float = 0.0

    def has_confirmed(self, now: float) -> bool:
        """Whether the password was typed again within the last ten minutes."""
        return now - self.confirmed_at < CONFIRMED_SECONDS


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """One place a person is signed in."""

    key: str
    label: str
    region: str
    created: float
    seen: float


class Stored(msgspec.Struct, kw_only=True):
    """What Valkey holds under a session's key, as JSON."""

    person_id: UUID
    name: str
    operator: bool
    label: str
    region: str
    created: float
    seen: float
    confirmed_at: float = 0.0

    def is_over(self, now: float) -> bool:
        """Whether it has lasted as long as any may, however often it was used."""
        return now - self.created > (OPERATOR_ABSOLUTE if self.operator else ABSOLUTE)


def viewer_of(stored: Stored, key: str) -> Viewer:
    """The person as a request knows them."""
    return Viewer(
        person_id=stored.person_id, operator=stored.operator, name=stored.name, session_key=key, confirmed_at=stored.confirmed_at
    )  # fmt: skip


def key_of(token: str) -> str:
    """The name a token has in Valkey."""
    return hashlib.sha256(token.encode()).hexdigest()


class Sessions:
    """All sessions. Valkey away: reading says nobody is signed in is wrong, so it raises Unavailable."""

    def __init__(self, client: "valkey.Redis") -> None:
        self.client = client

    async def create(
        self, person_id: UUID, *, name: str, operator: bool = False, device: str = "", region: str = "", confirmed: bool = True,
        wished: str = "",
    ) -> str:  # fmt: skip
        """Signs in, drops the oldest device past twenty, and returns the token.

        `confirmed` says that the password (or, for those without one, the provider) was asked just now. `wished` is the
        token of a repeated request: a session that lives under it is the answer, and one that ended is not raised again.
        """
        try:
            if wished and await self.client.exists(PREFIX + key_of(wished)):
                return wished
            token = await self._unspent(wished)
        except RedisError as error:
            raise Unavailable(told("Sign-in is not possible for a moment. Please try again shortly.")) from error
        now = time.time()
        stored = Stored(
            person_id=person_id,
            name=name,
            operator=operator,
            label=device[:80],
            region=region,
            created=now,
            seen=now,
            confirmed_at=now if confirmed else 0.0,
        )
        devices = f"{PERSON_PREFIX}{person_id}:devices"
        try:
            async with self.client.pipeline(transaction=True) as pipe:
                pipe.set(PREFIX + key_of(token), msgspec.json.encode(stored), ex=IDLE)
                pipe.zadd(devices, {key_of(token): now})
                pipe.expire(devices, ABSOLUTE)
                pipe.zrange(devices, 0, -(MOST_DEVICES + 1))
                pipe.zremrangebyrank(devices, 0, -(MOST_DEVICES + 1))
                if token == wished:
                    pipe.set(SPENT + key_of(token), 1, ex=SPENT_SECONDS)
                answers = await pipe.execute()
            dropped = [text(member) for member in answers[3]]
            if dropped:
                await self.client.unlink(*(PREFIX + key for key in dropped))
                await self.client.publish(ENDED, " ".join(dropped))
        except RedisError as error:
            raise Unavailable(told("Sign-in is not possible for a moment. Please try again shortly.")) from error
        return token

    async def _unspent(self, wished: str) -> str:
        """The wished token if it never was in use, else a new one."""
        return wished if wished and not await self.client.exists(SPENT + key_of(wished)) else secrets.token_urlsafe(32)

    async def load(self, token: str) -> tuple[Viewer, Position | None, Pin | None] | None:
        """The viewer, their latest position mark and the server they read from, or None when the token names no living session."""
        key = key_of(token)
        try:
            raw = await self.client.get(PREFIX + key)
            if raw is None:
                return None
            stored = msgspec.json.decode(raw, type=Stored)
            now = time.time()
            if stored.is_over(now):
                await self._drop(stored.person_id, key)
                return None
            person = f"{PERSON_PREFIX}{stored.person_id}"
            mark, pin = await self.client.mget(f"{person}:mark", f"{person}:pin")
            if now - stored.seen > RENEW_EVERY:
                await self._change(key, lives=IDLE, seen=now)
        except RedisError as error:
            raise Unavailable(told("We cannot tell who is signed in for a moment. Please try again shortly.")) from error
        viewer = viewer_of(stored, key)
        return viewer, parse_position(text(mark) if mark else None), parse_pin(text(pin) if pin else None)

    async def known(self, keys: list[str]) -> list[Viewer | None]:
        """Who each session belongs to, all in one question; None for one that is over. Asking renews nothing."""
        try:
            raws = await self.client.mget([PREFIX + key for key in keys]) if keys else []
        except RedisError as error:
            raise Unavailable(told("We cannot tell who is signed in for a moment. Please try again shortly.")) from error
        now, found = time.time(), []
        for key, raw in zip(keys, raws, strict=True):
            stored = msgspec.json.decode(raw, type=Stored) if raw is not None else None
            found.append(None if stored is None or stored.is_over(now) else viewer_of(stored, key))
        return found

    async def end(self, token: str) -> None:
        """Signs this device out."""
        key = key_of(token)
        raw = await self.client.get(PREFIX + key)
        if raw is not None:
            await self._drop(msgspec.json.decode(raw, type=Stored).person_id, key)

    async def _drop(self, person_id: UUID, *keys: str) -> None:
        async with self.client.pipeline(transaction=True) as pipe:
            pipe.unlink(*(PREFIX + key for key in keys))
            pipe.zrem(f"{PERSON_PREFIX}{person_id}:devices", *keys)
            pipe.publish(ENDED, " ".join(keys))
            await pipe.execute()

    async def end_all(self, person_id: UUID, *, except_key: str | None = None) -> int:
        """Signs a person out everywhere (but for one device, if named); how many sessions ended."""
        members = await self.client.zrange(f"{PERSON_PREFIX}{person_id}:devices", 0, -1)
        keys = [name for name in map(text, members) if name != except_key]
        if keys:
            await self._drop(person_id, *keys)
        return len(keys)

    async def listing(self, person_id: UUID) -> list[Device]:
        """Where a person is signed in, newest first; dead entries are forgotten on the way."""
        devices = f"{PERSON_PREFIX}{person_id}:devices"
        keys = [text(member) for member in await self.client.zrange(devices, 0, -1, desc=True)]
        if not keys:
            return []
        raws = await self.client.mget([PREFIX + key for key in keys])
        found = []
        for key, raw in zip(keys, raws, strict=True):
            if raw is None:
                await self.client.zrem(devices, key)
                continue
            stored = msgspec.json.decode(raw, type=Stored)
            found.append(Device(key=key, label=stored.label, region=stored.region, created=stored.created, seen=stored.seen))
        return found

    async def end_device(self, person_id: UUID, key: str) -> bool:
        """Signs one of a person's own devices out; False when it is not theirs or already gone."""
        if await self.client.zscore(f"{PERSON_PREFIX}{person_id}:devices", key) is None:
            return False
        await self._drop(person_id, key)
        return True

    async def confirm(self, viewer: Viewer, *, wished: str = "") -> str | None:
        """Notes that the person has just typed the password again, under a new token; None when signed out meanwhile.

        The old token ends: whoever had got hold of it does not rise with its owner. Age and idle time go on counting.
        A repeat that comes with the token it was answered with keeps it.
        """
        old = viewer.session_key
        token = wished if wished and key_of(wished) == old else await self._unspent(wished)
        devices = f"{PERSON_PREFIX}{viewer.person_id}:devices"
        async with self.client.pipeline(transaction=True) as pipe:
            await pipe.watch(PREFIX + old)
            raw = await pipe.get(PREFIX + old)
            if raw is None:
                return None
            stored = msgspec.json.decode(raw, type=Stored)
            stored.confirmed_at = stored.seen = time.time()
            pipe.multi()  # type: ignore[no-untyped-call]  # redis-py leaves it so
            pipe.set(PREFIX + key_of(token), msgspec.json.encode(stored), ex=IDLE)
            pipe.zadd(devices, {key_of(token): stored.created})
            if token == wished:
                pipe.set(SPENT + key_of(token), 1, ex=SPENT_SECONDS)
            if key_of(token) != old:
                pipe.unlink(PREFIX + old)
                pipe.zrem(devices, old)
                pipe.publish(ENDED, old)
            try:
                await pipe.execute()
            except WatchError:
                return None
        return token

    async def rename(self, person_id: UUID, name: str) -> None:
        """Keeps the name that a person's sessions show in step with the profile, on every device; none lives the longer for it."""
        for key in map(text, await self.client.zrange(f"{PERSON_PREFIX}{person_id}:devices", 0, -1)):
            await self._change(key, name=name)

    async def _change(self, key: str, *, lives: int = 0, **changes: object) -> None:
        await self.client.eval(CHANGE, 1, PREFIX + key, msgspec.json.encode(changes), lives)

    async def remember(self, person_id: UUID, mark: Position) -> None:
        """Keeps a person's furthest position mark for all their devices, however their writes overtake each other."""
        await self.remember_all([str(person_id)], mark)

    async def remember_all(self, people: Iterable[str], mark: Position) -> None:
        """The same for several people by their ids, some hundred in one message to Valkey."""
        keys = [f"{PERSON_PREFIX}{person_id}:mark" for person_id in people]
        for start in range(0, len(keys), MARKED_AT_ONCE):
            some = keys[start : start + MARKED_AT_ONCE]
            await self.client.eval(FURTHER, len(some), *some, str(mark), MARK_SECONDS)

    async def pin(self, person_id: UUID, pin: Pin) -> None:
        """Keeps which server a person reads from, for as long as a session can last."""
        await self.client.set(f"{PERSON_PREFIX}{person_id}:pin", str(pin), ex=ABSOLUTE)

    async def age(self) -> float:
        """Seconds since this Valkey was first seen: a new one knows no marks."""
        now = time.time()
        await self.client.set(BORN_KEY, repr(now), nx=True)
        raw = await self.client.get(BORN_KEY)
        return now - float(text(raw)) if raw else 0.0


def text(raw: object) -> str:
    """Valkey's answer as text."""
    return raw.decode() if isinstance(raw, bytes) else str(raw)
