"""Plots of what happened lately: values by stretches of time in, points of a picture and its words out.

The picture is drawn small with large letters, so that it can be read on a phone, where it is as wide as the screen, and three
times in a row on a desk. What nobody knows is a gap in the line.
"""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from nollycrewhub.kit.axes import nice_step
from nollycrewhub.kit.time import LAGOS

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 400, 236, 56, 30, 10, 46
STEPS = (5, 10, 15, 30, 60, 120, 180, 240, 360, 480, 720)  # minutes between two marks of time
MOST_MARKS, MARKS_UP = 5, 4
A_DAY = 1440  # minutes
A_LETTER, A_SAMPLE = 8.5, 28  # how wide a letter and the bit of line before a name are
NEAR = 0.5  # of a threshold; from there on it is drawn, below it would flatten the line
Values = Sequence[float | None]


class Series(msgspec.Struct, frozen=True):
    """A line's name and its values."""

    name: str
    values: Values


class Mark(msgspec.Struct, frozen=True):
    """A mark of an axis: where, and what it says."""

    at: float
    text: str


class Line(msgspec.Struct, frozen=True):
    """A line of a plot, and where its name begins."""

    name: str
    path: str
    begins: float


class Peak(msgspec.Struct, frozen=True):
    """The highest value of a line, and when it was; its newest one."""

    name: str
    most: float
    at: datetime
    newest: float


class Plot(msgspec.Struct, frozen=True, kw_only=True):
    """A picture: `key` says what of, `unit` in what. `bound` is a threshold's place when it is drawn, `threshold` its value."""

    key: str
    unit: str
    lines: tuple[Line, ...]
    up: tuple[Mark, ...]
    across: tuple[Mark, ...]
    peaks: tuple[Peak, ...]
    bound: float | None = None
    threshold: float | None = None
    digits: int = 0


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """When the values are of: a moment, how many seconds each, how many."""

    begins: datetime
    seconds: float
    count: int

    def at(self, place: int) -> datetime:
        """When a value's time begins."""
        return self.begins + timedelta(seconds=self.seconds * place)


def plot(
    key: str, unit: str, series: Sequence[Series], stretch: Stretch, *, threshold: float | None = None, least: float = 1.0, digits: int = 0
) -> Plot:  # fmt: skip
    """The picture of some lines over a stretch of time; its top is at `least`."""
    highest = max((value for one in series for value in one.values if value is not None), default=0.0)
    is_near = threshold is not None and highest >= NEAR * threshold
    wanted = max(highest, least, threshold if is_near and threshold is not None else 0.0)
    step = whole(nice_step(wanted, MARKS_UP)) if digits == 0 else nice_step(wanted, MARKS_UP)
    count = math.ceil(wanted / step - 1e-9)
    top = step * count
    return Plot(
        key=key, unit=unit, digits=digits, threshold=threshold, bound=up(threshold, top) if is_near and threshold is not None else None,
        lines=lines_of(series, top, stretch.count), across=marks_of_time(stretch),
        up=tuple(Mark(up(step * n, top), f"{step * n:,.10g}") for n in range(count + 1)),
        peaks=tuple(found for one in series if (found := peak(one, stretch)) is not None),
    )  # fmt: skip


def whole(step: float) -> float:
    """The step that counts are marked by: half a job is none."""
    return 1.0 if step <= 1 else 5.0 if step == 2.5 else step


def lines_of(series: Sequence[Series], top: float, count: int) -> tuple[Line, ...]:
    """The lines, their names in a row that ends at the right."""
    found = []
    begins = float(WIDTH - RIGHT - sum(A_SAMPLE + A_LETTER * (len(one.name) + 1) for one in series))
    for one in series:
        found.append(Line(one.name, path(one.values, top, count), begins))
        begins += A_SAMPLE + A_LETTER * (len(one.name) + 1)
    return tuple(found)


def across(share: float) -> float:
    """A place from the left, by the share of the time that has passed there."""
    return round(LEFT + (WIDTH - LEFT - RIGHT) * share, 1)


def up(value: float, top: float) -> float:
    """A value's place from the top."""
    return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top, 1)


def path(values: Values, top: float, count: int) -> str:
    """The line through the values; where one is not known it is lifted. One value alone is a dot, by its round ends."""
    drawn, is_down = [], False
    for place, value in enumerate(values):
        if value is None:
            is_down = False
            continue
        drawn.append(f"{'L' if is_down else 'M'}{across((place + 0.5) / count):g} {up(value, top):g}{'' if is_down else 'h0'}")
        is_down = True
    return "".join(drawn)


def marks_of_time(stretch: Stretch) -> tuple[Mark, ...]:
    """Round times of the day in Lagos."""
    minutes = stretch.seconds * stretch.count / 60
    every = next((one for one in STEPS if minutes / one <= MOST_MARKS), STEPS[-1])
    begins = stretch.begins.astimezone(LAGOS)
    midnight = begins.replace(hour=0, minute=0, second=0, microsecond=0)
    first = math.ceil((begins - midnight).total_seconds() / 60 / every)
    found = []
    for n in range(first, first + MOST_MARKS + 2):
        moment = midnight + timedelta(minutes=n * every)
        text = f"{moment:%a %H:%M}" if minutes > A_DAY else f"{moment:%H:%M}"
        at = across((moment - begins).total_seconds() / (minutes * 60))
        if at + A_LETTER * len(text) / 2 <= WIDTH:  # else it would be cut off at the edge
            found.append(Mark(at, text))
    return tuple(found)


def peak(series: Series, stretch: Stretch) -> Peak | None:
    """What a line says at its highest and at its end; None of an empty one."""
    known = [(value, place) for place, value in enumerate(series.values) if value is not None]
    if not known:
        return None
    most, place = max(known, key=lambda one: (one[0], -one[1]))
    return Peak(series.name, most, stretch.at(place).astimezone(LAGOS), known[-1][0])
