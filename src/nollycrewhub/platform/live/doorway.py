"""Who may open a live connection: origin, session, and how many there may be. Sessions are asked for many at a time."""

import random
from collections import Counter
from uuid import UUID

from nollycrewhub.platform import metrics, tracing
from nollycrewhub.platform.context import Edge, parse_cookies
from nollycrewhub.platform.live.client import Client
from nollycrewhub.platform.live.hub import Hub
from nollycrewhub.platform.live.together import Together
from nollycrewhub.platform.live.watching import Watch
from nollycrewhub.platform.security import is_own_origin
from nollycrewhub.platform.sessions import Sessions, Viewer, key_of

MOST_A_PERSON = 200  # in one process; a person with twenty devices and ten tabs on each
MOST_STRANGERS = 2000  # of one address in one process; thousands share one behind carrier NAT
MOST = 20_000


class Refused(Exception):
    """No connection, with the HTTP status that says why; `retry` in seconds where trying again may help."""

    def __init__(self, status: int, sentence: str, *, retry: int = 0) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.retry = retry


class Doorway:
    """One a process."""

    def __init__(
        self, hub: Hub, watch: Watch, sessions: Sessions, *, own_origins: frozenset[str], edge: Edge, session_cookie: str
    ) -> None:  # fmt: skip
        self.hub = hub
        self.watch = watch
        self.own_origins = own_origins
        self.edge = edge
        self.session_cookie = session_cookie
        self.known: Together[str, Viewer | None] = Together(sessions.known)
        self.people: Counter[UUID] = Counter()
        self.strangers: Counter[str] = Counter()
        hub.released = self.release

    async def admit(self, client: Client, headers: dict[bytes, bytes], peer: str, *, is_page: bool = False) -> None:
        """Learns who the client is and lets them in, or raises Refused; whoever never enters the hub afterwards is released.

        `is_page`: asked for by a plain GET, whose answer no page of another site may read whatever it says.
        """
        try:
            with tracing.begun("live connect"):
                await self._admit(client, headers, peer, is_page=is_page)
        except Refused as refused:
            metrics.LIVE_REFUSED.labels(str(refused.status)).inc()
            raise

    async def _admit(self, client: Client, headers: dict[bytes, bytes], peer: str, *, is_page: bool) -> None:
        if self.hub.is_draining or len(self.hub.clients) >= MOST:
            raise Refused(503, "This server takes no more connections just now.", retry=random.randint(1, 5))  # noqa: S311 - spreading
        bearer, cookie = self._tokens(headers)
        if bearer is None:
            self._check_origin(headers, needed=cookie is not None and not is_page)
        token = bearer or cookie
        try:
            await self.watch.start()
            viewer = await self.known.ask(key_of(token)) if token else None
        except Exception as error:
            self.hub.tell_fault(error)
            raise Refused(503, "We cannot tell who is signed in for a moment.", retry=random.randint(1, 5)) from error  # noqa: S311
        if bearer is not None and viewer is None:
            raise Refused(401, "This token names no session.")
        client.address, _, _ = self.edge.read(peer, headers)
        self._count(client, viewer)

    def _tokens(self, headers: dict[bytes, bytes]) -> tuple[str | None, str | None]:
        kind, _, token = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        bearer = token.strip() if kind.lower() == "bearer" and token.strip() else None
        return bearer, parse_cookies(headers.get(b"cookie", b"")).get(self.session_cookie)

    def _check_origin(self, headers: dict[bytes, bytes], *, needed: bool) -> None:
        """A browser's handshake carries its cookies from any page, so the page must be one of ours."""
        origin = headers.get(b"origin", b"").decode("latin-1")
        if (origin and not is_own_origin(origin, self.own_origins)) or (needed and not origin):
            raise Refused(403, "This connection came from another site.")

    def _count(self, client: Client, viewer: Viewer | None) -> None:
        if viewer is None:
            if self.strangers[client.address] >= MOST_STRANGERS:
                raise Refused(429, "Too many connections from this address.", retry=60)
            self.strangers[client.address] += 1
            return
        if self.people[viewer.person_id] >= MOST_A_PERSON:
            raise Refused(429, "You have too many connections. Close some pages.", retry=60)
        self.people[viewer.person_id] += 1
        same = next(iter(self.hub.by_session.get(viewer.session_key, ())), None)
        client.viewer = same.viewer if same is not None else viewer

    def release(self, client: Client) -> None:
        """The connection is over; its place is free."""
        counter: Counter[UUID] | Counter[str] = self.strangers if client.viewer is None else self.people
        key = client.address if client.viewer is None else client.viewer.person_id
        counter[key] -= 1  # type: ignore[index]
        if counter[key] <= 0:  # type: ignore[index]
            del counter[key]
