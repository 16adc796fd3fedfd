"""When what is due: arrivals of visits by a rate that may change, and the moments of each visit's requests. Pure but for chance.

Every moment is fixed before anything is sent. A slow server cannot make the load lighter by answering late.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from nollycrewhub.loadtest.line import Ask, Got, somewhere

AT_ONCE: float | None = None  # a step that is due when the one before it was answered
OK = frozenset({"200"})


@dataclass
class Visitor:
    """One person's visit as it goes on: where they come from, who they are, and what they have seen."""

    comes_from: str
    token: str = ""
    seen: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """One request of a visit: seconds after the arrival at which it is due, what it is, and which answers are right.

    `ask` gives nothing when an earlier answer has made it impossible (nobody signed in, so there is no profile to see).
    """

    after: float | None
    ask: "Callable[[Visitor], Ask | None]"
    right: frozenset[str] = OK
    learn: "Callable[[Visitor, Got], None] | None" = None


Visit = Callable[[random.Random], list[Step]]


@dataclass(frozen=True, kw_only=True)
class Layer:
    """Visits that arrive over some seconds.

    `rate` is arrivals a second, or a function of the second within the layer that never passes `most`. A steady layer is
    found in the middle of its visits: those who came before it began are there too, so its rate of requests is whole
    from its first moment to its last. `people` is how many the visits come from, by chance; 0 is somebody else each time.
    """

    begins: float
    seconds: float
    rate: "float | Callable[[float], float]"
    visit: Visit
    most: float = 0.0
    is_even: bool = False
    steady_for: float = 0.0
    people: int = 0


@dataclass(frozen=True, slots=True, order=True)
class Due:
    """A visit's first moment within the run, with its steps."""

    at: float
    number: int
    steps: list[Step] = field(compare=False)
    visitor: Visitor = field(compare=False)


def arrivals(layer: Layer, rng: random.Random) -> Iterator[float]:
    """Moments of arrivals: evenly spaced, or by chance (a Poisson process; one with a changing rate by thinning)."""
    begins, ends = layer.begins - layer.steady_for, layer.begins + layer.seconds
    if not callable(layer.rate):
        count, at = 0, begins
        while layer.rate > 0:
            at = begins + count / layer.rate if layer.is_even else at + rng.expovariate(layer.rate)
            count += 1
            if at >= ends:
                return
            yield at
        return
    at = begins
    while (at := at + rng.expovariate(layer.most)) < ends:
        if rng.random() * layer.most < layer.rate(at - layer.begins):
            yield at


def trimmed(steps: list[Step], arrival: float, layer: Layer) -> list[Step]:
    """The steps of a visit that fall into its layer, when the layer is a steady one."""
    if not layer.steady_for:
        return steps
    ends, kept, is_in = layer.begins + layer.seconds, [], False
    for step in steps:
        is_in = is_in if step.after is None else layer.begins <= arrival + step.after < ends
        if is_in:
            kept.append(step)
    return kept


def visits(layer: Layer, rng: random.Random, first: int = 0) -> Iterator[Due]:
    """All visits of a layer by their arrival."""
    people = [somewhere(rng) for _ in range(layer.people)]
    for number, arrival in enumerate(arrivals(layer, rng), start=first):
        steps = trimmed(layer.visit(rng), arrival, layer)
        if steps:
            yield Due(arrival, number, steps, Visitor(rng.choice(people) if people else somewhere(rng)))


def thinking(rng: random.Random, *, mean: float = 6.0, most: float = 20.0) -> float:
    """Seconds somebody looks at a page: exponential, a second at least."""
    return min(most, 1.0 + rng.expovariate(1.0 / (mean - 1.0)))
