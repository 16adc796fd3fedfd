"""A flash crowd: ten times as many requests within a second, for two minutes, and back."""

from nollycrewhub.loadtest.results import Criterion
from nollycrewhub.loadtest.scenario import Asked, Ground, Recipe, Scenario, Seen, phased
from nollycrewhub.loadtest.scenarios.mix import evening, heard_all, small

TIMES = 10
BEFORE, CROWD, AFTER = 30, 120, 60
FIRST_SECONDS = 10
P95_MS = 500.0
SOCKETS = 100


def sentences(seen: Seen) -> list[Criterion]:
    """The first moments after the step are judged by themselves too: a crowd's first impression."""
    begins = seen.tally.phases[1].begins
    first = sorted(seen.tally.between(begins, begins + FIRST_SECONDS).times)
    p95 = round(first[int(len(first) * 0.95)] * 1000, 1) if first else 0.0
    return [
        Criterion(says=f"p95 below {P95_MS:.0f} ms in the first ten seconds of the crowd", measured=f"{p95} ms", holds=bool(first) and p95 < P95_MS),
        *small(seen), *heard_all(seen),
    ]  # fmt: skip


async def make(ground: Ground, asked: Asked) -> Scenario:
    """The mix at a tenth, at the whole rate from one moment to the next, and at a tenth again."""
    rate = RECIPE.rated(asked)
    phases = phased(("before", BEFORE), ("the crowd", CROWD), ("after", AFTER), shorter=asked.shorter)
    rates = (rate / TIMES, rate, rate / TIMES)
    layers = [
        evening(ground, begins=phase.begins, seconds=phase.seconds, rate=each) for phase, each in zip(phases, rates, strict=True)
    ]  # fmt: skip
    return Scenario(phases=phases, layers=layers, judged=frozenset({0, 1, 2}), sockets=SOCKETS, own=sentences)


RECIPE = Recipe(name="flash", says="A flash crowd: from 60 to 600 requests a second within a second", rate=600, make=make)
