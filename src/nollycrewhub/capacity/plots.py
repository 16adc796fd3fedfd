"""Plots as SVG: lines over time or over load, drawn by templates from points that are worked out here. The same bytes for the same figures."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from nollycrewhub.capacity.measured import Kind
from nollycrewhub.capacity.simulation.comparing import Shown
from nollycrewhub.capacity.simulation.policies import NAMES
from nollycrewhub.capacity.speaking import environment
from nollycrewhub.kit.axes import nice_step
from nollycrewhub.kit.time import LAGOS

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 720, 250, 56, 34, 16, 34
COLOURS = dict(zip(NAMES, ("#8a8f98", "#c0392b", "#2471a3", "#d68910", "#1e8449"), strict=True))
NEEDED = "#17202a"


class Line(msgspec.Struct, frozen=True):
    """A line's name, colour and SVG points; a dashed one is no policy."""

    name: str
    colour: str
    points: str
    is_dashed: bool = False


class Tick(msgspec.Struct, frozen=True):
    """A mark of an axis: where, and what it says."""

    at: float
    text: str


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """One pair of axes with lines, `top` from the top of the picture."""

    title: str
    top: int
    lines: list[Line]
    across: list[Tick]
    up: list[Tick]
    dots: list[tuple[float, float]] = []


def across(value: float, most: float) -> float:
    """A value's place from the left."""
    return round(LEFT + (WIDTH - LEFT - RIGHT) * value / most, 1)


def up(value: float, most: float, top: int) -> float:
    """A value's place from the top."""
    return round(top + HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / most, 1)


def stairs(values: Sequence[float], most: float, top: int) -> str:
    """A line that keeps a value until the next one."""
    points = []
    for place, value in enumerate(values):
        height = up(value, most, top)
        points += [f"{across(place, len(values))},{height}", f"{across(place + 1, len(values))},{height}"]
    return " ".join(points)


def ticks_up(most: float, top: int) -> list[Tick]:
    """Round numbers from nothing to the most."""
    step = nice_step(most)
    return [Tick(up(step * n, most, top), f"{step * n:,.10g}") for n in range(int(most / step + 1e-9) + 1)]


def ticks_of_time(shown: Shown) -> list[Tick]:
    """Full or half hours in Lagos."""
    begins = datetime.fromisoformat(shown.begins).astimezone(LAGOS)
    every = next(minutes for minutes in (15, 30, 60, 120, 180, 240) if shown.seconds / 60 / minutes <= 9)
    found, minute = [], 0
    while minute * 60 <= shown.seconds:
        found.append(Tick(across(minute * 60, shown.seconds), f"{begins + timedelta(minutes=minute):%H:%M}"))
        minute += every
    return found


def panel(title: str, top: int, series: Mapping[str, Sequence[float]], shown: Shown, *, needed: Sequence[float] = ()) -> Panel:
    """All policies over time."""
    most = max([1.0, *needed, *(value for values in series.values() for value in values)]) * 1.05
    lines = [Line(name, COLOURS[name], stairs(values, most, top)) for name, values in series.items()]
    if needed:
        lines.append(Line("needed", NEEDED, stairs(needed, most, top), is_dashed=True))
    return Panel(title=title, top=top, lines=lines, across=ticks_of_time(shown), up=ticks_up(most, top))


def of_scene(shown: Shown) -> str:
    """Instances over time, and below them what was refused."""
    stretch = shown.seconds / len(shown.needed)
    refused = {name: [one / stretch for one in values] for name, values in shown.refused.items()}
    panels = [
        panel("web instances that answer, by the clock in Lagos", 0, shown.web, shown, needed=shown.needed),
        panel("requests refused or failed a second", HEIGHT, refused, shown),
    ]
    return drawn(f"{shown.scene}: one evening of thirty", panels)


def of_law(kind: Kind) -> str:
    """What was measured at each level, and the law through it."""
    last = max(level.at_once for level in kind.levels)
    most = max(max(level.per_second for level in kind.levels), max(kind.law.at(n) for n in range(1, last + 1))) * 1.05
    curve = " ".join(f"{across(n, last)},{up(kind.law.at(n), most, 0)}" for n in range(1, last + 1))
    dots = [(across(level.at_once, last), up(level.per_second, most, 0)) for level in kind.levels]
    marks = [Tick(across(level.at_once, last), str(level.at_once)) for level in kind.levels if level.at_once > 2]
    found = Panel(
        title="requests a second by connections at once", top=0, lines=[Line("the fitted law", COLOURS["ours"], curve)], across=marks,
        up=ticks_up(most, 0), dots=dots,
    )  # fmt: skip
    return drawn(f"{kind.name}: measured, and the scalability law", [found])


def drawn(title: str, panels: list[Panel]) -> str:
    """The picture."""
    return environment().get_template("plot.svg").render(
        title=title, panels=panels, width=WIDTH, height=HEIGHT * len(panels), left=LEFT, right=WIDTH - RIGHT, one=HEIGHT, bottom=BOTTOM,
    )  # fmt: skip
