"""Audition day: one casting call is posted and shared, and within minutes everybody opens it; three in ten sign in and apply.

Arrivals are a burst on top of an ordinary evening: they leap up when the call is shared and halve every half a minute.
"""

import math
from random import Random

import msgspec

from nollycrewhub.loadtest.line import Ask
from nollycrewhub.loadtest.pace import AT_ONCE, Layer, Step, Visit, Visitor, thinking
from nollycrewhub.loadtest.results import Criterion
from nollycrewhub.loadtest.scenario import Asked, Ground, Recipe, Scenario, Seen, phased
from nollycrewhub.loadtest.scenarios.mix import evening, heard_all, small
from nollycrewhub.loadtest.scenarios.plan import keep_token
from nollycrewhub.loadtest.world import NothingThere, text_of

BEFORE, BURST, AFTER = 20, 180, 40
HALVES_IN = 30.0
EVENING = 60.0  # requests a second of everybody else
APPLYING = 0.3
APPLIED = frozenset({"201", "409"})  # 409: the same sample person came twice
PATIENT = 3
SOCKETS = 100


async def posted(ground: Ground) -> str:
    """The casting call everybody will open; its number."""
    ask = Ask("call", "POST", "/api/jobs", ground.world.listing("casting"), ground.rng.choice(ground.world.tokens))
    got = await ground.lines.ask(ask)
    if got.status != 201:
        raise NothingThere(f"The casting call could not be posted ({got.status}).")
    return str(msgspec.json.decode(text_of(got))["job"]["id"])


def coming(ground: Ground, call: str) -> Visit:
    """One person who was told: opens the call, looks around or signs in, applies, and looks at what became of it."""

    def apply_to(visitor: Visitor) -> Ask | None:
        return ground.world.apply_to(call, visitor.token) if visitor.token else None

    def own(visitor: Visitor) -> Ask | None:
        return Ask("own", "GET", "/api/profile", token=visitor.token) if visitor.token else None

    def visit(rng: Random) -> list[Step]:
        steps = [Step(0.0, lambda _: Ask("call", "GET", f"/jobs/{call}"))]
        first = thinking(rng, mean=10.0, most=30.0)
        if rng.random() >= APPLYING:
            return [*steps, Step(first, lambda _: ground.world.of("list")), Step(first + thinking(rng), lambda _: ground.world.of("one"))]
        return [
            *steps, Step(first, lambda _: ground.world.sign_in(), learn=keep_token), Step(AT_ONCE, own),
            Step(first + thinking(rng, mean=15.0, most=40.0), apply_to, APPLIED),
        ]  # fmt: skip

    return visit


def sentences(seen: Seen) -> list[Criterion]:
    """Whoever wanted to apply could."""
    applied, signed = seen.tally.kind(kinds=["apply"]), seen.tally.kind(kinds=["sign-in"])
    return [
        Criterion(
            says="everybody who wants to apply signs in and applies",
            measured=f"{signed.right} of {signed.asked} signed in, {applied.right} of {applied.asked} applied, {seen.tally.impossible} could not try",
            holds=applied.asked > 0 and applied.right == applied.asked and signed.right == signed.asked and seen.tally.impossible == 0,
        ),
        *small(seen), *heard_all(seen),
    ]  # fmt: skip


async def make(ground: Ground, asked: Asked) -> Scenario:
    """An evening with the burst in it."""
    peak, call = RECIPE.rated(asked), await posted(ground)
    phases = phased(("before", BEFORE), ("the burst", BURST), ("after", AFTER), shorter=asked.shorter)
    burst, half = phases[1], HALVES_IN / asked.shorter
    layers = [
        evening(ground, begins=0, seconds=sum(one.seconds for one in phases), rate=EVENING),
        Layer(
            begins=burst.begins, seconds=burst.seconds, rate=lambda second: peak * math.exp(-second * math.log(2) / half), most=peak,
            visit=coming(ground, call),
        ),
    ]  # fmt: skip
    return Scenario(phases=phases, layers=layers, judged=frozenset({0, 1, 2}), sockets=SOCKETS, comes_again=PATIENT, own=sentences)


RECIPE = Recipe(
    name="audition", says="Audition day: a casting call is shared, and forty people a second open it, sign in and apply", rate=40, make=make
)
