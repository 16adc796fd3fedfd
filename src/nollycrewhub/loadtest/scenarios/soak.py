"""An hour at half of what two cores carry: whether anything grows that should not (memory, open files, connections; bar L8)."""

from collections.abc import Sequence

from nollycrewhub.loadtest.results import Criterion
from nollycrewhub.loadtest.scenario import Asked, Ground, Recipe, Scenario, Seen, phased
from nollycrewhub.loadtest.scenarios.mix import evening, heard_all

WARM, LONG = 1200, 3600  # caches of ids by chance take a quarter of an hour to fill
SOCKETS = 200
MOST_GROWTH = 1.05  # MB in ten minutes: a MiB, bar L8
TEN_MINUTES = 600.0
FLAT = 0.1


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Growth a second by least squares; of fewer than two moments it is nothing."""
    if len(points) < 2:
        return 0.0
    at, of = sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points)
    spread = sum((x - at) ** 2 for x, _ in points)
    return sum((x - at) * (y - of) for x, y in points) / spread if spread else 0.0


def flat(what: str, points: Sequence[tuple[float, float]]) -> Criterion:
    """That a line through the points does not rise by more than a tenth over its whole length."""
    if not points:
        return Criterion(says=f"{what} stay as many", measured="not measured", holds=False)
    grown = slope(points) * (points[-1][0] - points[0][0])
    least = points[0][1]
    return Criterion(
        says=f"{what} stay as many, within a tenth", measured=f"{least:.0f} at first, {grown:+.1f} over the time",
        holds=grown <= max(5.0, FLAT * least),
    )  # fmt: skip


def growth(what: str, of: Sequence[tuple[float, Sequence[float]]]) -> Criterion:
    """Memory (MB) of the one that grows most of some processes, each looked at at the same moments."""
    many = min((len(sizes) for _, sizes in of), default=0)
    rises = [slope([(at, sizes[n]) for at, sizes in of]) * TEN_MINUTES for n in range(many)]
    return Criterion(
        says=f"{what} grows by less than 1 MiB in ten minutes",
        measured=", ".join(f"{rise:+.2f}" for rise in rises) + " MB in ten minutes" if rises else "not measured",
        holds=bool(rises) and max(rises) < MOST_GROWTH,
    )


def sentences(seen: Seen) -> list[Criterion]:
    """Nothing grows once everything is warm."""
    looks = [look for look in seen.looks if look.at >= seen.tally.phases[1].begins]
    return [
        growth("a web process", [(look.at, look.web_mb) for look in looks]),
        growth("a worker", [(look.at, look.worker_mb) for look in looks]),
        flat("open files of web processes and workers", [(look.at, float(look.files)) for look in looks if look.files]),
        flat("database connections", [(look.at, float(look.inside.connections)) for look in looks if look.inside is not None]),
        *heard_all(seen),
    ]


async def make(ground: Ground, asked: Asked) -> Scenario:
    """One steady rate."""
    phases = phased(("warming up", WARM), ("steady", LONG - WARM), shorter=asked.shorter)
    layers = [evening(ground, begins=0, seconds=sum(one.seconds for one in phases), rate=RECIPE.rated(asked))]
    return Scenario(phases=phases, layers=layers, judged=frozenset({0, 1}), sockets=SOCKETS, own=sentences)


RECIPE = Recipe(name="soak", says="An hour of the mix at half of what two cores carry: does anything grow?", rate=500, make=make)
