"""One live connection, whatever carries it: what it may say, how often, and in which order it is answered."""

import asyncio
from collections import deque
from typing import TYPE_CHECKING

import msgspec

from nollycrewhub.platform.live import frames
from nollycrewhub.platform.live.channels import NOBODY
from nollycrewhub.platform.live.frames import Asked, Closed, Frame, Ping, Say, Sub, Unsub
from nollycrewhub.platform.live.purse import cost_of

if TYPE_CHECKING:
    from nollycrewhub.platform.live.hub import Hub
    from nollycrewhub.platform.live.topic import Topic
    from nollycrewhub.platform.sessions import Viewer

BURST = 60.0
PER_SECOND = 20.0
COST_OF_NONSENSE = 5.0
MOST_SAID = 1024


class Client:
    """Knows who listens and to what; `send` and `close` are the transport's."""

    __slots__ = ("address", "budget", "budget_at", "heard", "hub", "is_over", "queue", "topics", "viewer")
    transport_name = ""

    def __init__(self, hub: "Hub", now: float) -> None:
        self.hub = hub
        self.viewer: Viewer | None = None
        self.address = ""
        self.topics: dict[str, Topic] = {}
        self.heard = now
        self.budget = BURST
        self.budget_at = now
        self.is_over = False
        self.queue: deque[Asked] | None = None

    def send(self, frame: Frame) -> None:
        """Writes a frame, or keeps it for the next poll."""
        raise AssertionError("a transport sends")

    def close(self, code: int, why: str, *, retry: float | None = None) -> None:
        """Says goodbye with a reason (and when to come again, in seconds), and ends."""
        raise AssertionError("a transport closes")

    def look(self, now: float) -> None:
        """Asked of a slow one, twice a second: ends it when it has been slow for too long."""

    def poke(self) -> None:
        """Asks a silent one for a sign of life, where the transport can."""

    @property
    def name(self) -> str:
        """The listener's own id; empty for a stranger."""
        return str(self.viewer.person_id) if self.viewer is not None else ""

    def pay(self, cost: float, now: float) -> bool:
        """Whether one more frame is within what anybody may send; closes the connection of a flood."""
        self.budget = min(BURST, self.budget + (now - self.budget_at) * PER_SECOND) - cost
        self.budget_at = now
        if self.budget >= 0:
            return True
        self.close(Closed.FLOOD, "flood", retry=self.hub.spread() + 5)
        return False

    def hear(self, text: bytes | str, now: float) -> None:
        """One frame of the client's."""
        self.heard = now
        if not self.pay(1, now):
            return
        try:
            asked = frames.ASKED.decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            if self.pay(COST_OF_NONSENSE, now):
                self.send(frames.error("malformed", "This frame is not one of those that are understood here."))
            return
        cost = cost_of(asked)
        if cost and not self.hub.purses.pay(self.name, self.address, cost, now=now):
            self.close(Closed.FLOOD, "flood", retry=self.hub.spread() + 5)
        elif isinstance(asked, Ping):
            self.send(frames.pong(self.hub.spread(), asked.id))
        elif self.queue is not None:
            self.queue.append(asked)
        else:
            self.queue = deque((asked,))
            self.hub.spawn(self._work())

    async def _work(self) -> None:
        """Answers what was asked one after the other, until nothing is left."""
        try:
            while self.queue and not self.is_over:
                await self._do(self.queue.popleft())
        finally:
            self.queue = None

    async def _do(self, asked: Asked) -> None:
        try:
            if isinstance(asked, Sub):
                await self.hub.subscribe(self, asked.to, number=asked.id)
            elif isinstance(asked, Unsub):
                for name in asked.ch[: frames.MOST_CHANNELS]:
                    self.hub.leave(self, name)
                self.send(frames.frame(op="unsub", id=asked.id, ch=asked.ch[: frames.MOST_CHANNELS]))
            elif isinstance(asked, Say):
                await self._say(asked)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - the database or Valkey is away; the client asks again
            self.hub.tell_fault(error)
            self.send(frames.error("unavailable", "This could not be done for a moment. Ask again.", getattr(asked, "id", 0)))

    async def _say(self, asked: Say) -> None:
        found = self.hub.channels.find(asked.ch)
        if self.viewer is None or found is None or asked.ch not in self.topics or asked.k not in found[0].says:
            self.send(frames.error("forbidden", "You cannot say this here.", asked.id))
        elif len(bytes(asked.d)) > MOST_SAID:
            self.send(frames.error("too-large", f"At most {MOST_SAID} bytes are passed on.", asked.id))
        else:
            apart = await self.hub.hearing.apart(self.viewer, asked.ch, asked.k) if found[0].apart is not None else NOBODY
            said = msgspec.json.format(bytes(asked.d), indent=-1)  # on one line, as a stream of events needs it
            self.hub.teller.say(asked.ch, asked.k, said, by=self.name, apart=apart)
