"""What a scenario is: its phases, its layers of visits, what is judged, and what else its verdict asks."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from nollycrewhub.loadtest.line import Lines
from nollycrewhub.loadtest.pace import Layer
from nollycrewhub.loadtest.results import Criterion
from nollycrewhub.loadtest.sockets import Crowd, Heard
from nollycrewhub.loadtest.steadiness import Change
from nollycrewhub.loadtest.tally import Kind, Phase, Tally
from nollycrewhub.loadtest.verdict import CPU_PERCENT, MOST_ERRORS
from nollycrewhub.loadtest.watching import Look
from nollycrewhub.loadtest.world import World


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What whoever runs it wants: a rate or a reaction time (s) other than the scenario's own, and lengths divided by a number."""

    rate: float = 0.0
    shorter: float = 1.0
    seed: int = 1
    reaction: float = 0.0


@dataclass
class Ground:
    """What a scenario is made on: the target's world, a line to it, the open pages, and chance."""

    world: World
    lines: Lines
    crowd: Crowd
    rng: Random


@dataclass
class Seen:
    """What a scenario's own sentences may look at."""

    tally: Tally
    judged: Kind
    looks: Sequence[Look]
    heard: Heard | None
    hashes_per_second: float
    changes: Sequence[Change] = ()


@dataclass(kw_only=True)
class Scenario:
    """One run, ready to go. `judged` are the numbers of the phases that count, `apart` what of them does not."""

    phases: list[Phase]
    layers: list[Layer]
    judged: frozenset[int]
    apart: frozenset[tuple[int, str]] = frozenset()
    sockets: int = 0
    comes_again: int = 0
    errors_below: float = MOST_ERRORS
    cpu_below: float | None = CPU_PERCENT
    own: "Callable[[Seen], list[Criterion]]" = lambda _: []
    void: "Callable[[Seen], list[str]]" = lambda _: []
    has_scaler: bool = False
    notes: dict[str, float | str] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return max(one.begins + one.seconds for one in self.phases)

    @property
    def judged_seconds(self) -> float:
        """How long what counts lasts."""
        return sum(one.seconds for number, one in enumerate(self.phases) if number in self.judged)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A scenario by its name: what it is in a sentence, its usual rate, its length, and how it is made."""

    name: str
    says: str
    rate: float
    make: "Callable[[Ground, Asked], Awaitable[Scenario]]"
    signs_in_first: bool = True

    def rated(self, asked: Asked) -> float:
        """The rate to use."""
        return asked.rate or self.rate


def phased(*parts: tuple[str, float], shorter: float) -> list[Phase]:
    """Phases one after another, of so many seconds each; shortened ones keep a second at least."""
    found, begins = [], 0.0
    for name, seconds in parts:
        long = max(1.0, round(seconds / shorter))
        found.append(Phase(name=name, begins=begins, seconds=long))
        begins += long
    return found
