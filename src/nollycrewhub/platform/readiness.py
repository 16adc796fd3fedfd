"""Whether this instance wants traffic."""

import time


class Readiness:
    """Said by the drain, asked by /readyz and by whoever writes the head of an answer."""

    def __init__(self) -> None:
        self.draining = False
        self.last_good = time.monotonic()
