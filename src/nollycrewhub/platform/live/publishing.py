"""Telling: a message is numbered in the transaction it tells of, and leaves for the sockets after the commit.

A process that dies between the two has lost nothing: every hub looks at what was committed once a second.
"""

import asyncio
import time
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import msgspec
import redis.asyncio as valkey
from redis.exceptions import RedisError

from nollycrewhub.kit.told import as_json
from nollycrewhub.platform import log
from nollycrewhub.platform.breaker import Breaker
from nollycrewhub.platform.db import Database, Position, WriteSession
from nollycrewhub.platform.live import frames
from nollycrewhub.platform.live.channels import NAME
from nollycrewhub.platform.live.store import FORGET, NUMBER
from nollycrewhub.platform.sessions import Sessions

LINE = "nch:live"
PERSON = "person:"
KEY = "live"
NUMBERED = "live_numbered"
RIGHTS = "rights"
APART = "blocks"
MOST_TOGETHER = 200
MOST_WAITING = 10_000
LOG = log.logger("live")


class Sent(msgspec.Struct, array_like=True, frozen=True):
    """One message between processes. `n` is 0 for what is not stored; `text` is the frame as clients read it.

    `apart` are the people who must not hear what somebody says.
    """

    channel: str
    epoch: str
    n: int
    kind: str
    text: bytes
    at: str
    sent: float
    apart: frozenset[str] = frozenset()


ENCODER = msgspec.msgpack.Encoder()
DECODER: msgspec.msgpack.Decoder[list[Sent]] = msgspec.msgpack.Decoder(list[Sent])


def publish(session: WriteSession, channel: str, kind: str, payload: object = None) -> None:
    """Tells a channel's listeners, if and only if this transaction commits.

    The payload is ids and little else: it is kept for two hours, and the listener fetches the rest with the position
    that comes with it.
    """
    text = as_json(payload)
    if not NAME.match(channel) or len(channel) > frames.LONGEST_NAME or len(text) > frames.LARGEST_PAYLOAD:
        raise ValueError(f"{channel} is no channel's name, or {len(text)} bytes are too many")
    if not session.in_transaction():
        session.sync_session.begin()  # else there would be nothing to commit
    session.info.setdefault(KEY, []).append((channel, kind, text.decode()))


def revoke(session: WriteSession, channel: str, person_id: UUID | None = None) -> None:
    """Somebody's rights to a channel have changed: listeners are asked about anew, before anything later reaches them."""
    publish(session, channel, RIGHTS, {"person": person_id})


def set_apart(session: WriteSession, person_id: UUID) -> None:
    """Somebody has drawn a line between themselves and another, or taken one away: whoever speaks is asked about anew (`Channel.apart`).

    It is told on their own channel and no other, so that nobody else knows.
    """
    publish(session, f"{PERSON}{person_id}", APART, {})


async def forget(session: WriteSession, channels: Sequence[str]) -> None:
    """The channels and their messages are gone with what they were about."""
    await session.sql(FORGET, list(channels))


async def before_commit(session: WriteSession) -> bool:
    """Numbers what this transaction tells; whether it tells anything."""
    told = session.info.pop(KEY, None)
    if told:
        channels, kinds, payloads = ([part[place] for part in told] for place in range(3))
        session.info[NUMBERED] = await session.sql(NUMBER, channels, kinds, payloads)
    return bool(told)


class Teller:
    """Sends to all hubs through the cache's Valkey, which may be away: then the hubs find out by themselves."""

    def __init__(self, client: "valkey.Redis", sessions: Sessions | None = None) -> None:
        self.client = client
        self.sessions = sessions
        self.breaker = Breaker()
        self.marking = Breaker()
        self.waiting: deque[Sent] = deque()
        self._sending: asyncio.Task[None] | None = None

    @property
    def is_sending(self) -> bool:
        """Whether something has not gone out yet."""
        return self._sending is not None and not self._sending.done()

    async def stop(self) -> None:
        """Lets what waits go out first; the client's patience and the breaker bound it."""
        if self._sending is not None:
            await self._sending

    def follow(self, db: Database) -> None:
        """Hears of every commit of this process."""
        db.before_commit.append(before_commit)
        db.after_commit.append(self.after_commit)

    async def after_commit(self, session: WriteSession, position: Position) -> None:
        """Sends what the committed transaction told."""
        rows: list[Any] = session.info.pop(NUMBERED, [])
        people = {channel.removeprefix(PERSON) for channel, *_ in rows if channel.startswith(PERSON)}
        if await self.mark(people, position):
            session.marked.update(people)
        at, now = str(position), time.time()
        self.send(
            Sent(channel, epoch, n, kind, frames.message(channel, epoch, n, kind, payload=payload.encode(), at=at), at, now)
            for channel, epoch, n, kind, payload in rows
        )

    async def mark(self, people: set[str], position: Position) -> bool:
        """Whoever was told something finds it where they look next: by a push, a mail's link or on another device, too."""
        if not people or self.sessions is None or not self.marking.admits():
            return False
        try:
            await self.sessions.remember_all(people, position)
        except (RedisError, OSError, TimeoutError) as error:
            self.marking.failed()
            LOG.warning("people who were told something may not find it for a moment", people=len(people), error=type(error).__name__)
            return False
        self.marking.worked()
        return True

    def say(self, channel: str, kind: str, payload: bytes = b"null", *, by: str = "", apart: frozenset[str] = frozenset()) -> None:
        """Tells those who listen at this moment, but for those `apart`, and stores nothing."""
        self.send([Sent(channel, "", 0, kind, frames.said(channel, kind, payload=payload, by=by), "", time.time(), apart)])

    def send(self, messages: Iterable[Sent]) -> None:
        """Sends in the order of the calls, without the caller's waiting; what does not go out is found by the hubs' own look."""
        self.waiting.extend(messages)
        if len(self.waiting) > MOST_WAITING:
            LOG.warning("live messages wait for the next look", messages=len(self.waiting), error="too many wait")
            self.waiting.clear()
        if self.waiting and not self.is_sending:
            self._sending = asyncio.create_task(self._send())

    async def _send(self) -> None:
        while self.waiting:
            together = [self.waiting.popleft() for _ in range(min(MOST_TOGETHER, len(self.waiting)))]
            if not self.breaker.admits():
                continue
            try:
                await self.client.publish(LINE, ENCODER.encode(together))
            except (RedisError, OSError, TimeoutError) as error:
                self.breaker.failed()
                LOG.warning("live messages wait for the next look", messages=len(together), error=type(error).__name__)
            else:
                self.breaker.worked()
