"""The messages that keep the processes' memories true. Silence for two seconds means that they are not trusted."""

import redis.asyncio as valkey

from nollycrewhub.platform.httpcache.fleet import CHANNEL, rises
from nollycrewhub.platform.httpcache.memory import Memory
from nollycrewhub.platform.listening import Listener


class Channel(Listener):
    """Hears what was overtaken; when messages may be missing everything is forgotten, and `epoch` says so to whoever is reading."""

    def __init__(self, client: "valkey.Redis", memory: Memory) -> None:
        super().__init__(
            client, CHANNEL, take=self._overtake, missed=self._forget, instead="copies are kept for two seconds only"
        )  # fmt: skip
        self.memory = memory
        self.epoch = 0

    async def stop(self) -> None:
        """Ends, and closes the client that is nobody else's."""
        await super().stop()
        await self.client.aclose()

    def _overtake(self, data: bytes) -> None:
        for field, position in rises(data.decode()):
            self.memory.overtake(field, position)

    def _forget(self) -> None:
        self.memory.clear()
        self.epoch += 1
