"""Telling: a message is numbered in the transaction it tells of, and leaves for the sockets after the commit.

A process that dies between the two has lost nothing: every hub looks at what was committed once a second.
"""

import time
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import msgspec
import redis.asyncio as valkey
from redis.exceptions import RedisError

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
MOST_TOGETHER = 200
LOG = log.logger("live")


class Sent(msgspec.Struct, array_like=True, frozen=True):
    """One message between processes. `n` is 0 for what is not stored; `text` is the frame as clients read it."""

    channel: str
    epoch: str
    n: int
    kind: str
    text: bytes
    at: str
    sent: float


ENCODER = msgspec.msgpack.Encoder()
DECODER: msgspec.msgpack.Decoder[list[Sent]] = msgspec.msgpack.Decoder(list[Sent])


def publish(session: WriteSession, channel: str, kind: str, payload: object = None) -> None:
    """Tells a channel's listeners, if and only if this transaction commits.

    The payload is ids and little else: it is kept for two hours, and the listener fetches the rest with the position
    that comes with it.
    """
    text = msgspec.json.encode(payload)
    if not NAME.match(channel) or len(channel) > frames.LONGEST_NAME or len(text) > frames.LARGEST_PAYLOAD:
        raise ValueError(f"{channel} is no channel's name, or {len(text)} bytes are too many")
    if not session.in_transaction():
        session.sync_session.begin()  # else there would be nothing to commit
    session.info.setdefault(KEY, []).append((channel, kind, text.decode()))


def revoke(session: WriteSession, channel: str, person_id: UUID | None = None) -> None:
    """Somebody's rights to a channel have changed: listeners are asked about anew, before anything later reaches them."""
    publish(session, channel, RIGHTS, {"person": person_id})


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

    def follow(self, db: Database) -> None:
        """Hears of every commit of this process."""
        db.before_commit.append(before_commit)
        db.after_commit.append(self.after_commit)

    async def after_commit(self, session: WriteSession, position: Position) -> None:
        """Sends what the committed transaction told."""
        rows: list[Any] = session.info.pop(NUMBERED, [])
        await self.mark({channel.removeprefix(PERSON) for channel, *_ in rows if channel.startswith(PERSON)}, position)
        at, now = str(position), time.time()
        await self.send(
            Sent(channel, epoch, n, kind, frames.message(channel, epoch, n, kind, payload=payload.encode(), at=at), at, now)
            for channel, epoch, n, kind, payload in rows
        )

    async def mark(self, people: set[str], position: Position) -> None:
        """Whoever was told something finds it where they look next: by a push, a mail's link or on another device, too."""
        if not people or self.sessions is None or not self.marking.admits():
            return
        try:
            await self.sessions.remember_all(people, position)
        except (RedisError, OSError, TimeoutError) as error:
            self.marking.failed()
            LOG.warning("people who were told something may not find it for a moment", people=len(people), error=type(error).__name__)
            return
        self.marking.worked()

    async def say(self, channel: str, kind: str, payload: bytes = b"null", *, by: str = "") -> None:
        """Tells those who listen at this moment, and stores nothing."""
        await self.send([Sent(channel, "", 0, kind, frames.said(channel, kind, payload=payload, by=by), "", time.time())])

    async def send(self, messages: Iterable[Sent]) -> None:
        """Sends; what does not go out is found by the hubs' look at the database."""
        left = list(messages)
        if not left or not self.breaker.admits():
            return
        try:
            for start in range(0, len(left), MOST_TOGETHER):
                await self.client.publish(LINE, ENCODER.encode(left[start : start + MOST_TOGETHER]))
        except (RedisError, OSError, TimeoutError) as error:
            self.breaker.failed()
            LOG.warning("live messages wait for the next look", messages=len(left), error=type(error).__name__)
            return
        self.breaker.worked()
