"""The layer in front of the gate: answers what is everyone's from memory, refills once, and lets the rest through."""

import asyncio
import secrets
import time
from typing import Any

from litestar.types import Receive, Send
from redis.exceptions import RedisError

from nollycrewhub.kit.time import utcnow
from nollycrewhub.kit.told import ENGLISH
from nollycrewhub.platform import log
from nollycrewhub.platform.admission import refuse
from nollycrewhub.platform.context import FILLING, MARK_COOKIE, POSITION_HEADER, SEEN_COOKIE
from nollycrewhub.platform.db import Position, furthest
from nollycrewhub.platform.devices import device_of
from nollycrewhub.platform.encodings import takes_gzip
from nollycrewhub.platform.errors import Problem
from nollycrewhub.platform.gate import Gate, peer_of
from nollycrewhub.platform.httpcache.caches import Caches
from nollycrewhub.platform.httpcache.counting import Counting
from nollycrewhub.platform.httpcache.declared import Table, Wanted
from nollycrewhub.platform.httpcache.entry import Entry, Headers, lasting, one_for_all
from nollycrewhub.platform.httpcache.fleet import Seen
from nollycrewhub.platform.httpcache.memory import may_show_stale
from nollycrewhub.platform.httpcache.refill import Caught, Filling, is_everyones, scope_of
from nollycrewhub.platform.httpcache.wire import Glance, edge_keeps_nothing, out_of_reach
from nollycrewhub.platform.listening import UNHEARD
from nollycrewhub.platform.load import LOAD
from nollycrewhub.platform.regions import region_of

READ = frozenset(
    (b"cookie", b"authorization", b"if-none-match", b"accept-encoding", b"user-agent", b"sec-ch-ua-mobile", b"cf-ipcountry",
     b"cf-device-type", b"accept-language", b"cf-connecting-ip", b"x-forwarded-for", POSITION_HEADER)
)  # fmt: skip
SAFE = ("GET", "HEAD")
MARKS = (b"utm_", b"fbclid=", b"gclid=", b"igsh", b"ttclid=", b"twclid=", b"mc_", b"ref=", b"si=")
MOST_NEIGHBOURS = 4096
MOST_REFUSED = 4096
MOST_RENEWING = 16  # with so many refills under way, who can be shown what was true a moment ago is
MOST_MADE = 16_384
REFUSED_SECONDS = 2.0
NEW_A_MINUTE = 1200
OTHERS_TURN = 2.0
LOOK_AGAIN = 0.02
RENEW_AGAIN = 0.05
RENEWAL = "renewal of "
UNKNOWN_EPOCH = -1
SAMPLE = 1000
WAITED = ("filled", "copied")  # what comes from memory is no load, and would hide how slow the rest is
LOG = log.logger("cache")


def without_marks(query: bytes) -> bytes:
    """The query without what networks add to a link that somebody shares; no route of ours has such names."""
    if not query:
        return query
    return b"&".join(pair for pair in query.split(b"&") if not pair.startswith(MARKS))


class Shed(Exception):
    """A refill found no room: whoever waits for it is told to come again, and the route is not asked a second time."""


