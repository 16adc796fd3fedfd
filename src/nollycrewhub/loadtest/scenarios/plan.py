"""The scalability plan's own load test (its section 9) as it is written: three phases of arrivals, two flows.

Beside it stands loadtest/plan.yml, the same for Artillery; a test holds the two together. The last phase asks for more
sign-ins than two cores can hash, so those are counted apart: done, or asked to wait, and as many as the machine can hash.
"""

from random import Random

import msgspec

from nollycrewhub.loadtest.line import Ask, Got
from nollycrewhub.loadtest.pace import AT_ONCE, Layer, Step, Visitor
from nollycrewhub.loadtest.results import Criterion
from nollycrewhub.loadtest.scenario import Asked, Ground, Recipe, Scenario, Seen, phased
from nollycrewhub.loadtest.tally import Kind
from nollycrewhub.loadtest.verdict import THROUGHPUT
from nollycrewhub.loadtest.world import text_of

PHASES = ((60, 20), (120, 50), (60, 100))  # seconds, arrivals a second
LOGIN = {"email": "test@example.com", "password": "password123"}
BROWSE, SIGN_IN, PROFILE = "browse", "sign-in", "profile"
BROWSE_MS, SIGN_IN_MS, HASHING_SHARE = 100.0, 500.0, 0.7


def keep_token(visitor: Visitor, got: Got) -> None:
    """Captures what Authorization will carry."""
    visitor.token = str(msgspec.json.decode(text_of(got))["token"])


def profile(visitor: Visitor) -> Ask | None:
    """One's own profile, if one could sign in."""
    return Ask(PROFILE, "GET", "/api/profile", token=visitor.token) if visitor.token else None


def getting(path: str) -> Step:
    """A page of the first flow."""
    return Step(AT_ONCE, lambda _: Ask(BROWSE, "GET", path))


def visit(rng: Random) -> list[Step]:
    """One person: browses, or signs in; the plan gives both flows the same weight."""
    if rng.random() < 0.5:
        return [getting("/api/jobs"), getting("/api/jobs/12345")]
    login = msgspec.json.encode(LOGIN)
    return [Step(AT_ONCE, lambda _: Ask(SIGN_IN, "POST", "/api/auth/login", login), learn=keep_token), Step(AT_ONCE, profile)]


def sentences(seen: Seen) -> list[Criterion]:
    """What is asked of it beyond the key metrics: browsing is quick throughout, and the last phase's sign-ins are treated well."""
    last = len(PHASES) - 1
    browsing = [seen.tally.kind(phases=[n], kinds=[BROWSE]) for n in range(len(PHASES))]
    signing = [seen.tally.kind(phases=[n], kinds=[SIGN_IN]) for n in range(last)]
    storm = seen.tally.kind(phases=[last], kinds=[SIGN_IN])
    neither = storm.asked - storm.right - storm.asked_to_wait
    found = [
        below("browsing", browsing, BROWSE_MS),
        below("signing in, in all phases but the last,", signing, SIGN_IN_MS),
        Criterion(
            says="the last phase's sign-ins are done, or asked to wait by 503 with Retry-After",
            measured=f"{storm.right} done, {storm.asked_to_wait} asked to wait, {neither} neither", holds=storm.asked > 0 and neither == 0,
        ),
    ]  # fmt: skip
    if seen.hashes_per_second:
        seconds = seen.tally.phases[last].seconds
        wanted = HASHING_SHARE * min(seen.hashes_per_second, storm.asked / seconds)
        found.append(
            Criterion(
                key=THROUGHPUT,
                says="and reach 70 % of what the machine can hash (or of what was asked for, if that is less)",
                measured=f"{storm.right / seconds:.1f} a second of {storm.asked / seconds:.1f}; the machine hashes {seen.hashes_per_second:.1f}",
                holds=wanted > 0 and storm.right / seconds >= wanted,
            )
        )
    return found


def below(what: str, parts: list[Kind], bar: float) -> Criterion:
    """A percentile in several phases."""
    return Criterion(
        says=f"{what} p95 below {bar:.0f} ms in each phase", measured=", ".join(f"{one.p95_ms}" for one in parts) + " ms",
        holds=all(one.asked > 0 and one.p95_ms < bar for one in parts),
    )  # fmt: skip


async def make(_: Ground, asked: Asked) -> Scenario:
    """The plan's phases, evenly spaced arrivals as Artillery sends them."""
    phases = phased(*((f"{rate} a second", seconds) for seconds, rate in PHASES), shorter=asked.shorter)
    layers = [
        Layer(begins=phase.begins, seconds=phase.seconds, rate=rate, visit=visit, is_even=True)
        for phase, (_, rate) in zip(phases, PHASES, strict=True)
    ]  # fmt: skip
    return Scenario(
        phases=phases, layers=layers, judged=frozenset(range(len(phases))), apart=frozenset({(len(phases) - 1, SIGN_IN)}), own=sentences
    )


RECIPE = Recipe(
    name="plan",
    says="The plan's own phases: 60 s at 20, 120 s at 50 and 60 s at 100 arrivals a second",
    rate=0,
    make=make,
    signs_in_first=False,
)
