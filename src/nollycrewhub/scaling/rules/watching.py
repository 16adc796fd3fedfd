"""What an operator looks at first: whether the site is well, and how far each figure is from its threshold.

The triggers are the decision's own checks over the decision's own window, so the page and the scaler cannot disagree.
"""

from collections.abc import Sequence
from typing import Literal

import msgspec

from nollycrewhub.scaling.rules.deciding import INSTANCES, INVESTIGATE, SLOW, WORKERS, Sample, Thresholds, checks_of, seen_in
from nollycrewhub.scaling.rules.figuring import Figures

Tone = Literal["good", "warn", "bad"]
TONES: tuple[Tone, ...] = ("good", "warn", "bad")
MANY_TURNED_AWAY = 1.0  # percent


class Trigger(msgspec.Struct, frozen=True, kw_only=True):
    """One of the plan's checks: its action, the figure of the newest look and over the window, and the threshold."""

    action: str
    now: float | None
    window: float | None
    bound: float

    @property
    def is_past(self) -> bool:
        """Whether the window is past the threshold."""
        return self.window is not None and self.window > self.bound


class Check(msgspec.Struct, frozen=True):
    """One thing that has to be right, by name, and whether it is."""

    name: str
    tone: Tone


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What the checks are made from. `asked` is how many web processes and workers there should be, where somebody scales.

    `failed` counts jobs and deliveries of events that were given up, `open` incidents.
    """

    seen: Figures
    triggers: tuple[Trigger, ...]
    asked: tuple[int, int] | None = None
    is_primary_in: bool = True
    replicas_out: int = 0
    failed: int = 0
    open: int = 0


def triggers_of(samples: Sequence[Sample], bounds: Thresholds | None = None) -> tuple[Trigger, ...]:
    """The plan's checks over the samples of a window, oldest first."""
    bounds, web = bounds or Thresholds(), samples[-1].web if samples else 0
    newest, window = (checks_of(seen_in(part), web, bounds) for part in (samples[-1:], samples))
    return tuple(
        Trigger(action=action, now=now, window=value, bound=bound)
        for (action, now, bound), (_, value, _) in zip(newest, window, strict=True)
    )


def checks(known: Known) -> tuple[Check, ...]:
    """Everything that has to be right, in the order in which it is worth reading."""
    seen, past = known.seen, {one.action for one in known.triggers if one.is_past}
    web_asked, workers_asked = known.asked or (1, 1)
    is_told = bool(seen.processes)
    return (
        Check("incidents", "bad" if known.open else "good"),
        Check("web", fleet_tone(seen.web, web_asked, is_told=is_told)),
        Check("workers", fleet_tone(seen.workers, workers_asked, is_told=is_told)),
        Check("answers", "bad" if past & {INVESTIGATE, SLOW} else "warn" if INSTANCES in past else "good"),
        Check("room", "warn" if (seen.shed_percent or 0.0) >= MANY_TURNED_AWAY else "good"),
        Check("primary", "good" if known.is_primary_in else "bad"),
        Check("replicas", "warn" if known.replicas_out else "good"),
        Check("queues", "warn" if known.failed or WORKERS in past else "good"),
        Check("reports", "good" if is_told else "bad"),
        Check("scaler", "good" if known.asked is not None else "warn"),
    )


def fleet_tone(ready: int, asked: int, *, is_told: bool) -> Tone:
    """None of those asked for is bad, some missing (or nobody knowing) a warning; none is enough where none is asked for."""
    if not is_told:
        return "warn"
    if ready >= asked:
        return "good"
    return "warn" if ready else "bad"


def worst(found: Sequence[Check]) -> Tone:
    """The worst of all."""
    return max((one.tone for one in found), key=TONES.index, default="good")