class PublicCache:
    """Wraps the gate; one a process."""

    def __init__(self, gate: Gate, *, table: Table, caches: Caches) -> None:
        self.gate = gate
        self.table = table
        self.caches = caches
        self.memory = caches.memory
        self.channel = caches.channel
        self.edge = gate.edge
        self.languages = gate.languages
        self.identities = (f"{MARK_COOKIE}=".encode(), f"{SEEN_COOKIE}=".encode(), f"{gate.session_cookie}=".encode())
        self.security = gate.headers
        self.counting = Counting()
        self.flights: dict[str, asyncio.Task[tuple[Entry, str] | None]] = {}
        self.background: set[asyncio.Task[Any]] = set()
        self.refused: dict[str, float] = {}
        self.made: set[str] = set()
        self.newcomers: dict[str, tuple[int, int]] = {}
        self.trusted: dict[str, bool] = {}
        self.phones: dict[tuple[bytes, bytes, bytes], bool] = {}
        self.answers = 0

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Answers from memory where it may."""
        if scope["type"] != "http" or FILLING in scope or scope["method"] not in SAFE:
            await self.gate(scope, receive, send)
            return
        if not self.table.knows(scope["path"]):
            await self.gate(scope, receive, out_of_reach(send))
            return
        began = time.perf_counter()
        glance = self._glance(scope)
        raw = (scope["path"], scope["query_string"], glance.phone, glance.language)
        entry = self.memory.at(raw)
        if entry is not None and not glance.has_identity:
            now = time.monotonic()
            if now < entry.good_until and (now < self.channel.trusted_until or now - entry.filled < UNHEARD):
                await self._answer(entry, "hit", scope, send, glance=glance, began=began)
                return
        try:
            found = await self._find(scope, glance)
        except Shed:
            await refuse(send, self.security, region=glance.region, leaves=self.gate.readiness.draining)
            return
        if found is None:
            await self.gate(scope, receive, out_of_reach(send))
            return
        entry, result = found
        if result != "stale":
            self.memory.spot(raw, entry.key, bare=without_marks(raw[1]))
        await self._answer(entry, result, scope, send, glance=glance, began=began)

    def may_know(self, path: str, query: bytes) -> bool:
        """Whether memory may answer an address, as far as its spelling tells; links that are shared carry marks, each another one."""
        return self.memory.may_hold(path, without_marks(query))

    def _glance(self, scope: Any) -> Glance:
        found = {name: value for name, value in scope["headers"] if name in READ}
        peer = peer_of(scope)
        trusts = self._trusts(peer)
        cookie = found.get(b"cookie", b"")
        return Glance(
            self.edge.address(peer, found) if trusts else peer,
            self._is_phone(found, trusts=trusts),
            self.languages.of(cookie, found.get(b"accept-language", b"")),
            region_of(found.get(b"cf-ipcountry", b"").decode("latin-1") if trusts else None),
            b"authorization" in found or POSITION_HEADER in found or any(name in cookie for name in self.identities),
            takes_gzip(found.get(b"accept-encoding", b"")),
            found.get(b"if-none-match"),
        )

    def _trusts(self, peer: str) -> bool:
        known = self.trusted.get(peer)
        if known is None:
            if len(self.trusted) >= MOST_NEIGHBOURS:
                self.trusted.clear()
            known = self.trusted[peer] = self.edge.trusts(peer)
        return known

    def _is_phone(self, found: dict[bytes, bytes], *, trusts: bool) -> bool:
        key = (found.get(b"cf-device-type", b"") if trusts else b"", found.get(b"sec-ch-ua-mobile", b""), found.get(b"user-agent", b""))
        known = self.phones.get(key)
        if known is None:
            if len(self.phones) >= MOST_NEIGHBOURS:
                self.phones.clear()
            edge, hint, agent = (value.decode("latin-1") for value in key)
            known = self.phones[key] = device_of(edge=edge, hint=hint, user_agent=agent) == "phone"
        return known

    # finding

    async def _find(self, scope: Any, glance: Glance) -> tuple[Entry, str] | None:
        wanted = self.table.wanted(scope["path"], scope["query_string"], phone=glance.phone, language=glance.language)
        if wanted is None or self.refused.get(wanted.key, 0.0) > time.monotonic():
            return None
        mark = context = None
        if glance.has_identity:
            context = self.gate.context_of(scope)
            try:
                mark = await context.reader_mark()
            except (Problem, RedisError):
                return None
            LOAD.saw(context.who)
        entry = self.memory.get(wanted.key)
        now = time.monotonic()
        if entry is not None and (mark is None or entry.covers(mark)):
            is_heard = now < self.channel.trusted_until
            if now < entry.good_until and (is_heard or now - entry.filled < UNHEARD):
                return entry, "hit"
            if is_heard and may_show_stale(entry, now):
                self._renew(wanted, entry, now)
                return entry, "stale"
        if not self.gate.admission.has_room(wanted.path):
            raise Shed
        if not self._may_add((context or self.gate.context_of(scope)).address, wanted, now):
            return None
        found = await self._land(wanted, mark)
        if found is None:
            self._refuse(wanted.key)
            self.counting.result(wanted.declared.namespace, "refused")
        elif found[0].is_overtaken:
            return found[0], "stale"
        return found

    async def _land(self, wanted: Wanted, mark: Position | None) -> tuple[Entry, str] | None:
        """What a refill brings. A thing that a write overtook meanwhile is asked for once more: the write may be over by now."""
        renewal = self.flights.get(RENEWAL + wanted.key)
        found = await asyncio.shield(renewal) if renewal is not None and mark is None else None
        if found is None:
            found = await asyncio.shield(self._flight(wanted, mark))
        if found is not None and found[0].is_overtaken and not wanted.is_lazy:
            found = await asyncio.shield(self._flight(wanted, mark))
        return found

    def _may_add(self, address: str, wanted: Wanted, now: float) -> bool:
        """Bounds the new copies one address can cause in a minute; past it the route answers and nothing is kept."""
        if wanted.key in self.memory.entries:
            return True
        minute = int(now // 60)
        before, count = self.newcomers.get(address, (minute, 0))
        count = count + 1 if before == minute else 1
        if len(self.newcomers) >= MOST_NEIGHBOURS:
            self.newcomers.clear()
        self.newcomers[address] = (minute, count)
        return count <= NEW_A_MINUTE

    def _refuse(self, key: str) -> None:
        if len(self.refused) >= MOST_REFUSED:
            self.refused.clear()
        self.refused[key] = time.monotonic() + REFUSED_SECONDS

    def _flight(self, wanted: Wanted, mark: Position | None, *, renewing: bool = False) -> "asyncio.Task[tuple[Entry, str] | None]":
        """The refill under way for a key, started if there is none; a marked reader has one of their own."""
        name = RENEWAL + wanted.key if renewing else wanted.key if mark is None else f"{wanted.key}@{mark}"
        flight = self.flights.get(name)
        if flight is None:
            flight = self.flights[name] = asyncio.create_task(self._safely(self._fill(wanted, mark, renewing=renewing)))
            flight.add_done_callback(lambda done: self._landed(name, done))
        return flight

    def _landed(self, name: str, flight: "asyncio.Task[tuple[Entry, str] | None]") -> None:
        self.flights.pop(name, None)
        if not flight.cancelled():
            flight.exception()  # a renewal that was shed is nobody's to hear

    def _renew(self, wanted: Wanted, entry: Entry, now: float) -> None:
        is_busy = len(self.flights) >= MOST_RENEWING or not self.gate.admission.has_room(wanted.path)
        if now >= entry.renew_after and not is_busy:
            entry.renew_after = now + RENEW_AGAIN
            self._flight(wanted, None, renewing=True)

    async def _safely(self, work: Any) -> Any:
        try:
            return await work
        except Shed:
            raise
        except Exception as error:  # noqa: BLE001 - the route itself will meet it, and tell it
            LOG.warning("a refill failed", error=type(error).__name__)
            return None

    async def _fill(self, wanted: Wanted, mark: Position | None, *, renewing: bool) -> tuple[Entry, str] | None:
        epoch, fleet = self.channel.epoch, self.caches.fleet
        seen = await fleet.look(wanted.key, wanted.fields)
        copy = self._usable(wanted, seen.entry, mark)
        token = secrets.token_hex(8) if seen.answered and not self._is_alone(wanted) else ""
        is_ours = False
        if copy is None and token and mark is None:
            is_ours, seen = await self._turn(wanted, token, waits=not renewing)
            copy = self._usable(wanted, seen.entry, mark)
            if renewing and seen.answered and copy is None and not is_ours:
                return None
        if copy is not None:
            if is_ours:
                self._aside(fleet.unlock(wanted.key, token))
            self._keep_here(copy, epoch)
            return copy, "copied"
        kept = False
        try:
            entry = await self._make(wanted, furthest(seen.generation, mark, *map(self.memory.latest.get, wanted.fields)))
            if entry is None:
                return None
            self._keep_here(entry, epoch if seen.answered else UNKNOWN_EPOCH)
            kept = entry.position is not None
            if token and kept:
                self._aside(fleet.keep(entry, token=token))
            return entry, "filled" if mark is None else "bypassed"
        finally:
            if token and not kept:
                self._aside(fleet.unlock(wanted.key, token))

    def _is_alone(self, wanted: Wanted) -> bool:
        """Whether nobody else need wait for this refill or have its copy: the first of one object in this process.

        Most objects are asked for once in a while, and reading one again costs less than lock and copy do. What is
        asked for again after its copy has gone is hot, and is made once for the fleet.
        """
        if wanted.is_lazy or wanted.key in self.made:
            return False
        if len(self.made) >= MOST_MADE:
            self.made.clear()
        self.made.add(wanted.key)
        return True

    def _usable(self, wanted: Wanted, copy: Entry | None, mark: Position | None) -> Entry | None:
        if copy is None or (mark is not None and not copy.covers(mark)) or time.monotonic() >= copy.good_until:
            return None
        return self._dressed(copy, wanted)

    async def _turn(self, wanted: Wanted, token: str, *, waits: bool) -> tuple[bool, Seen]:
        """Whether this process is to refill, and what there is. While another refills: waits for its copy, or its giving up.

        For as long as a refill may sensibly take; then whoever still waits makes the answer too.
        """
        until = time.monotonic() + OTHERS_TURN
        while True:
            is_ours, seen = await self.caches.fleet.lock(wanted.key, wanted.fields, token)
            if is_ours or not waits or not seen.answered or self._usable(wanted, seen.entry, None) is not None or time.monotonic() >= until:
                return is_ours, seen
            await asyncio.sleep(LOOK_AGAIN)

    def _keep_here(self, entry: Entry, epoch: int) -> None:
        """Into memory. If messages may have been missed since the refill began, it is good for two seconds only."""
        now = time.monotonic()
        if epoch != self.channel.epoch or now >= self.channel.trusted_until:
            entry.good_until = min(entry.good_until, now + UNHEARD)
            entry.brief = True
        self.memory.put(entry)

    def _aside(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self.background.add(task)
        task.add_done_callback(self.background.discard)

    async def _make(self, wanted: Wanted, least: Position | None) -> Entry | None:
        """Runs the route for nobody in particular, reading no earlier than `least`; None if its answer is not everyone's."""
        filling = Filling(least, wanted.language or ENGLISH.language)
        caught = Caught()
        began, made = time.perf_counter(), utcnow()
        await self.gate(scope_of(wanted, filling), caught.receive, caught.send)
        headers = [(bytes(name).lower(), bytes(value)) for name, value in caught.headers]
        if caught.status == 503 and self.gate.admission.is_busy:
            raise Shed
        if caught.status != 200 or not is_everyones(headers):
            return None
        entry = Entry(
            body=b"".join(caught.body), headers=[*headers, *self._tags(wanted)], position=filling.position,
            cost=time.perf_counter() - began, ttl=lasting(wanted.declared.ttl, made, daily=wanted.declared.daily), made=made.timestamp(),
        )  # fmt: skip
        return self._dressed(entry, wanted)

    def _tags(self, wanted: Wanted) -> Headers:
        return [(b"cache-tag", ",".join(wanted.tags).encode())] if wanted.tags else []

    def _dressed(self, entry: Entry, wanted: Wanted) -> Entry:
        entry.key, entry.fields, entry.lazy = wanted.key, wanted.fields, wanted.is_lazy
        entry.daily = wanted.declared.daily
        entry.namespace, entry.template = wanted.declared.namespace, wanted.key.partition("|")[0]
        return entry

    # answering

    async def _answer(self, entry: Entry, result: str, scope: Any, send: Send, *, glance: Glance, began: float) -> None:
        packed = entry.packed if glance.packs else None
        status = 304 if glance.tag is not None and entry.is_named(glance.tag) else 200
        headers = entry.prepared.get((status, packed is not None, glance.region, result))
        if headers is None:
            headers = self._headers(entry, status, glance.region, result=result, packed=packed)
            entry.prepared[(status, packed is not None, glance.region, result)] = headers
        if self.gate.readiness.draining:
            headers = [*headers, (b"connection", b"close")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        method = scope["method"]
        body = b"" if status == 304 or method == "HEAD" else packed if packed is not None else entry.body
        await send({"type": "http.response.body", "body": body, "more_body": False})
        if not glance.has_identity:
            LOAD.saw(glance.address)
        self.counting.result(entry.namespace, "not-modified" if status == 304 else result)
        seconds = time.perf_counter() - began
        device = "phone" if glance.phone else "desktop"
        if result in WAITED:
            LOAD.answer(seconds, status, by=(glance.region, device))
        self.counting.answer(
            entry.template, method, status="304" if status == 304 else "200", region=glance.region,
            device=device, seconds=seconds,
        )  # fmt: skip
        self.answers += 1
        if self.answers % SAMPLE == 0:
            LOG.info("one of a thousand shared answers", route=entry.template, result=result, status=status)

    def _headers(self, entry: Entry, status: int, region: str, *, result: str, packed: bytes | None) -> Headers:
        kept = entry.headers
        if status == 304:
            kept = [pair for pair in kept if pair[0] != b"content-type"]
        if result == "stale":
            kept = edge_keeps_nothing(kept)
        names = {name for name, _ in kept}
        headers = [*kept, *(pair for pair in self.security if pair[0] not in names)]
        if entry.packed is not None:
            headers = [(name, value + b", Accept-Encoding" if name == b"vary" else value) for name, value in headers]
            if b"vary" not in names:
                headers.append((b"vary", b"Accept-Encoding"))
        headers += [(b"etag", entry.tag_of(packed is not None)), (b"x-region", region.encode()), (b"x-cache", result.encode())]
        if status == 200:
            if packed is not None:
                headers.append((b"content-encoding", b"gzip"))
            headers.append((b"content-length", str(len(packed) if packed is not None else entry.length).encode()))
        return [one_for_all(pair) for pair in headers]
