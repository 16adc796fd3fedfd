"""The outermost layer: one pure ASGI wrapper that every request passes on its way in and out.

In: request id, proxy trust, region, device, body limit. Out: commit, position mark, stored answers of
idempotent requests, ETag and 304, HEAD, security headers, metrics, one log line.
"""

import hashlib
import os
import re
import time
from typing import Any

from litestar.types import ASGIApp, Message, Receive, Send
from redis.exceptions import RedisError

from nollycrewhub.kit.told import ENGLISH, READER, told
from nollycrewhub.platform import errors, idempotency, log, metrics, tracing
from nollycrewhub.platform.admission import HEALTH, LASTING, Admission, Place, refuse
from nollycrewhub.platform.context import (
    FILLING,
    MARK_COOKIE,
    MARK_SECONDS,
    SCOPE_KEY,
    Edge,
    RequestContext,
    parse_cookies,
    session_cookie,
)
from nollycrewhub.platform.db import Database, Position, failures
from nollycrewhub.platform.encodings import heard
from nollycrewhub.platform.homeward import Homeward
from nollycrewhub.platform.languages import Chooser, is_english_only, offered
from nollycrewhub.platform.load import LOAD
from nollycrewhub.platform.readiness import Readiness
from nollycrewhub.platform.regions import is_told
from nollycrewhub.platform.security import HSTS, SECURITY_HEADERS, sign
from nollycrewhub.platform.sessions import Sessions
from nollycrewhub.platform.settings import Settings

UNCERTAIN = (
    "The database went away while your change was being saved. Please look whether it is there before you try again; "
    "with the same Idempotency-Key you can safely send it again."
)
REQUEST_ID = re.compile(rb"^[A-Za-z0-9_-]{8,64}$")
LISTED = frozenset((b"x-forwarded-for", b"accept-encoding", b"accept-language"))  # a list, in one header or in several
SLOW = 1.0
GZIP = b"\x1f\x8b"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
LOG = log.logger("http")


