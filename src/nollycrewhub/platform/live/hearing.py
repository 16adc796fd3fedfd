"""Who must not hear what somebody says on a channel. It is asked when they speak, so that listening costs nothing."""

import time
from collections.abc import Awaitable, Callable, Sequence

from nollycrewhub.platform.live.channels import NOBODY, Speaker
from nollycrewhub.platform.live.together import Together
from nollycrewhub.platform.sessions import Viewer

KEPT_FOR = 60.0  # seconds; a change is told to all processes, this is for the one that was not heard
MOST_KEPT = 10_000


class Hearing:
    """Keeps what was found for a minute, or until somebody has set themselves apart from another."""

    def __init__(self, ask: Callable[[Sequence[Speaker]], Awaitable[Sequence[frozenset[str]]]]) -> None:
        self.asking: Together[Speaker, frozenset[str]] = Together(ask)
        self.found: dict[tuple[str, str, str], tuple[float, frozenset[str]]] = {}
        self.changes = 0

    async def apart(self, viewer: Viewer, channel: str, kind: str) -> frozenset[str]:
        """The ids of those who must not hear this one say this kind there."""
        key = (str(viewer.person_id), channel, kind)
        until, found = self.found.get(key, (0.0, NOBODY))
        if time.monotonic() < until:
            return found
        changes = self.changes
        found = await self.asking.ask((viewer, channel, kind))
        if changes == self.changes:
            if len(self.found) >= MOST_KEPT:
                self.found.clear()
            self.found[key] = (time.monotonic() + KEPT_FOR, found)
        return found

    def forget(self) -> None:
        """Everybody is asked about anew; what is being asked is used once and not kept."""
        self.changes += 1
        self.found.clear()
