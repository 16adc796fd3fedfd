"""Means over replications with their 95 % confidence intervals (Student's t)."""

import math
from collections.abc import Sequence

import msgspec

# Two-sided 95 % quantiles of Student's t by degrees of freedom; past the last one the normal's is near enough.
T_95 = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093,
    2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042, 2.040, 2.037, 2.035, 2.032, 2.030, 2.028, 2.026, 2.024,
    2.023, 2.021,
)  # fmt: skip
NORMAL_95 = 1.96


class Interval(msgspec.Struct, frozen=True):
    """A mean, and how far to either side the true one is with 95 % confidence."""

    mean: float
    half: float

    def holds(self, value: float) -> bool:
        """Whether a value lies inside."""
        return abs(value - self.mean) <= self.half


def of(values: Sequence[float]) -> Interval:
    """The interval of at least two independent values."""
    count = len(values)
    mean = math.fsum(values) / count
    variance = math.fsum((value - mean) ** 2 for value in values) / (count - 1)
    quantile = T_95[count - 2] if count - 2 < len(T_95) else NORMAL_95
    return Interval(mean, quantile * math.sqrt(variance / count))
