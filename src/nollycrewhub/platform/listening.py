"""One channel of a Valkey, heard for as long as the process lives; a listener knows when it may have become deaf.

The client library connects again by itself when a line breaks and says nothing; each word that it has subscribed therefore
means that messages may be missing. So do a pause longer than `UNHEARD` and a message that nobody could read.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable

import redis.asyncio as valkey
from redis.exceptions import RedisError

from nollycrewhub.platform import log
from nollycrewhub.platform.ending import ended

PING_EVERY = 0.5
UNHEARD = 2.0
"""Seconds for which a line that says nothing is still believed to be one."""
LOG = log.logger("listening")


class Listener:
    """Hands each message to `take`; `missed` is called whenever messages may be missing. `instead` is what silence means, for the log."""

    def __init__(
        self, client: "valkey.Redis", channel: str, *, take: Callable[[bytes], None], missed: Callable[[], None], instead: str
    ) -> None:  # fmt: skip
        self.client = client
        self.channel = channel
        self.trusted_until = 0.0
        self._take = take
        self._missed = missed
        self._instead = instead
        self._task: asyncio.Task[None] | None = None

    @property
    def is_heard(self) -> bool:
        """Whether the other side has said something, a pong at least, in the last two seconds."""
        return time.monotonic() < self.trusted_until

    def start(self) -> None:
        """Begins to listen."""
        self._task = asyncio.create_task(self._listen_forever())

    async def stop(self) -> None:
        """Ends."""
        if self._task is not None:
            await ended(self._task)

    async def _listen_forever(self) -> None:
        while True:
            with contextlib.suppress(RedisError, OSError, TimeoutError):
                await self._listen()
            if self.trusted_until:
                LOG.warning("a channel is silent", channel=self.channel, instead=self._instead)
            self.trusted_until = 0.0
            await asyncio.sleep(PING_EVERY)

    async def _listen(self) -> None:
        async with self.client.pubsub() as line:
            await line.subscribe(self.channel)
            last = asked = time.monotonic()
            while True:
                message = await line.get_message(timeout=PING_EVERY / 2)
                now = time.monotonic()
                if message is not None:
                    if message.get("type") == "subscribe" or now - last > UNHEARD:
                        self._missed()
                    last = now
                    self.trusted_until = now + UNHEARD
                    self._hear(message)
                elif now - last > UNHEARD:
                    raise TimeoutError("no pong")
                if now - asked >= PING_EVERY:
                    asked = now
                    await line.ping()

    def _hear(self, message: dict[str, object]) -> None:
        if message.get("type") != "message":
            return
        data = message.get("data")
        try:
            self._take(data if isinstance(data, bytes) else str(data).encode())
        except Exception as error:  # one message that cannot be read must not make the process deaf
            LOG.error("a message was not understood", channel=self.channel, exc_info=error)
            self._missed()
