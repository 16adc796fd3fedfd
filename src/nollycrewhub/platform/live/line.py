"""A subscription to one channel of a Valkey that notices when it has become deaf."""

import asyncio
import contextlib
import time
from collections.abc import Callable

import redis.asyncio as valkey
from redis.exceptions import RedisError

from nollycrewhub.platform import log

PING_EVERY = 0.5
UNHEARD = 2.0
LOG = log.logger("live")


class Line:
    """Hands each message to `take`; `deaf` is called whenever messages may have been missed."""

    def __init__(self, client: "valkey.Redis", channel: str, *, take: Callable[[bytes], None], deaf: Callable[[], None]) -> None:
        self.client = client
        self.channel = channel
        self.take = take
        self.deaf = deaf
        self.is_heard = False
        self._ending = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins to listen."""
        self._task = asyncio.create_task(self._listen_forever())

    async def stop(self) -> None:
        """Ends; the flag ends what a cancellation that became a time-out does not."""
        self._ending = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _listen_forever(self) -> None:
        while not self._ending:
            with contextlib.suppress(RedisError, OSError, TimeoutError):
                await self._listen()
            if self.is_heard and not self._ending:
                LOG.warning("a live line is silent; the database is looked at instead", line=self.channel)
            self.is_heard = False
            await asyncio.sleep(PING_EVERY)

    async def _listen(self) -> None:
        async with self.client.pubsub() as line:
            await line.subscribe(self.channel)
            last = asked = time.monotonic()
            while not self._ending:
                message = await line.get_message(timeout=PING_EVERY / 2)
                now = time.monotonic()
                if message is not None:
                    last = now
                    self._hear(message)
                elif now - last > UNHEARD:
                    raise TimeoutError("no pong")
                if now - asked >= PING_EVERY:
                    asked = now
                    await line.ping()

    def _hear(self, message: dict[str, object]) -> None:
        """The client library connects again by itself; each word that it has subscribed means that messages may be missing."""
        if message.get("type") == "subscribe":
            self.is_heard = True
            self.deaf()
        elif message.get("type") == "message":
            data = message.get("data")
            try:
                self.take(data if isinstance(data, bytes) else str(data).encode())
            except Exception as error:  # one message that cannot be read must not make the process deaf
                LOG.error("a live message was not understood", line=self.channel, exc_info=error)
