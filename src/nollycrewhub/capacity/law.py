"""The scalability law fitted to what was measured, with what it misses by: gamma, alpha and beta from six levels or more.

The law turned over, `N / X = (1 + alpha (N - 1) + beta N (N - 1)) / gamma`, is linear, so weighted least squares solve
it; the weights are those that make a miss count as one of throughput, and are found by repeating. Neither alpha nor beta
may be below nothing: each way of holding them at nothing is tried, and the best that is allowed is taken.
"""

from collections.abc import Sequence
from itertools import product

import msgspec

from nollycrewhub.capacity.formulas import best_count, throughput

LEAST_LEVELS = 6
ROUNDS = 30


class Level(msgspec.Struct, frozen=True):
    """So many at once got so many done a second."""

    at_once: float
    per_second: float


class Law(msgspec.Struct, frozen=True, kw_only=True):
    """The law's three numbers, how much of the variation it explains, and what each level missed it by (a share of it)."""

    gamma: float
    alpha: float
    beta: float
    r_squared: float
    residuals: tuple[float, ...]
    seen_to: float

    @property
    def best(self) -> float:
        """How many at once get the most done; only an extrapolation past `seen_to`."""
        return best_count(self.alpha, self.beta)

    def at(self, count: float) -> float:
        """What so many at once get done a second."""
        return throughput(count, self.gamma, self.alpha, self.beta)


class TooFewLevels(ValueError):
    """A law of three numbers from fewer than six levels says little."""


def solve(rows: Sequence[Sequence[float]], right: Sequence[float]) -> list[float] | None:
    """A small linear system by elimination with pivots; None when it has no single answer."""
    size = len(right)
    table = [[*row, value] for row, value in zip(rows, right, strict=True)]
    for column in range(size):
        pivot = max(range(column, size), key=lambda row: abs(table[row][column]))
        if abs(table[pivot][column]) < 1e-15:
            return None
        table[column], table[pivot] = table[pivot], table[column]
        for row in range(size):
            if row != column:
                share = table[row][column] / table[column][column]
                table[row] = [a - share * b for a, b in zip(table[row], table[column], strict=True)]
    return [table[row][size] / table[row][row] for row in range(size)]


def least_squares(columns: Sequence[Sequence[float]], wanted: Sequence[float], weights: Sequence[float]) -> list[float] | None:
    """The factors of the columns that come nearest to what is wanted."""
    rows = [[sum(w * a * b for w, a, b in zip(weights, one, two, strict=True)) for two in columns] for one in columns]
    right = [sum(w * a * y for w, a, y in zip(weights, one, wanted, strict=True)) for one in columns]
    return solve(rows, right)


def missed(levels: Sequence[Level], gamma: float, alpha: float, beta: float) -> float:
    """The sum of squared misses of throughput."""
    return sum((one.per_second - throughput(one.at_once, gamma, alpha, beta)) ** 2 for one in levels)


def attempt(levels: Sequence[Level], *, with_alpha: bool, with_beta: bool) -> tuple[float, float, float] | None:
    """The best gamma, alpha and beta with either of the last two held at nothing; None when they are not allowed."""
    kept = [True, with_alpha, with_beta]
    every = [[1.0] * len(levels), [one.at_once - 1 for one in levels], [one.at_once * (one.at_once - 1) for one in levels]]
    columns = [column for column, is_kept in zip(every, kept, strict=True) if is_kept]
    wanted = [one.at_once / one.per_second for one in levels]
    rates = [one.per_second for one in levels]
    found: tuple[float, float, float] | None = None
    for _ in range(ROUNDS):
        weights = [(rate * rate / one.at_once) ** 2 for rate, one in zip(rates, levels, strict=True)]
        factors = least_squares(columns, wanted, weights)
        if factors is None or factors[0] <= 0:
            return None
        rest = iter(factors[1:])
        alpha, beta = (next(rest) / factors[0] if is_kept else 0.0 for is_kept in kept[1:])
        if alpha < 0 or beta < 0 or alpha > 1:
            return None
        found = 1 / factors[0], alpha, beta
        rates = [throughput(one.at_once, *found) for one in levels]
    return found


def fit(levels: Sequence[Level]) -> Law:
    """The law of some levels; TooFewLevels when there are fewer than six."""
    if len({one.at_once for one in levels}) < LEAST_LEVELS:
        raise TooFewLevels(f"{LEAST_LEVELS} levels of load are needed to fit the law; these are {len(levels)}.")
    tries = [attempt(levels, with_alpha=a, with_beta=b) for a, b in product((True, False), repeat=2)]
    gamma, alpha, beta = min((one for one in tries if one is not None), key=lambda one: missed(levels, *one))
    mean = sum(one.per_second for one in levels) / len(levels)
    spread = sum((one.per_second - mean) ** 2 for one in levels)
    lost = missed(levels, gamma, alpha, beta)
    residuals = tuple(round(one.per_second / throughput(one.at_once, gamma, alpha, beta) - 1, 4) for one in levels)
    return Law(
        gamma=gamma, alpha=alpha, beta=beta, r_squared=1 - lost / spread if spread else 1.0, residuals=residuals,
        seen_to=max(one.at_once for one in levels),
    )  # fmt: skip
