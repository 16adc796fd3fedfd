"""A thousand requests a second for two minutes, each kind at a rate of its own from one moment to the next, and nothing besides.

The mix's kinds and shares, evenly spaced: no visits with thoughts, no open pages (`mix` has them). It asks how much the
machine carries, so processors may be used up to the last; their use is told.
"""

from random import Random

from nollycrewhub.loadtest.pace import Layer, Step, Visit
from nollycrewhub.loadtest.scenario import Asked, Ground, Recipe, Scenario
from nollycrewhub.loadtest.scenarios.mix import OK, RIGHT, SHARES, asking, sentences, stepped


def one_of(ground: Ground, kind: str) -> Visit:
    """Somebody who asks once."""

    def visit(_: Random) -> list[Step]:
        return [Step(0.0, asking(ground, kind), RIGHT.get(kind, OK))]

    return visit


def evenly(ground: Ground, *, begins: float, seconds: float, rate: float) -> list[Layer]:
    """A layer for each kind."""
    return [
        Layer(begins=begins, seconds=seconds, rate=share * rate, visit=one_of(ground, kind), is_even=True) for kind, share in SHARES
    ]  # fmt: skip


async def make(ground: Ground, asked: Asked) -> Scenario:
    """A warm-up at a tenth, the step, and two minutes at the whole rate."""
    rate = RECIPE.rated(asked)
    phases = stepped(asked)
    warm, rest = phases[0].seconds, phases[1].seconds + phases[2].seconds
    layers = [*evenly(ground, begins=0, seconds=warm, rate=rate / 10), *evenly(ground, begins=warm, seconds=rest, rate=rate)]
    return Scenario(phases=phases, layers=layers, judged=frozenset({1, 2}), cpu_below=None, own=sentences)


RECIPE = Recipe(
    name="thousand",
    says="A thousand requests a second, each kind evenly, for two minutes after a step from a tenth of it",
    rate=1000,
    make=make,
)
