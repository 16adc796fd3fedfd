"""An edge for laptops and tests: a proxy that really keeps answers, and beside it what of Cloudflare's API purges and counts them.

It keeps what CDN-Cache-Control allows, by address and packing, forgets by Cache-Tag, and lets through whoever carries
a session, a mark, a position or a choice of language, or reads another language than English. It can be told to misbehave.
Not for production: it has no bound on what it keeps.
"""

import asyncio
import re
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import httpx
import msgspec

from nollycrewhub.platform.context import MARK_COOKIE, SEEN_COOKIE
from nollycrewhub.platform.languages import COOKIE as LANGUAGE_COOKIE
from nollycrewhub.platform.languages import LANGUAGES

MOST_TAGS = 30
Fault = Literal["busy", "broken", "page", "slow", "gone", "twice", "refused"]
COOKIES = (f"{MARK_COOKIE}=", f"{SEEN_COOKIE}=", "session=", f"{LANGUAGE_COOKIE}=")
OTHER_LANGUAGES = re.compile(rf"(?:^|[ ,])(?:{'|'.join(code for code in LANGUAGES if code != 'en')})(?:[-,; ]|$)", re.IGNORECASE)
HEADERS = frozenset({"authorization", "x-nch-position"})
AGE = re.compile(r"\bmax-age=(\d+)")
JSON = [("content-type", "application/json")]
HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "host"})
# What a question about answers may name, of all that Cloudflare's analytics know; anything else is a slip of whoever asks.
KNOWN = frozenset({
    "query", "string", "Time", "viewer", "zones", "filter", "zoneTag", "httpRequestsAdaptiveGroups", "limit", "requestSource", "eyeball",
    "datetime_geq", "datetime_lt", "count", "dimensions", "cacheStatus",
})  # fmt: skip
WORD = re.compile(r"(?<![$\w])[A-Za-z]\w*")
WIDEST, OLDEST = timedelta(days=1), timedelta(days=8)
Pairs = list[tuple[str, str]]


@dataclass
class Kept:
    """One answer at the edge."""

    headers: Pairs
    body: bytes
    tags: frozenset[str]
    at: float
    seconds: float


@dataclass
class Asked:
    """A request, its header names in lower case."""

    method: str
    address: str
    headers: Pairs
    body: bytes

    def header(self, name: str) -> str:
        """A header's values as one."""
        return ", ".join(value for key, value in self.headers if key == name)


class Question(msgspec.Struct):
    """What the analytics are asked."""

    query: str
    variables: dict[str, str]


