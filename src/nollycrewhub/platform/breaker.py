"""A circuit breaker: after a few failures in a row a part is left alone for a moment, then tried by one request."""

import time
from collections.abc import Callable

FAILURES = 3
PAUSE = 1.0


class Breaker:
    """Closed (all pass), open (none pass), half-open (one passes and decides). One object a dependency and process."""

    def __init__(self, *, failures: int = FAILURES, pause: float = PAUSE, clock: Callable[[], float] = time.monotonic) -> None:
        self.most = failures
        self.pause = pause
        self.clock = clock
        self.in_a_row = 0
        self.closed_again = 0.0

    @property
    def is_open(self) -> bool:
        """Whether everyone is kept away just now."""
        return self.in_a_row >= self.most and self.clock() < self.closed_again

    def admits(self) -> bool:
        """Whether this caller may try. Past the pause one caller tries, and the others wait for what it finds."""
        if self.in_a_row < self.most:
            return True
        now = self.clock()
        if now < self.closed_again:
            return False
        self.closed_again = now + self.pause
        return True

    def worked(self) -> None:
        """It answered: everybody may pass."""
        self.in_a_row = 0

    def failed(self) -> None:
        """It did not: past the limit the circuit opens for the pause."""
        self.in_a_row += 1
        if self.in_a_row >= self.most:
            self.closed_again = self.clock() + self.pause
