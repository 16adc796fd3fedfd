"""Bars C2 and C3: a write costs two commands at most whatever is kept, and nothing older than it is kept after it."""

import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from types import SimpleNamespace
from typing import Any, Protocol

import pytest
import redis.asyncio as valkey
from redis.exceptions import NoPermissionError

from nollycrewhub.platform.app import Process
from nollycrewhub.platform.cache import connect
from nollycrewhub.platform.context import FILLING
from nollycrewhub.platform.db import Position
from nollycrewhub.platform.httpcache.fleet import COPY
from nollycrewhub.platform.httpcache.touching import Touched
from nollycrewhub.platform.settings import Settings
from tests.cache.conftest import visitor
from tests.conftest import FULL
from tests.measuring import Measure
from tests.twins.plan_cache import PlanCache

KEYS = (10, 1_000, 1_000_000) if FULL else (10, 1_000, 50_000)
ROUNDS = 10_000 if FULL else 400
FORBIDDEN = frozenset({"KEYS", "FLUSHALL", "FLUSHDB", "SCAN"})
LINE = frozenset({"PING", "HELLO", "CLIENT", "AUTH", "SELECT", "SUBSCRIBE"})


@pytest.fixture
async def root(settings: Settings, clean: Process) -> AsyncIterator["valkey.Redis"]:
    """Whoever fills and watches: with time for a million keys."""
    client = connect(settings.cache_url, patience=60.0)
    yield client
    await client.flushdb()
    await client.aclose()


@pytest.fixture
async def narrow(settings: Settings, root: "valkey.Redis") -> AsyncIterator["valkey.Redis"]:
    """A user of the cache's Valkey who may do everything but look all keys through or forget them all."""
    await root.acl_setuser(
        "narrow", enabled=True, passwords=["+narrow"], keys=["*"], channels=["*"], commands=["+@all", "-keys", "-flushall", "-flushdb"]
    )
    limit = (await root.config_get("maxmemory"))["maxmemory"]
    await root.config_set("maxmemory", "1gb")
    port = settings.cache_url.rpartition(":")[2].partition("/")[0]
    client = valkey.Redis(host="127.0.0.1", port=int(port), username="narrow", password="narrow", protocol=3)
    yield client
    await client.aclose()
    await root.flushdb()
    await root.config_set("maxmemory", limit)
    await root.acl_deluser("narrow")


async def commands_of(root: "valkey.Redis", act: Callable[[], Awaitable[Any]]) -> list[tuple[str, int, bool]]:
    """What was sent while it acted: name, length, and whether a script ran it inside the server."""
    found = []
    async with root.monitor() as watch:
        await act()
        await root.echo("that is all")
        async for line in watch.listen():
            name = line["command"].partition(" ")[0].upper()
            if name == "ECHO":
                break
            if name not in LINE:
                found.append((name, len(line["command"]), line["client_type"] == "lua"))
    return found


