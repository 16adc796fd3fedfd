"""Starts the stack's servers again when one of them dies while everything runs, and says so; keeps their logs short."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from nollycrewhub.devstack.account import DevstackError
from nollycrewhub.devstack.logs import shorten
from nollycrewhub.devstack.postgres import Primary, Standby
from nollycrewhub.devstack.stack import Stack
from nollycrewhub.devstack.valkey import Valkey

LOOK_EVERY = 1.0
PAUSE_AFTER_FAILURE = 10.0

Server = Primary | Standby | Valkey


class Watch:
    """Looks at every server once a second; each is revived in a thread of its own, so one never waits for another."""

    def __init__(self, stack: Stack, *, say: Callable[[str], None]) -> None:
        self.stack = stack
        self.say = say
        self.pool = ThreadPoolExecutor(len(stack.servers()))
        self.reviving: dict[str, Future[None]] = {}
        self.next_look = 0.0

    def look(self) -> None:
        """Called often; looks when it is time."""
        if time.monotonic() < self.next_look:
            return
        self.next_look = time.monotonic() + LOOK_EVERY
        self.shorten_logs()
        for server in self.stack.servers():
            under_way = self.reviving.get(server.name)
            if (under_way is None or under_way.done()) and not server.is_running():
                self.say(f"{server.name} ended; starting it again.")
                self.reviving[server.name] = self.pool.submit(self._revive, server)

    def shorten_logs(self) -> None:
        """Keeps what the servers write about themselves from growing without end."""
        for server in self.stack.servers():
            shorten(server.log)

    def _revive(self, server: Server) -> None:
        began = time.monotonic()
        try:
            self.stack.revive(server)
        except DevstackError as error:
            self.say(f"{server.name} did not come back: {error} It is tried again in {PAUSE_AFTER_FAILURE:.0f} s.")
            time.sleep(PAUSE_AFTER_FAILURE)
        else:
            self.say(f"{server.name} is back after {time.monotonic() - began:.1f} s.")

    def stop(self) -> None:
        """Waits for what is under way, so that nothing is started behind the stack's back while it stops."""
        self.pool.shutdown(wait=True, cancel_futures=True)