@dataclass
class EdgeSimulator:
    """Two ASGI applications over one memory: `proxy` in front of the origin, `api` for whoever purges.

    `faults` are taken one a call of the interface; `held` keeps an answer of the origin on its way until it is set.
    `bypasses` False is an edge whose owner forgot the rule that lets signed-in people through.
    """

    origin: httpx.AsyncClient
    zone: str = "zone-1"
    token: str = "simulated-token"  # noqa: S105 - the simulator's own
    bypasses: bool = True
    kept: dict[tuple[str, bool], Kept] = field(default_factory=dict)
    faults: deque[Fault] = field(default_factory=deque)
    purged: list[list[str]] = field(default_factory=list)
    calls: int = 0
    hits: int = 0
    answered: Counter[tuple[int, str]] = field(default_factory=Counter)
    """How often in a second of the clock it answered in which way."""
    retry_after: int = 1
    held: asyncio.Event | None = None

    # in front of the origin

    async def proxy(self, scope: Any, receive: Any, send: Any) -> None:
        """Answers from what is kept, or asks the origin."""
        if scope["type"] != "http":
            return
        asked = await read(scope, receive)
        key = (asked.address, "gzip" in asked.header("accept-encoding"))
        if asked.method not in ("GET", "HEAD") or (self.bypasses and is_somebodys(asked)):
            await self._through(asked, send)
            return
        found = self.kept.get(key)
        if found is None or time.monotonic() - found.at >= found.seconds:
            found = await self._fetched(key, asked, send)
            if found is None:
                return
            state = "MISS"
        else:
            self.hits += 1
            state = "HIT"
        self._note(state.lower())
        await answer(send, asked, found, state)

    async def _through(self, asked: Asked, send: Any) -> None:
        got = await self._ask(asked)
        self._note("bypass")
        await say(send, got.status_code, [*plain(got.headers), ("cf-cache-status", "BYPASS")], got.content_raw)

    async def _fetched(self, key: tuple[str, bool], asked: Asked, send: Any) -> Kept | None:
        """The origin's answer, kept if it may be; None when it was passed on as it is."""
        whole = Asked("GET", asked.address, [pair for pair in asked.headers if pair[0] != "if-none-match"], b"")
        got = await self._ask(whole)
        if self.held is not None:
            await self.held.wait()
        seconds = lifetime(got)
        if seconds is None:
            self._note("dynamic")
            passed = await self._ask(asked) if asked.method == "HEAD" or asked.header("if-none-match") else got
            await say(send, passed.status_code, [*plain(passed.headers), ("cf-cache-status", "DYNAMIC")], passed.content_raw)
            return None
        tags = frozenset(tag.strip() for tag in got.headers.get("cache-tag", "").split(",") if tag.strip())
        headers = [pair for pair in plain(got.headers) if pair[0] != "cache-tag"]
        self.kept[key] = found = Kept(headers, got.content_raw, tags, time.monotonic(), seconds)
        return found

    def _note(self, status: str) -> None:
        self.answered[int(time.time()), status] += 1

    async def _ask(self, asked: Asked) -> "Got":
        headers = [pair for pair in asked.headers if pair[0] not in HOP]
        if not asked.header("accept-encoding"):
            headers.append(("accept-encoding", "identity"))
        request = self.origin.build_request(asked.method, asked.address, headers=headers, content=asked.body)
        got = await self.origin.send(request, stream=True)
        return Got(got.status_code, got.headers, b"".join([part async for part in got.aiter_raw()]))

    # the interface

    async def api(self, scope: Any, receive: Any, send: Any) -> None:
        """POST /zones/{zone}/purge_cache and POST /graphql, as Cloudflare's version 4 has them."""
        if scope["type"] != "http":
            return
        asked = await read(scope, receive)
        self.calls += 1
        fault = self.faults.popleft() if self.faults else None
        if fault == "slow":
            await asyncio.sleep(0.2)
        if fault == "busy":
            await tell(send, 429, success=False, more=[("retry-after", str(self.retry_after))])
        elif fault in ("broken", "gone"):
            await tell(send, 502 if fault == "gone" else 500, success=False)
        elif fault == "page":
            await say(send, 200, [("content-type", "text/html")], b"<p>Please sign in to the hotel's network.</p>")
        elif asked.header("authorization") != f"Bearer {self.token}":
            await tell(send, 403, success=False)
        elif (asked.method, asked.address) == ("POST", "/graphql"):
            await say(send, 200, JSON, self._analytics(asked.body, is_refused=fault == "refused"))
        elif fault == "refused":
            await tell(send, 403, success=False)
        elif asked.method != "POST" or asked.address != f"/zones/{self.zone}/purge_cache":
            await tell(send, 404, success=False)
        else:
            await self._purge(asked, send)
            if fault == "twice":
                self._forget(self.purged[-1])

    async def _purge(self, asked: Asked, send: Any) -> None:
        try:
            tags = msgspec.json.decode(asked.body, type=dict[str, list[str]])["tags"]
        except (msgspec.MsgspecError, KeyError):
            await tell(send, 400, success=False)
            return
        if not 1 <= len(tags) <= MOST_TAGS:
            await tell(send, 400, success=False)
            return
        self._forget(tags)
        await tell(send, 200, success=True)

    def _analytics(self, body: bytes, *, is_refused: bool) -> bytes:
        """Data, or why there is none: a refusal is a whole answer too."""
        try:
            found = self._groups(msgspec.json.decode(body, type=Question), is_refused=is_refused)
        except (msgspec.MsgspecError, ValueError, KeyError) as error:
            fault = {"message": str(error), "path": None, "extensions": {"timestamp": datetime.now(UTC).isoformat()}}
            return msgspec.json.encode({"data": None, "errors": [fault]})
        groups = [{"count": count, "dimensions": {"cacheStatus": status}} for status, count in sorted(found.items())]
        return msgspec.json.encode({"data": {"viewer": {"zones": [{"httpRequestsAdaptiveGroups": groups}]}}, "errors": None})

    def _groups(self, asked: Question, *, is_refused: bool) -> Counter[str]:
        """The answers of the span by how they were found; ValueError in the provider's words."""
        declared = set(re.findall(r"\$(\w+):", asked.query))
        if strange := set(WORD.findall(re.sub(r"query \w+", "query", asked.query))) - KNOWN:
            raise ValueError(f"unknown field {sorted(strange)[0]}")
        if "limit:" not in asked.query or declared != set(asked.variables):
            raise ValueError("error parsing args")
        if is_refused or asked.variables["zone"] != self.zone:
            raise ValueError(f"zone '{asked.variables['zone']}' does not have access to the path")
        since, until = (datetime.fromisoformat(asked.variables[name]) for name in ("since", "until"))
        if until - since > WIDEST or datetime.now(UTC) - since > OLDEST:
            raise ValueError(f"cannot request a time range wider than {WIDEST.total_seconds():.0f}s")
        found = Counter[str]()
        for (second, status), count in self.answered.items():
            if since.timestamp() <= second < until.timestamp():
                found[status] += count
        return found

    def _forget(self, tags: list[str]) -> None:
        self.purged.append(tags)
        for key in [key for key, kept in self.kept.items() if kept.tags & set(tags)]:
            del self.kept[key]