class Gate:
    """Wraps the application; one instance a process."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        settings: Settings,
        db: Database,
        sessions: Sessions,
        readiness: Readiness,
        body_limits: dict[str, int] | None = None,
    ) -> None:
        self.app = app
        self.body_limits = body_limits or {}
        self.settings = settings
        self.db = db
        self.sessions = sessions
        self.edge = Edge(settings.edge_addresses)
        self.admission = Admission(settings.most_in_flight)
        self.readiness = readiness
        self.homeward = Homeward(settings)
        self.languages = Chooser(offered())
        self.session_cookie = session_cookie(settings)
        self.headers = [(k.encode(), v.encode()) for k, v in SECURITY_HEADERS.items()]
        if settings.is_secure:
            self.headers.append((b"strict-transport-security", HSTS.encode()))

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Passes lifespan and sockets through, and walks a request in and out."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if FILLING not in scope and not self.admission.has_room(scope["path"]):
            await refuse(send, self.headers, region=self.edge.region(peer_of(scope), scope["headers"]), leaves=self.readiness.draining)
            return
        context = self.context_of(scope)
        scope[SCOPE_KEY] = context
        log.REQUEST_ID.set(context.request_id)
        answer = Answer(self, scope, context, send)
        if scope["method"] == "HEAD":
            answer.head_only = True
            scope = {**scope, "method": "GET"}  # a copy: the server looks into its own to know that no body follows
        scope = heard(scope, context.headers.get(b"accept-encoding", b""))
        home = self._home_of(scope, context)
        read_before = READER.set(ENGLISH if is_english_only(scope["path"]) else self.languages.reader(context.language))
        metrics.IN_FLIGHT.inc()
        try:
            with self.admission.begun(scope["path"]) as place:
                if home is not None:
                    await send_home(answer, *home)
                    return
                await self.app(scope, self._bounded(scope, context, receive, place), answer)
        finally:
            metrics.IN_FLIGHT.dec()
            READER.reset(read_before)
            if context.write is not None:
                await context.write.close()
            idempotency.release(context.idempotency)
            answer.account()

    def _home_of(self, scope: Any, context: RequestContext) -> tuple[int, list[tuple[bytes, bytes]]] | None:
        """How to send the request to its own region; None unless a trusted edge told a country of another one.

        What is filled for everyone is the same everywhere, and one asker's country must not decide what others get.
        """
        peer = peer_of(scope)
        country = context.headers.get(b"cf-ipcountry", b"").decode("latin-1")
        if self.homeward.mode == "off" or FILLING in scope or not self.edge.trusts(peer) or not is_told(country):
            return None
        query = scope.get("query_string", b"").decode("latin-1")
        path = scope.get("raw_path", b"").decode("latin-1") or scope["path"]
        return self.homeward.answer(scope["method"], path + ("?" + query if query else ""), context.region, context.headers)

    def context_of(self, scope: Any) -> RequestContext:
        """What the request says of itself, before anything is looked up."""
        headers: dict[bytes, bytes] = {}
        for name, value in scope["headers"]:
            if name in LISTED and name in headers:
                headers[name] += b"," + value
            headers.setdefault(name, value)
        peer = peer_of(scope)
        address, region, device = self.edge.read(peer, headers)
        given = headers.get(b"x-request-id", b"")
        request_id = given.decode() if self.edge.trusts(peer) and REQUEST_ID.match(given) else os.urandom(16).hex()
        filling = scope.get(FILLING)
        return RequestContext(
            request_id,
            region,
            device,
            address,
            time.perf_counter(),
            headers,
            parse_cookies(headers.get(b"cookie", b"")),
            self.db,
            self.sessions,
            self.settings.secret,
            self.session_cookie,
            self.settings.region or region,
            filling=filling,
            language=self.languages.of(headers.get(b"cookie", b""), headers.get(b"accept-language", b""))
            if filling is None
            else filling.language,
        )

    def _bounded(self, scope: Any, context: RequestContext, receive: Receive, place: Place) -> Receive:
        multipart = context.headers.get(b"content-type", b"").startswith(b"multipart/form-data")
        usual = self.settings.upload_limit if multipart else self.settings.body_limit
        limit = self.body_limits.get(scope["path"].rstrip("/"), usual)
        declared = context.headers.get(b"content-length", b"")
        if declared.isdigit() and int(declared) > limit:
            context.extra_headers.append((b"connection", b"close"))
            return too_large(limit)
        seen, is_whole = 0, False

        async def bounded() -> Any:
            nonlocal seen, is_whole
            if is_whole:
                return await receive()
            with place.left():
                message = await receive()
            if message["type"] == "http.request":
                is_whole = not message.get("more_body", False)
                seen += len(message.get("body", b""))
                if seen > limit:
                    raise errors.TooLarge(told("At most %(limit)s kB are read here.", limit=limit // 1000))
            return message

        return bounded


def peer_of(scope: Any) -> str:
    """Who is at the other end of the connection."""
    return scope["client"][0] if scope.get("client") else ""


def is_page(headers: list[tuple[bytes, bytes]]) -> bool:
    """Whether an answer with these headers is a page, which a phone may keep."""
    return any(name == b"content-type" and value.startswith(b"text/html") for name, value in headers)


async def send_home(answer: "Answer", status: int, headers: list[tuple[bytes, bytes]]) -> None:
    """An empty answer that sends the request to its own region."""
    answer.context.route = "sent-home"
    await answer({"type": "http.response.start", "status": status, "headers": [*headers, (b"content-length", b"0")]})
    await answer({"type": "http.response.body", "body": b"", "more_body": False})


def too_large(limit: int) -> Receive:
    """A receive that refuses: the declared body is past the limit, so none of it is read."""

    async def refuse() -> Any:
        raise errors.TooLarge(told("At most %(limit)s kB are read here.", limit=limit // 1000))

    return refuse


class Answer:
    """The `send` of one request: holds the head of the answer back until what it promises is true."""

    def __init__(self, gate: Gate, scope: Any, context: RequestContext, send: Send) -> None:
        self.gate = gate
        self.scope = scope
        self.context = context
        self.send = send
        self.head_only = False
        self.status = 0
        self.start: Any = None
        self.body: list[bytes] = []
        self.swallow = False
        self.replaced: bytes | None = None
        self.ttfb = 0.0

    async def __call__(self, message: Message) -> None:
        """Buffers small answers that need an ETag or are stored for repeats; streams all others."""
        if message["type"] == "http.response.start":
            self.start = message
            if not (self.context.etag or self.context.idempotency is not None):
                await self._settle(None)
                await self._begin()
            return
        if self.swallow:
            return
        if message["type"] == "http.response.body" and self.start is not None:
            self.body.append(message.get("body", b""))
            if message.get("more_body"):
                return
            body = b"".join(self.body)
            await self._settle(body)
            await self._finish(body)
            return
        if self.head_only:
            return
        await self.send(message)

    async def _settle(self, body: bytes | None) -> None:
        """Commits what the request wrote (or rolls it back), before anyone hears that it went well."""
        context = self.context
        try:
            await context.remember_reads()
        except RedisError:
            LOG.warning("where this person read is not remembered; they may see a little less next time")
        session = context.write
        if session is None:
            return
        if (self.start["status"] >= 400 and not session.is_kept) or not session.in_transaction():
            await session.rollback()
            return
        if context.idempotency is not None and body is not None:
            await idempotency.store(session, context.idempotency, self.start, body)
        try:
            position = await self.gate.db.commit(session)
        except failures.UNCERTAIN as error:
            LOG.error("commit failed", error=type(error).__name__)
            self._replace(errors.Unavailable(UNCERTAIN))
            return
        if position is not None:
            await self._mark(position, session.marked)

    def _replace(self, problem: errors.Problem) -> None:
        body = errors.document(problem, self.context.request_id)
        self.start = {
            "type": "http.response.start",
            "status": problem.status,
            "headers": [
                (b"content-type", b"application/problem+json"),
                (b"content-length", str(len(body)).encode()),
                *((k.encode(), v.encode()) for k, v in problem.headers.items()),
            ],
        }
        self.body = [body]
        self.replaced = body

    async def _mark(self, position: Position, marked: set[str]) -> None:
        """Remembers the position for whoever wrote, unless they are among those `marked` with being told."""
        context = self.context
        viewer = context._viewer
        person = context.wrote_for or (viewer.person_id if viewer else None)
        if person is not None and str(person) not in marked:
            try:
                await self.gate.sessions.remember(person, position)
            except RedisError:
                LOG.warning("position mark not remembered; the cookie still carries it")
        signed = sign(context.secret, "mark", str(position), expires_in=MARK_SECONDS)
        secure = "; Secure" if self.gate.settings.is_secure else ""
        context.extra_headers.append((b"x-nch-position", str(position).encode()))
        context.extra_headers.append(
            (
                b"set-cookie",
                f"{MARK_COOKIE}={signed}; Path=/; Max-Age={MARK_SECONDS}; HttpOnly; SameSite=Lax{secure}".encode(),
            )
        )

    def _headers(self) -> list[tuple[bytes, bytes]]:
        given = [(bytes(k).lower(), bytes(v)) for k, v in self.start["headers"]]
        names = {name for name, _ in given}
        if b"allow" in names:
            given = [(name, with_head(value) if name == b"allow" else value) for name, value in given]
        out = given + [pair for pair in self.gate.headers if pair[0] not in names]
        out += self.context.extra_headers
        if self.start["status"] == 200 and self.scope["method"] in ("GET", "HEAD") and is_page(given):
            out += self.context.headers_of_own_page()
        out.append((b"x-request-id", self.context.request_id.encode()))
        out.append((b"x-region", self.context.region.encode()))
        if self.gate.readiness.draining:
            out.append((b"connection", b"close"))
        sets_cookie = any(name == b"set-cookie" for name, _ in out)
        if sets_cookie:
            out = [pair for pair in out if pair[0] not in (b"cache-control", b"etag")]
            out.append((b"cache-control", b"private, no-store"))
        elif b"cache-control" not in names:
            out.append((b"cache-control", b"private, no-store"))
        return out

    async def _begin(self) -> None:
        replaced = self.replaced
        self.status = self.start["status"]
        self.ttfb = time.perf_counter() - self.context.started
        await self.send({"type": "http.response.start", "status": self.status, "headers": self._headers()})
        self.start = None
        if replaced is not None or self.head_only:
            self.swallow = True
            await self.send(
                {
                    "type": "http.response.body",
                    "body": b"" if self.head_only else replaced or b"",
                    "more_body": False,
                }
            )

    async def _finish(self, body: bytes) -> None:
        body = body if self.replaced is None else self.replaced
        headers = self._headers()
        if body.startswith(GZIP):  # its time stamp would make another representation of the same page every second
            body = body[:4] + bytes(4) + body[8:]
        status = self.start["status"]
        if self.context.etag and status == 200 and not any(name == b"set-cookie" for name, _ in headers):
            tag = b'"' + hashlib.sha256(body).hexdigest()[:24].encode() + b'"'
            headers.append((b"etag", tag))
            if matches(self.context.headers.get(b"if-none-match"), tag):
                status, body = 304, b""
                headers = [pair for pair in headers if pair[0] not in (b"content-length", b"content-type")]
        self.status = status
        self.ttfb = time.perf_counter() - self.context.started
        await self.send({"type": "http.response.start", "status": status, "headers": headers})
        await self.send({"type": "http.response.body", "body": b"" if self.head_only else body, "more_body": False})

    def account(self) -> None:
        """Counts and logs the request."""
        context = self.context
        if context.filling is not None:
            return
        method = "HEAD" if self.head_only else self.scope["method"]
        method = method if method in METHODS else "OTHER"
        metrics.count(metrics.REQUESTS, context.route, method, str(self.status), context.region, context.device)
        tracing.note(route=context.route, region=context.region, device=context.device)
        is_waiting = self.scope["path"] in LASTING  # for news: not slow
        if not is_waiting:
            metrics.clock(metrics.SECONDS, context.route).observe(self.ttfb)
        if self.scope["path"] not in HEALTH:
            LOAD.saw(context.who)
            if not is_waiting:
                LOAD.answer(self.ttfb, self.status, by=(context.region, context.device))
                LOAD.serve(context.region, context.device, self.status, route=context.route)
        if self.status >= 500 or (self.ttfb > SLOW and not is_waiting):
            LOG.warning(
                "request",
                route=context.route,
                method=method,
                status=self.status,
                ms=round(self.ttfb * 1000, 1),
            )


def with_head(allow: bytes) -> bytes:
    """The methods of an Allow header with HEAD among them, which the gate makes of every GET."""
    methods = {method.strip() for method in allow.split(b",")}
    return b", ".join(sorted(methods | {b"HEAD"} if b"GET" in methods else methods))


def matches(header: bytes | None, tag: bytes) -> bool:
    """Whether If-None-Match names this tag (weak comparison, as RFC 9110 asks)."""
    if not header:
        return False
    if header.strip() == b"*":
        return True
    return any(part.strip().removeprefix(b"W/") == tag for part in header.split(b","))