async def holds_c2(
    root: "valkey.Redis", fill: Callable[[int, int], Awaitable[None]], invalidate: Callable[[], Awaitable[Any]]
) -> dict[int, int]:
    """At most two commands sent, none of them looks at all keys, and neither number nor length grows with what is kept."""
    sent: dict[int, int] = {}
    inside: set[int] = set()
    lengths: set[int] = set()
    filled = 0
    for count in KEYS:
        await fill(filled, count)
        filled = count
        commands = await commands_of(root, invalidate)
        assert not FORBIDDEN & {name for name, _, _ in commands}, "it looked at all keys"
        sent[count] = sum(not by_script for _, _, by_script in commands)
        inside.add(sum(by_script for _, _, by_script in commands))
        lengths.add(max(length for _, length, _ in commands) // 500)
    assert max(sent.values()) <= 2
    assert max(inside) <= 12
    assert len(lengths) == 1, "a command grew with the keys"
    return sent


async def fill_copies(client: "valkey.Redis", prefix: str, start: int, stop: int) -> None:
    """Keys as the cache would have them, with small values."""
    for n in range(start, stop, 5_000):
        await client.mset({f"{prefix}{m}": "{}" for m in range(n, min(n + 5_000, stop))})


async def test_a_write_costs_the_same_whatever_is_kept(
    clean: Process, root: "valkey.Redis", narrow: "valkey.Redis", measured: Measure
) -> None:
    caches = clean.runtime.caches
    caches.fleet.client, own = narrow, caches.fleet.client
    position, numbers = await clean.runtime.db.write_position(), iter(range(1000))

    async def invalidate() -> None:
        touched = Touched(f"c2-{next(numbers)}", lists=["jobs"], things=["job:1"])
        assert await caches.tell(touched, position)

    sent = await holds_c2(root, lambda start, stop: fill_copies(root, COPY, start, stop), invalidate)
    used = await root.info("commandstats")
    caches.fleet.client = own
    assert not {"cmdstat_keys", "cmdstat_flushall"} & set(used)
    measured("C2", keys=list(sent), commands_sent=list(sent.values()), uses_of_keys=0)


async def test_the_plans_cache_looks_at_all_keys(root: "valkey.Redis", narrow: "valkey.Redis") -> None:
    async def load(_: Any) -> list[int]:
        return []

    twin = PlanCache(root, load)
    with pytest.raises(AssertionError, match="all keys"):
        await holds_c2(root, lambda start, stop: fill_copies(root, "jobs:", start, min(stop, 100)), twin.invalidate)
    with pytest.raises(NoPermissionError):
        await PlanCache(narrow, load).invalidate()


class Shelf(Protocol):
    """Whatever keeps one answer over a database with lagging replicas."""

    async def read(self) -> int:
        """The version of the answer a reader is given."""

    async def overtake(self, version: int) -> None:
        """The primary has committed this version."""


class World:
    """One row with versions, replicas that lag, and writers that come between a refill's reading and its keeping."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.version = self.overtaken = 0
        self.shelf: Shelf
        self.between = 0

    async def write(self) -> None:
        """Commits, then invalidates."""
        self.version += 1
        await self.shelf.overtake(self.version)
        self.overtaken = self.version

    async def load(self, least: int = 0) -> int:
        """A refill's read: from a replica up to six versions behind if that is enough, else from the primary."""
        reached = self.dice.randint(max(0, self.version - 6), self.version)
        reached = reached if reached >= least else self.version
        if self.dice.random() < 0.5:
            self.between += 1
            await self.write()
        return reached


async def holds_c3(world: World, *, rounds: int) -> int:
    """No reader is given a version older than what was overtaken before the reading began."""
    for n in range(rounds):
        if world.dice.random() < 0.4:
            await world.write()
        least = world.overtaken
        got = await world.shelf.read()
        assert got >= least, f"round {n}: version {got} was given after {least} had been invalidated"
    return world.between


class OurShelf:
    """One job's answer at one instance, with its memory and Valkey; every refill is kept in both before the next reader comes."""

    def __init__(self, world: World, process: Process, base: Position) -> None:
        self.world = world
        self.caches, self.front = process.runtime.caches, process.front
        self.gate = process.front.gate
        self.base = base
        self.client = visitor(process)
        process.front.gate = self  # type: ignore[assignment]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.gate, name)

    def at(self, version: int) -> Position:
        """Where in the log a version was committed."""
        return Position(self.base.timeline, self.base.lsn + version)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """The route of a refill: reads a version, no older than it is told."""
        filling = scope[FILLING]
        version = await self.world.load(max(0, filling.least.lsn - self.base.lsn) if filling.least else 0)
        filling.reads.append(SimpleNamespace(position=self.at(version)))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"cache-control", b"public, no-cache")]})
        await send({"type": "http.response.body", "body": str(version).encode()})

    async def read(self) -> int:
        answer = await self.client.get("/api/jobs/1")
        for keeping in list(self.front.background):
            await keeping
        return int(answer.text)

    async def overtake(self, version: int) -> None:
        assert await self.caches.tell(Touched(f"c3-{self.base.lsn}-{version}", things=["job:1"]), self.at(version))


async def test_no_copy_is_older_than_what_overtook_it(clean: Process, measured: Measure) -> None:
    seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(2**32))
    print(f"SEED={seed}")
    world = World(seed)
    shelf = OurShelf(world, clean, await clean.runtime.db.write_position())
    world.shelf = shelf
    clean.front._may_add = lambda *_: True  # type: ignore[method-assign]
    between = await holds_c3(world, rounds=ROUNDS)
    assert between > ROUNDS // 20
    await shelf.client.aclose()
    measured("C3", rounds=ROUNDS, seed=seed, writes=world.version, writes_between_reading_and_keeping=between, older=0)


class TwinShelf:
    """The plan's service."""

    def __init__(self, world: World, client: "valkey.Redis") -> None:
        self.cache = PlanCache(client, self.load)
        self.world = world

    async def load(self, _: Any) -> int:
        return await self.world.load()

    async def read(self) -> int:
        found: int = await self.cache.jobs({"id": 1})
        return found

    async def overtake(self, version: int) -> None:
        del version
        await self.cache.invalidate()


async def test_the_plans_cache_keeps_what_was_overtaken(clean: Process) -> None:
    world = World(1)
    world.shelf = TwinShelf(world, clean.runtime.valkeys.sessions)
    with pytest.raises(AssertionError, match="was given after"):
        await holds_c3(world, rounds=100)
