"""The flash crowd that a scaler has to meet: every request waits 150 ms on a provider, so processes are full before processors are.

It begins with one instance. The crowd comes within a second and stays for ten minutes, then it goes as quickly. What is shed in
the meantime is asked to come again, and does. Judged are the time before, the crowd from the scaler's stated reaction time on, and
the time after; the time in which it reacts is shown.
"""

from random import Random

from nollycrewhub.loadtest.line import Ask
from nollycrewhub.loadtest.pace import Layer, Step
from nollycrewhub.loadtest.results import Criterion
from nollycrewhub.loadtest.scenario import Asked, Ground, Recipe, Scenario, Seen, phased
from nollycrewhub.loadtest.steadiness import asked_at, busiest, most_reversals
from nollycrewhub.loadtest.tally import part
from nollycrewhub.loadtest.verdict import CPU_PERCENT, RESPONSE

TIMES = 10
BEFORE, CROWD, AFTER = 60, 600, 660
REACTION = 30.0  # s: a report is 2 s old, two looks of 5 s agree, and each process starts after the one before, 3 s each
P95_MS, MOST_ERRORS, MOST_REVERSALS = 500.0, 0.001, 1
PATIENT = 8
THINKS = 10.0  # s between two requests of one person: the plan's ten thousand people ask a thousand times a second


def visit(_: Random) -> list[Step]:
    """One page that waits on the provider."""
    return [Step(0.0, lambda _: Ask("waiting", "GET", "/dev/waiting", is_alone=True))]


def reacted(seen: Seen) -> list[Criterion]:
    """What came after the reaction time, and what became of everybody in the end."""
    phases = seen.tally.phases
    crowd = seen.tally.between(phases[2].begins, phases[2].begins + phases[2].seconds)
    p95, wrong = part(sorted(crowd.times), 0.95), crowd.told_to_wait + crowd.wrong
    every, over = seen.tally.kind(), 0.0
    lost = every.wrong
    for second in sorted(seen.tally.seconds):
        late = sorted(seen.tally.seconds[second].times)
        if phases[1].begins <= second < phases[2].begins + phases[2].seconds and part(late, 0.95) >= P95_MS:
            over = second + 1 - phases[1].begins
    return [
        Criterion(
            key=RESPONSE, says=f"p95 below {P95_MS:.0f} ms from {phases[1].seconds:.0f} s after the crowd's first moment, the stated reaction time",
            measured=f"{p95} ms; the last second above it was {over:.0f} s after the first moment", holds=bool(crowd.times) and p95 < P95_MS,
        ),
        Criterion(
            says=f"from then on fewer than {MOST_ERRORS:.1%} shed or wrong", measured=f"{wrong} of {crowd.due}",
            holds=crowd.due > 0 and wrong < MOST_ERRORS * crowd.due,
        ),
        Criterion(
            says=f"of the whole run fewer than {MOST_ERRORS:.1%} are not served in the end", measured=f"{lost} of {every.asked}",
            holds=every.asked > 0 and lost < MOST_ERRORS * every.asked,
        ),
    ]  # fmt: skip


def decided(seen: Seen) -> list[Criterion]:
    """What the stored decisions say."""
    _, reacting, crowd, after = seen.tally.phases
    changes, ends = seen.changes, after.begins + after.seconds
    first = first_of(seen)
    peak = max((one.after for one in changes), default=first)
    turns = max(
        most_reversals(changes, begins=reacting.begins, ends=crowd.begins + crowd.seconds), most_reversals(changes, begins=after.begins, ends=ends)
    )  # fmt: skip
    said = ", ".join(f"{one.at:.0f} s: {one.before} to {one.after}" for one in changes) or "no change"
    return [
        Criterion(
            says="it begins with one instance, and instances are added when the crowd comes",
            measured=f"{first} at first, {peak} at most ({said})",
            holds=first == 1 and peak > 1 and asked_at(changes, reacting.begins - 1, first=first) == 1,
        ),
        Criterion(
            says="it is back at one instance at the end", measured=f"{asked_at(changes, ends, first=first)} at the end",
            holds=asked_at(changes, ends, first=first) == 1,
        ),
        Criterion(
            says=f"at most {MOST_REVERSALS} reversal in ten minutes of steady load", measured=f"{turns} at most", holds=turns <= MOST_REVERSALS
        ),
    ]  # fmt: skip


def sentences(seen: Seen) -> list[Criterion]:
    """Everything that is asked of the scaler."""
    return [*reacted(seen), *decided(seen)]


def full(seen: Seen) -> list[str]:
    """Why the run proves nothing: the processors were the limit, and not the instances."""
    most = busiest([(look.at, look.cpu) for look in seen.looks if look.cpu is not None])
    if most < CPU_PERCENT:
        return []
    return [f"The machine's processors were at {most:.0f} % over ten seconds (bar: below {CPU_PERCENT:.0f} % throughout)."]


def first_of(seen: Seen) -> int:
    """How many web processes there were at the first look at the machine; 0 when nobody could look."""
    return len(seen.looks[0].web_mb) if seen.looks else 0


async def make(_: Ground, asked: Asked) -> Scenario:
    """A tenth, the crowd, a tenth."""
    rate = RECIPE.rated(asked)
    reaction = (asked.reaction or REACTION) * asked.shorter  # it takes as long as it takes, however short the crowd stays
    phases = phased(("before", BEFORE), ("reacting", reaction), ("the crowd", CROWD), ("after", AFTER), shorter=asked.shorter)
    before, reacting, crowd, after = phases
    layers = [
        Layer(begins=begins, seconds=seconds, rate=each, visit=visit, people=round(each * THINKS))
        for begins, seconds, each in (
            (0.0, before.seconds, rate / TIMES), (before.seconds, reacting.seconds + crowd.seconds, rate),
            (after.begins, after.seconds, rate / TIMES),
        )
    ]  # fmt: skip
    return Scenario(
        phases=phases, layers=layers, judged=frozenset({0, 2, 3}), comes_again=PATIENT, errors_below=MOST_ERRORS, own=sentences, void=full,
        has_scaler=True,
        notes={"reaction time stated, s": reacting.seconds},
    )  # fmt: skip


RECIPE = Recipe(
    name="flash-scaled", says="A flash crowd for the scaler: from 28 to 280 requests a second that wait 150 ms, beginning with one instance", rate=280,
    make=make, signs_in_first=False,
)  # fmt: skip