@dataclass
class Got:
    """The origin's answer, its body as it travelled."""

    status_code: int
    headers: httpx.Headers
    content_raw: bytes


async def read(scope: Any, receive: Any) -> Asked:
    """The whole request."""
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), bool(message.get("more_body"))
    query = scope["query_string"].decode()
    headers = [(name.decode().lower(), value.decode("latin-1")) for name, value in scope["headers"]]
    return Asked(
        scope["method"],
        (scope.get("raw_path") or scope["path"].encode()).decode().partition("?")[0] + (f"?{query}" if query else ""),
        headers,
        body,
    )


def is_somebodys(asked: Asked) -> bool:
    """Whether the request carries a session, a mark, a position or a choice of language, or comes from a browser in another one than English."""
    cookie = asked.header("cookie")
    if OTHER_LANGUAGES.search(asked.header("accept-language")):
        return True
    return any(name in cookie for name in COOKIES) or any(name in HEADERS for name, _ in asked.headers)


def lifetime(got: Got) -> float | None:
    """How long the edge may keep it; None for not at all."""
    word = got.headers.get("cdn-cache-control", "")
    found = AGE.search(word)
    if got.status_code != 200 or "set-cookie" in got.headers or "no-store" in word or found is None:
        return None
    return float(found[1])


def plain(headers: httpx.Headers) -> Pairs:
    """The headers that are passed on."""
    return [(name, value) for name, value in headers.multi_items() if name not in HOP]


async def answer(send: Any, asked: Asked, kept: Kept, state: str) -> None:
    """What is kept, or 304 to whoever has it."""
    more = [("age", str(int(time.monotonic() - kept.at))), ("cf-cache-status", state)]
    tag = dict(kept.headers).get("etag", "")
    named = [part.strip().removeprefix("W/") for part in asked.header("if-none-match").split(",")]
    if tag and tag in named:
        await say(send, 304, [*(pair for pair in kept.headers if pair[0] not in ("content-type", "content-encoding")), *more], b"")
    else:
        await say(send, 200, [*kept.headers, *more], kept.body, head=asked.method == "HEAD")


async def tell(send: Any, status: int, *, success: bool, more: Pairs | None = None) -> None:
    """An answer of the interface."""
    errors = [] if success else [{"code": status * 10, "message": "not purged"}]
    body = msgspec.json.encode({"success": success, "errors": errors, "messages": [], "result": {"id": "purge"} if success else None})
    await say(send, status, [*JSON, *(more or [])], body)


async def say(send: Any, status: int, headers: Pairs, body: bytes, *, head: bool = False) -> None:
    """One ASGI answer."""
    sent = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    if status != 304:
        sent.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": sent})
    await send({"type": "http.response.body", "body": b"" if head else body})
