"""How long a failed job waits. Pure but for the dice: a herd that fails together must not come back together."""

import random

LONGEST_BACKOFF = 3600.0


def pause_before(attempt: int, *, first: float, longest: float = LONGEST_BACKOFF, whole: bool = False) -> float:
    """Full jitter: anywhere between nothing and the doubled span; behind the span when it is waited whole.

    `attempt` is 0 after the first failure.
    """
    span = float(min(first * 2.0 ** min(attempt, 40), longest))
    return (span if whole else 0.0) + random.random() * span  # noqa: S311 - spreading load, not a secret


def pause_asked(after: float, attempt: int, *, first: float, longest: float = LONGEST_BACKOFF) -> float:
    """Never before the asked second; spread behind it, for everyone turned away was told the same second."""
    spread = max(after, float(min(first * 2.0 ** min(attempt, 40), longest)))
    return after + random.random() * spread  # noqa: S311 - spreading load, not a secret
