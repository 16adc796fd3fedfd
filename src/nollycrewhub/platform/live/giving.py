"""Handing a frame to the listeners of a channel: to a few at once, to a crowd in slices, so that nobody else's request waits for it."""

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Coroutine
from typing import Any

from nollycrewhub.platform import metrics
from nollycrewhub.platform.live.client import Client
from nollycrewhub.platform.live.frames import Frame
from nollycrewhub.platform.live.topic import Topic

SLICE = 250  # some three milliseconds of writing

Given = deque[tuple[Frame, tuple[Client, ...]]]


class Giving:
    """Keeps the order of each channel: while a crowd is being told one thing, the channel's next things wait behind it."""

    def __init__(self, spawn: Callable[[Coroutine[Any, Any, None]], None]) -> None:
        self.spawn = spawn
        self.crowds: dict[Topic, Given] = {}

    def give(self, topic: Topic, frame: Frame, *, apart: Collection[str] = ()) -> None:
        """Gives it to those who listen at this moment and are not `apart`; whoever leaves before their slice comes hears no more."""
        clients = tuple(client for client in topic.clients if client.name not in apart) if apart else tuple(topic.clients)
        metrics.LIVE_FRAMES.labels("out").inc(len(clients))
        waiting = self.crowds.get(topic)
        if waiting is not None:
            waiting.append((frame, clients))
        elif len(clients) <= SLICE:
            for client in clients:
                client.send(frame)
        else:
            self.crowds[topic] = deque([(frame, clients)])
            self.spawn(self._slices(topic))

    async def _slices(self, topic: Topic) -> None:
        waiting = self.crowds[topic]
        try:
            while waiting:
                frame, clients = waiting.popleft()
                for start in range(0, len(clients), SLICE):
                    for client in clients[start : start + SLICE]:
                        if client in topic.clients:
                            client.send(frame)
                    await asyncio.sleep(0)
        finally:
            del self.crowds[topic]
