"""What one request knows about itself: id, region, device, caller, and the sessions it opened."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from litestar import Request

from nollycrewhub.platform.db import Database, Pin, Position, ReadSession, SteadyReads, WriteSession, furthest, parse_position
from nollycrewhub.platform.devices import Device, device_of
from nollycrewhub.platform.regions import region_of
from nollycrewhub.platform.security import unsign, whose
from nollycrewhub.platform.sessions import Sessions, Viewer
from nollycrewhub.platform.settings import Settings

SCOPE_KEY = "nollycrewhub"
LINE = "nollycrewhub.line"  # the connection a request came by, for who must end one that nobody reads
FILLING = "nollycrewhub.filling"
MARK_COOKIE = "nch_mark"
SEEN_COOKIE = "nch_seen"  # set by our pages' script: the position of what was pushed to them; unsigned, like the header
HINT_COOKIE = "signed_in"  # readable to our pages' script and worker: the tag of who is signed in, for what the phone keeps
HINT_SECONDS = 30 * 24 * 3600
WHOSE_HEADER = b"x-nch-whose"
POSITION_HEADER = b"x-nch-position"
MARK_SECONDS = 900
AnyRequest = Request[Any, Any, Any]


@dataclass
class RequestContext:
    """Made by the gate for each request; everything else reads it from the scope."""

    request_id: str
    region: str
    device: Device
    address: str
    started: float
    headers: dict[bytes, bytes]
    cookies: dict[str, str]
    db: Database
    sessions: Sessions
    secret: str
    session_cookie: str
    near: str
    language: str = "en"
    route: str = "unmatched"
    etag: bool = False
    idempotency: Any = None
    wished_token: str = ""  # what a route that answers with a token gives to each repeat of this request
    filling: Any = None
    write: WriteSession | None = None
    wrote_for: Any = None
    _viewer: Viewer | None = None
    _looked: bool = False
    _person_mark: Position | None = None
    _pin: Pin | None = None
    _read: ReadSession | None = None
    _steady: SteadyReads | None = None
    extra_headers: list[tuple[bytes, bytes]] = field(default_factory=list)

    @property
    def bearer(self) -> str | None:
        """The token of an Authorization: Bearer header."""
        kind, _, token = self.headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        return token.strip() if kind.lower() == "bearer" and token.strip() else None

    @property
    def token(self) -> str | None:
        """The session token, from the header or else the cookie."""
        return self.bearer or self.cookies.get(self.session_cookie)

    @property
    def who(self) -> str:
        """Whom to count as here: the person where one was looked up, else where the request comes from."""
        return str(self._viewer.person_id) if self._viewer is not None else self.address

    def headers_of_own_page(self) -> list[tuple[bytes, bytes]]:
        """Whose page this is, for the phone that keeps it, and the hint once more where the browser lost it or has an old one."""
        if self._viewer is None or self.bearer:
            return []
        tag = whose(self.secret, self._viewer.person_id)
        if self.cookies.get(HINT_COOKIE) == tag:
            return [(WHOSE_HEADER, tag.encode())]
        secure = "; Secure" if self.session_cookie.startswith("__Host-") else ""
        hint = f"{HINT_COOKIE}={tag}; Path=/; Max-Age={HINT_SECONDS}; SameSite=Lax{secure}"
        return [(WHOSE_HEADER, tag.encode()), (b"set-cookie", hint.encode())]

    async def viewer(self) -> Viewer | None:
        """Who is signed in, looked up at most once a request."""
        if not self._looked:
            self._looked = True
            token = self.token
            found = await self.sessions.load(token) if token else None
            if found is not None:
                self._viewer, self._person_mark, self._pin = found
        return self._viewer

    def mark(self) -> Position | None:
        """The furthest position this reader is known to have written at."""
        header, cookie = self.headers.get(POSITION_HEADER), self.cookies.get(MARK_COOKIE)
        seen = self.cookies.get(SEEN_COOKIE)
        if header is None and cookie is None and seen is None:
            return self._person_mark
        told = (parse_position(header.decode("latin-1")) if header else None, parse_position(seen))
        return furthest(
            *(mark if mark is not None and self.db.is_plausible(mark) else None for mark in told),
            parse_position(unsign(self.secret, "mark", cookie)) if cookie else None,
            self._person_mark,
        )

    async def reader_mark(self) -> Position | None:
        """The furthest position this reader is known to have written at, on whichever of their devices."""
        if self.token:
            await self.viewer()
        return self.mark()

    async def read_session(self) -> ReadSession:
        """A read session that shows the caller their own writes, and a person nothing older than before.

        The refill of a cache says itself how much it must show.
        """
        if self._read is None and self.filling is not None:
            self._read = self.db.read_session(self.filling.least, region=self.near)
            self.filling.reads.append(self._read)
        if self._read is None:
            viewer = await self.viewer() if self.token else None
            if viewer is None or not self.db.replicas:
                self._read = self.db.read_session(self.mark(), region=self.near)
            else:
                self._steady = self.db.steady_reads(self.mark(), region=self.near, key=str(viewer.person_id), pin=self._pin)
                self._read = await self._steady.open()
        return self._read

    async def remember_reads(self) -> None:
        """Before the answer goes out: where the person read, if that has to be known next time."""
        if self._steady is None or self._viewer is None:
            return
        pin = await self._steady.close()
        self._steady = None
        if pin is not None:
            await self.sessions.pin(self._viewer.person_id, pin)

    def write_session(self) -> WriteSession:
        """The request's one write session, committed by the gate when the answer is a success."""
        if self.write is None:
            self.write = self.db.write_session(region=self.region)
        return self.write


