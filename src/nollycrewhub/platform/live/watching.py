"""What a hub does by the clock: looks for what was committed and not heard of, and for connections that are over."""

import asyncio
import time
from typing import Any

from nollycrewhub.platform import log
from nollycrewhub.platform.cache import Valkeys
from nollycrewhub.platform.db import Database, Position
from nollycrewhub.platform.ending import ended
from nollycrewhub.platform.listening import Listener
from nollycrewhub.platform.live.frames import Closed
from nollycrewhub.platform.live.hub import AGAIN, BEAT, Hub
from nollycrewhub.platform.live.publishing import LINE
from nollycrewhub.platform.sessions import ENDED, Sessions

TICK = 1.0
GRACE = 0.15  # between a commit and its message
SESSIONS_EVERY = 20.0
SILENCE_EVERY = 5.0
FIGURES_EVERY = 3.0
SILENT = 2 * BEAT + 10
BITE = 500
LOG = log.logger("live")


class Watch:
    """Begins with the first connection of the process."""

    def __init__(self, hub: Hub, *, db: Database, sessions: Sessions, valkeys: Valkeys) -> None:
        self.hub = hub
        self.sessions = sessions
        self.now = asyncio.Event()
        self.behind: dict[str, int] = {}
        self.messages = Listener(valkeys.live, LINE, take=hub.take, missed=self._miss, instead="the database is looked at")
        self.ends = Listener(valkeys.endings, ENDED, take=self._end, missed=self._doubt, instead="sessions are asked about")
        self._doubtful = True
        self._tasks: list[asyncio.Task[Any]] = []
        self._starting: asyncio.Task[None] | None = None
        db.after_failover.append(self.failed_over)

    async def start(self) -> None:
        """Listens and looks, from before the first client subscribes on; starting twice is starting once."""
        if self._starting is None:
            self._starting = asyncio.create_task(self._start())
        try:
            await asyncio.shield(self._starting)
        except Exception:
            self._starting = None
            raise

    async def _start(self) -> None:
        await self.hub.looking.moved()
        self.messages.start()
        self.ends.start()
        self._tasks = [asyncio.create_task(self._look_forever()), asyncio.create_task(self._sweep_forever())]

    async def stop(self) -> None:
        """Ends everything this started."""
        await ended(*self._tasks)
        if self._tasks:
            await self.messages.stop()
            await self.ends.stop()
        await self.hub.stop()

    # messages

    def _miss(self) -> None:
        """Something told may not have come: it is looked for at once, and who must not hear whom is asked anew."""
        self.hub.hearing.forget()
        self.now.set()

    async def _look_forever(self) -> None:
        while True:
            try:
                async with asyncio.timeout(TICK if self.messages.is_heard else TICK / 2):
                    await self.now.wait()
            except TimeoutError:
                pass
            self.now.clear()
            try:
                await self._look()
            except Exception as error:  # noqa: BLE001 - the database is away; the horizon stays, so nothing is passed over
                self.hub.tell_fault(error)

    async def _look(self) -> None:
        """Fetches what was committed a moment ago and has not come."""
        if not self.hub.topics:
            self.behind.clear()
        for name, n in (await self.hub.looking.moved()).items():
            if name in self.hub.topics:
                self.behind[name] = n
        self._forget_reached()
        if self.behind:
            await asyncio.sleep(GRACE if self.messages.is_heard else 0)
            self._forget_reached()
            for name in self.behind:
                self.hub.mend(self.hub.topics[name], is_behind=True)

    def _forget_reached(self) -> None:
        topics = self.hub.topics
        self.behind = {name: n for name, n in self.behind.items() if name in topics and (not topics[name].is_open or topics[name].n < n)}

    async def failed_over(self, _: Position) -> None:
        """Another history: every channel is read anew, and those that lost something tell their listeners."""
        if not self._tasks:
            return
        self.hub.looking.forget()
        self.behind.clear()
        await self.hub.looking.moved()
        for topic in tuple(self.hub.topics.values()):
            self.hub.check(topic)

    # connections

    def _end(self, data: bytes) -> None:
        self.hub.end_sessions(data.decode().split())

    def _doubt(self) -> None:
        """Some word of an ended session may have been missed."""
        self._doubtful = True

    async def _sweep_forever(self) -> None:
        asked = silence = figures = time.monotonic()
        while True:
            await asyncio.sleep(AGAIN)
            now = time.monotonic()
            for client in tuple(self.hub.slow):
                client.look(now)
            if now - silence >= SILENCE_EVERY:
                silence = now
                self._close_silent(now)
            if now - figures >= FIGURES_EVERY:
                figures = now
                self.hub.say_here("ops", "figures")
            if self._doubtful or now - asked >= SESSIONS_EVERY:
                self._doubtful = False  # a doubt that comes meanwhile is another one
                try:
                    await self._ask_sessions()
                    asked = now
                except Exception as error:  # noqa: BLE001 - Valkey is away; nobody can sign out without it either
                    self._doubtful = True
                    self.hub.tell_fault(error)

    def _close_silent(self, now: float) -> None:
        for client in tuple(self.hub.clients):
            if now - client.heard > SILENT:
                client.close(Closed.SILENT, "silent", retry=self.hub.spread())
            elif now - client.heard > BEAT:
                client.poke()

    async def _ask_sessions(self) -> None:
        keys = list(self.hub.by_session)
        for start in range(0, len(keys), BITE):
            bite = keys[start : start + BITE]
            found = await self.sessions.known(bite)
            self.hub.end_sessions(key for key, viewer in zip(bite, found, strict=True) if viewer is None)
