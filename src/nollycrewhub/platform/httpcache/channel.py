"""The messages that keep the processes' memories true. Silence for two seconds means that they are not trusted."""

import asyncio
import contextlib
import time

import redis.asyncio as valkey
from redis.exceptions import RedisError

from nollycrewhub.platform import log
from nollycrewhub.platform.httpcache.fleet import CHANNEL, as_bytes, rises
from nollycrewhub.platform.httpcache.memory import UNHEARD, Memory

PING_EVERY = 0.5
LOG = log.logger("cache")


class Channel:
    """Listens for as long as the process lives; what may have been missed is forgotten.

    The client library connects again by itself when a line breaks and says nothing; each word that it has subscribed
    therefore means that messages may be missing.
    """

    def __init__(self, client: "valkey.Redis", memory: Memory) -> None:
        self.client = client
        self.memory = memory
        self.trusted_until = 0.0
        self.epoch = 0
        self._ending = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins to listen."""
        self._task = asyncio.create_task(self._listen_forever())

    async def stop(self) -> None:
        """Ends. The client library may turn a cancellation into a time-out, so the flag ends what the cancel does not."""
        self._ending = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self.client.aclose()

    async def _listen_forever(self) -> None:
        while not self._ending:
            with contextlib.suppress(RedisError, OSError, TimeoutError):
                await self._listen()
            if self.trusted_until and not self._ending:
                LOG.warning("the cache's channel is silent; copies are kept for two seconds only")
            self.trusted_until = 0.0
            await asyncio.sleep(PING_EVERY)

    async def _listen(self) -> None:
        async with self.client.pubsub() as line:
            await line.subscribe(CHANNEL)
            last = asked = time.monotonic()
            heard = False
            while not self._ending:
                message = await line.get_message(timeout=PING_EVERY / 2)
                now = time.monotonic()
                if message is not None:
                    if not heard or now - last > UNHEARD or message.get("type") == "subscribe":
                        self.memory.clear()
                        self.epoch += 1
                        heard = True
                    last = now
                    self.trusted_until = now + UNHEARD
                    self._take(message)
                elif now - last > UNHEARD:
                    raise TimeoutError("no pong")
                if now - asked >= PING_EVERY:
                    asked = now
                    await line.ping()

    def _take(self, message: dict[str, object]) -> None:
        if message.get("type") == "message":
            for field, position in rises(as_bytes(message.get("data") or b"").decode()):
                self.memory.overtake(field, position)