def session_cookie(settings: Settings) -> str:
    """The name of the session's cookie; over TLS one that only this host can set."""
    return "__Host-session" if settings.is_secure else "session"


def parse_cookies(raw: bytes) -> dict[str, str]:
    """The Cookie header as a table; the first of two equal names wins."""
    found: dict[str, str] = {}
    if not raw:
        return found
    for piece in raw.decode("latin-1").split(";"):
        name, equals, value = piece.strip().partition("=")
        if equals:
            found.setdefault(name, value)
    return found


class Edge:
    """Which neighbours may speak for somebody else: only configured edge addresses."""

    def __init__(self, addresses: tuple[str, ...]) -> None:
        self.networks = [ipaddress.ip_network(address, strict=False) for address in addresses]
        self.trusts = lru_cache(4096)(self._trusts)

    def _trusts(self, peer: str) -> bool:
        """Whether the socket's other end is one of our edges; asked for every request, so the answer is remembered."""
        if not self.networks:
            return False
        try:
            address = ipaddress.ip_address(peer)
        except ValueError:
            return False
        return any(address in network for network in self.networks)

    def _first_stranger(self, headers: dict[bytes, bytes]) -> str | None:
        """Read from the right, past our own edges: what is further left was written by whoever asks."""
        for hop in reversed(headers.get(b"x-forwarded-for", b"").decode("latin-1").split(",")):
            address = valid_address(hop.strip())
            if address is None or not self.trusts(address):
                return address
        return None

    def address(self, peer: str, headers: dict[bytes, bytes]) -> str:
        """Where a request comes from: the socket's other end, or whom an edge of ours names."""
        if not self.trusts(peer):
            return peer
        named = valid_address(headers.get(b"cf-connecting-ip", b"").decode("latin-1").strip())
        return named or self._first_stranger(headers) or peer

    def read(self, peer: str, headers: dict[bytes, bytes]) -> tuple[str, str, Device]:
        """Address, region and device, believing forwarded headers only from an edge."""
        trusted = self.trusts(peer)
        address = self.address(peer, headers)
        country = headers.get(b"cf-ipcountry", b"").decode("latin-1") if trusted else None
        edge_device = headers.get(b"cf-device-type", b"").decode("latin-1") if trusted else None
        hint = headers.get(b"sec-ch-ua-mobile", b"").decode("latin-1")
        agent = headers.get(b"user-agent", b"").decode("latin-1")
        return address, region_of(country), device_of(edge=edge_device, hint=hint, user_agent=agent)

    def region(self, peer: str, headers: Iterable[tuple[bytes, bytes]]) -> str:
        """The region alone, for answers that are given before the request is read."""
        country = next((value for name, value in headers if name == b"cf-ipcountry"), b"") if self.trusts(peer) else b""
        return region_of(country.decode("latin-1"))


@lru_cache(4096)
def valid_address(text: str) -> str | None:
    """The address in its usual spelling (an IPv4 one inside IPv6 as IPv4, no zone), or None when it is not one."""
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
        return str(getattr(found, "ipv4_mapped", None) or found)
    except ValueError:
        return None
