"""A busy evening: a thousand requests a second, in visits with time to think, with searches, writes, and pages left open.

Half lists over 200 filters, a fifth talent, a fifth one job or person by chance, searches, applications, two posts a
second, the rest sign-ins; two hundred open pages hear of every job that is posted.
"""

from collections.abc import Callable
from random import Random

import msgspec

from nollycrewhub.loadtest.line import Ask, Got
from nollycrewhub.loadtest.pace import Layer, Step, Visit, Visitor, thinking
from nollycrewhub.loadtest.results import Criterion
from nollycrewhub.loadtest.scenario import Asked, Ground, Recipe, Scenario, Seen, phased
from nollycrewhub.loadtest.tally import Phase
from nollycrewhub.loadtest.verdict import THROUGHPUT
from nollycrewhub.loadtest.world import text_of

SHARES = (("list", 0.50), ("talent", 0.20), ("one", 0.20), ("search", 0.05), ("apply", 0.03), ("post", 0.002), ("sign-in", 0.018))
RIGHT = {"apply": frozenset({"201", "409"}), "post": frozenset({"201"})}  # 409: applied before, or past the deadline
OK = frozenset({"200"})
LONGEST_VISIT, LONGEST_THOUGHT, MEAN_THOUGHT = 8, 12.0, 6.0
STEADY_FOR = LONGEST_VISIT * LONGEST_THOUGHT
REQUESTS_A_VISIT = (LONGEST_VISIT + 1) / 2
WARM_SECONDS, STEP_SECONDS, SECONDS = 15, 10, 120
SOCKETS = 200
P95_MS, STEP_MS, WEB_MB = 100.0, 500.0, 200.0


def visiting(ground: Ground) -> Visit:
    """One person of the mix: one to eight requests, each of a kind by its share, with thoughts between them."""
    names, shares = zip(*SHARES, strict=True)

    def visit(rng: Random) -> list[Step]:
        steps, at = [], 0.0
        for _ in range(rng.randint(1, LONGEST_VISIT)):
            kind: str = rng.choices(names, shares)[0]
            steps.append(Step(at, asking(ground, kind), RIGHT.get(kind, OK), telling(ground) if kind == "post" else None))
            at += thinking(rng, mean=MEAN_THOUGHT, most=LONGEST_THOUGHT)
        return steps

    return visit


def asking(ground: Ground, kind: str) -> Callable[[Visitor], Ask]:
    """A request of a kind, drawn when it is due."""
    return lambda _: ground.world.of(kind)


def telling(ground: Ground) -> Callable[[Visitor, Got], None]:
    """What follows a post: everybody with an open page should hear of it."""

    def tell(_: Visitor, got: Got) -> None:
        ground.crowd.post(int(msgspec.json.decode(text_of(got))["job"]["id"]))

    return tell


def evening(ground: Ground, *, begins: float, seconds: float, rate: float) -> Layer:
    """The mix at so many requests a second."""
    return Layer(begins=begins, seconds=seconds, rate=rate / REQUESTS_A_VISIT, visit=visiting(ground), steady_for=STEADY_FOR)


def heard_all(seen: Seen) -> list[Criterion]:
    """That open pages stayed open and missed nothing."""
    heard = seen.heard
    if heard is None:
        return []
    return [
        Criterion(
            says="every open page stays open and hears of every job that is posted",
            measured=f"{heard.opened} of {heard.wanted} opened, {heard.broken} broke, {heard.told} messages, {heard.missed} missed, p95 {heard.lag_p95_ms} ms",
            holds=heard.opened == heard.wanted and heard.broken == 0 and heard.missed == 0,
        )
    ]  # fmt: skip


def small(seen: Seen) -> list[Criterion]:
    """That each web process stays small; nothing where nobody could look."""
    most = max((size for look in seen.looks for size in look.web_mb), default=0.0)
    return [Criterion(says=f"each web process below {WEB_MB:.0f} MB", measured=f"{most:.0f} MB", holds=most < WEB_MB)] if most else []


def sentences(seen: Seen) -> list[Criterion]:
    """What is asked of it beyond the key metrics."""
    step = seen.tally.kind(phases=[1])
    return [
        Criterion(says=f"p95 below {P95_MS:.0f} ms", measured=f"{seen.judged.p95_ms} ms", holds=0 < seen.judged.p95_ms < P95_MS),
        Criterion(key=THROUGHPUT, says="no errors", measured=f"{seen.judged.wrong} of {seen.judged.asked}", holds=seen.judged.wrong == 0),
        Criterion(
            says=f"p95 below {STEP_MS:.0f} ms in the ten seconds after the step", measured=f"{step.p95_ms} ms", holds=0 < step.p95_ms < STEP_MS
        ),
        *small(seen), *heard_all(seen),
    ]  # fmt: skip


def stepped(asked: Asked) -> list[Phase]:
    """A warm-up at a tenth, the ten seconds after the step, and the rest of two minutes at the whole rate."""
    return phased(("warm-up", WARM_SECONDS), ("the step", STEP_SECONDS), ("steady", SECONDS - STEP_SECONDS), shorter=asked.shorter)


async def make(ground: Ground, asked: Asked) -> Scenario:
    """A warm-up at a tenth, the step, and two minutes at the whole rate."""
    rate = RECIPE.rated(asked)
    phases = stepped(asked)
    warm, rest = phases[0].seconds, phases[1].seconds + phases[2].seconds
    layers = [evening(ground, begins=0, seconds=warm, rate=rate / 10), evening(ground, begins=warm, seconds=rest, rate=rate)]
    return Scenario(phases=phases, layers=layers, judged=frozenset({1, 2}), sockets=SOCKETS, own=sentences)


RECIPE = Recipe(
    name="mix",
    says="A busy evening: a thousand requests a second in visits with time to think, writes, searches, open pages",
    rate=1000,
    make=make,
)
