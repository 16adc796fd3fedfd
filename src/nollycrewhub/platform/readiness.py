"""Whether this instance wants traffic."""


class Readiness:
    """Said by the drain, asked by /readyz and by whoever writes the head of an answer."""

    def __init__(self) -> None:
        self.draining = False
