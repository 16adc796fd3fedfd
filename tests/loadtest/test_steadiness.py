"""Whether a scaler was quick and steady: reversals in ten minutes, what was asked for when, and processors that were the limit."""

from random import Random

import pytest

from nollycrewhub.loadtest.pace import Visitor, visits
from nollycrewhub.loadtest.scenario import Asked, Seen
from nollycrewhub.loadtest.scenarios import RECIPES, scaled
from nollycrewhub.loadtest.steadiness import Change, asked_at, busiest, most_reversals, turned
from nollycrewhub.loadtest.tally import Outcome, Phase, Tally
from nollycrewhub.loadtest.watching import Look
from nollycrewhub.scaling.rules.deciding import Thresholds


def changes(*steps: tuple[float, int]) -> list[Change]:
    """From one process on, to each number at its moment."""
    numbers = [1, *(number for _, number in steps)]
    return [Change(at=at, before=before, after=after) for (at, after), before in zip(steps, numbers, strict=False)]


GOOD = changes((70.0, 5), (380.0, 4), (1000.0, 3), (1100.0, 2), (1200.0, 1))


def test_reversals_are_counted_within_ten_minutes() -> None:
    assert turned(GOOD) == [380.0]
    assert most_reversals(GOOD, begins=60, ends=690) == 1
    flapping = changes((70.0, 5), (100.0, 4), (130.0, 5), (160.0, 4))
    assert most_reversals(flapping, begins=60, ends=690) == 3
    slow = changes((70.0, 5), (100.0, 4), (800.0, 5), (1500.0, 4))
    assert most_reversals(slow, begins=0, ends=2000) == 1
    assert most_reversals([], begins=0, ends=10) == 0


def test_what_was_asked_for_at_a_moment() -> None:
    assert [asked_at(GOOD, at, first=1) for at in (0, 70, 390, 1500)] == [1, 5, 4, 1]


def test_a_busy_stretch_is_seen_and_a_lone_second_is_not() -> None:
    quiet = [(float(n), 40.0) for n in range(60)]
    assert busiest(quiet) == 40.0
    assert busiest([*quiet[:20], (20.0, 100.0), *quiet[21:]]) == pytest.approx(46.0)
    assert busiest([*quiet[:20], *((20.0 + n, 90.0) for n in range(12)), *quiet[32:]]) == 90.0
    assert busiest([]) == 0.0


PHASES = [
    Phase(name="before", begins=0, seconds=60), Phase(name="reacting", begins=60, seconds=30), Phase(name="the crowd", begins=90, seconds=600),
    Phase(name="after", begins=690, seconds=660),
]  # fmt: skip


def seen(*, took: float = 0.16, shed: int = 0, lost: int = 0, decided: list[Change] | None = None, cpu: float = 45.0, web: int = 1) -> Seen:
    """A run of the crowd, slow while the scaler reacts, and good afterwards but for what is said."""
    tally = Tally(PHASES)
    for number in range(4000):
        at = 60 + 630 * number / 4000
        is_late = at < 85
        tally.note(Outcome(at, 9.0 if is_late else took, "waiting", "200", True, False, int(is_late), ""))
    for number in range(shed):
        tally.note(Outcome(300.0 + number, 2.0, "waiting", "200", True, False, 1, ""))
    for number in range(lost):
        tally.note(Outcome(61.0, 30.0, "waiting", f"50{number % 4}", False, False, 0, ""))
    looks = [Look(at=1.0 + n, cpu=cpu, own=0.1, memory=40.0, web_mb=(150.0,) * web) for n in range(1350)]
    return Seen(tally, tally.kind(phases=[0, 2, 3]), looks, None, 0.0, GOOD if decided is None else decided)


def verdict(**changed: object) -> list[bool]:
    """Which sentences hold."""
    return [one.holds for one in scaled.sentences(seen(**changed))]  # type: ignore[arg-type]


def test_a_scaler_that_does_its_work_holds_in_all() -> None:
    assert verdict() == [True] * 6
    assert scaled.full(seen()) == []
    assert "the last second above it was 25 s after" in scaled.reacted(seen())[0].measured


@pytest.mark.parametrize(
    ("changed", "fails"),
    [
        ({"took": 0.6}, {0}),
        ({"shed": 20}, {1}),
        ({"lost": 20}, {2}),
        ({"decided": []}, {3}),
        ({"web": 2}, {3}),
        ({"decided": changes((30.0, 2), (70.0, 5), (1000.0, 1))}, {3}),
        ({"decided": GOOD[:-1]}, {4}),
        ({"decided": changes((70.0, 5), (380.0, 4), (500.0, 5), (1200.0, 1))}, {5}),
    ],
)
def test_each_sentence_can_fail_alone(changed: dict[str, object], fails: set[int]) -> None:
    assert {n for n, holds in enumerate(verdict(**changed)) if not holds} == fails


def test_a_machine_whose_processors_were_the_limit_makes_the_run_void() -> None:
    assert "at 71 %" in scaled.full(seen(cpu=71.0))[0]


async def test_the_crowd_waits_on_the_provider_each_on_a_connection_of_its_own() -> None:
    made = await RECIPES["flash-scaled"].make(None, Asked(reaction=20.0))  # type: ignore[arg-type]
    assert [one.seconds for one in made.phases] == [60, 20, 600, 660]
    assert made.judged == {0, 2, 3} and made.has_scaler
    due = next(visits(made.layers[1], Random(1)))
    ask = due.steps[0].ask(Visitor("10.0.0.1"))
    assert ask is not None and (ask.path, ask.is_alone) == ("/dev/waiting", True)
    rates = [sum(1 for _ in visits(layer, Random(1))) / layer.seconds for layer in made.layers]
    assert rates == [pytest.approx(28, rel=0.15), pytest.approx(280, rel=0.05), pytest.approx(28, rel=0.1)]
    people = [len({due.visitor.comes_from for due in visits(layer, Random(1))}) for layer in made.layers]
    assert people == [pytest.approx(280, rel=0.02), pytest.approx(2800, rel=0.02), pytest.approx(280, rel=0.02)]
    assert sum(people) < Thresholds().users_each, "it is the room that decides, and not how many there are"
    shorter = await RECIPES["flash-scaled"].make(None, Asked(reaction=20.0, shorter=10))  # type: ignore[arg-type]
    assert [one.seconds for one in shorter.phases] == [6, 20, 60, 66]
