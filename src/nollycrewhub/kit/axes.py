"""Axes of plots: round numbers to mark them with."""

import math

NICE = (1.0, 2.0, 2.5, 5.0, 10.0)
MOST_TICKS = 6


def nice_step(most: float, ticks: int = MOST_TICKS) -> float:
    """The smallest of 1, 2, 2.5 and 5 times a power of ten with which so many ticks reach the top."""
    raw = most / ticks
    power = 10.0 ** math.floor(math.log10(raw)) if raw > 0 else 1.0
    return next(power * one for one in NICE if power * one >= raw * (1 - 1e-9))
