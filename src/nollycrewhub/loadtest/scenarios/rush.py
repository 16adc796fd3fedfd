"""The 18:00 rush: six thousand people open one page within two minutes, most of them for the first time.

A first visit loads what the page needs beside it; two in five look at a list afterwards, one in four opens the page again.
"""

from functools import partial
from random import Random

from nollycrewhub.loadtest.line import Ask
from nollycrewhub.loadtest.pace import AT_ONCE, Layer, Step, Visit, Visitor, thinking
from nollycrewhub.loadtest.results import Criterion
from nollycrewhub.loadtest.scenario import Asked, Ground, Recipe, Scenario, Seen, phased
from nollycrewhub.loadtest.scenarios.mix import evening, heard_all, small
from nollycrewhub.loadtest.world import PLANS_JOB

BEFORE, RUSH, AFTER = 10, 120, 30
PEAK_AT = 20.0
EVENING = 40.0
FIRST_TIME, LOOKS_ON, COMES_BACK = 0.8, 0.4, 0.25
SOCKETS = 300
PAGE_MS = 200.0


def loading(path: str, _: Visitor) -> Ask:
    """Something the page needs beside it."""
    return Ask("asset", "GET", path)


def opening(ground: Ground) -> Visit:
    """One person who opens the page."""
    page = Step(0.0, lambda _: Ask("page", "GET", f"/jobs/{PLANS_JOB}"))
    assets = [Step(AT_ONCE, partial(loading, path)) for path in ground.world.assets]

    def visit(rng: Random) -> list[Step]:
        steps, at = [page, *(assets if rng.random() < FIRST_TIME else [])], thinking(rng, mean=8.0)
        if rng.random() < COMES_BACK:
            steps.append(Step(at, page.ask))
            at += thinking(rng)
        if rng.random() < LOOKS_ON:
            steps.append(Step(at, lambda _: ground.world.of("list")))
        return steps

    return visit


def sentences(seen: Seen) -> list[Criterion]:
    """The one page itself is quick throughout."""
    page = seen.tally.kind(kinds=["page"])
    return [
        Criterion(
            says=f"the page's own p95 below {PAGE_MS:.0f} ms", measured=f"{page.p95_ms} ms over {page.asked} openings",
            holds=page.asked > 0 and page.p95_ms < PAGE_MS,
        ),
        *small(seen), *heard_all(seen),
    ]  # fmt: skip


async def make(ground: Ground, asked: Asked) -> Scenario:
    """Arrivals that rise for twenty seconds and then fall until the two minutes are over: a triangle."""
    people = RECIPE.rated(asked) / asked.shorter
    phases = phased(("before", BEFORE), ("the rush", RUSH), ("after", AFTER), shorter=asked.shorter)
    rush = phases[1]
    peak, rises = 2 * people / rush.seconds, PEAK_AT / asked.shorter

    def rate(second: float) -> float:
        return peak * (second / rises if second < rises else (rush.seconds - second) / (rush.seconds - rises))

    layers = [
        evening(ground, begins=0, seconds=sum(one.seconds for one in phases), rate=EVENING),
        Layer(begins=rush.begins, seconds=rush.seconds, rate=rate, most=peak, visit=opening(ground)),
    ]  # fmt: skip
    return Scenario(phases=phases, layers=layers, judged=frozenset({0, 1, 2}), sockets=SOCKETS, own=sentences)


RECIPE = Recipe(name="rush", says="The 18:00 rush: six thousand people open one page within two minutes", rate=6000, make=make)
