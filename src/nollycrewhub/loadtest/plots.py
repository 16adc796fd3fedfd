"""Curves as drawings: points become paths in a small frame, with ticks that people read. Pure; the template draws the rest."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from nollycrewhub.kit.axes import nice_step
from nollycrewhub.loadtest.results import Curve, Result

WIDE, HIGH = 360.0, 190.0  # of the drawing, in its own units: one to one on a phone
LEFT, RIGHT, TOP, BOTTOM = 40.0, 6.0, 8.0, 22.0
TICKS = 4
LEAST_LOG = 1.0


@dataclass(frozen=True)
class Line:
    """One curve: its name, its look (a class of the page's style), its path, and where a lone point would be lost, its dots."""

    name: str
    look: str
    path: str
    dots: list[tuple[float, float]]


@dataclass(frozen=True)
class Tick:
    """A mark on an axis: where, and what stands there."""

    at: float
    text: str


@dataclass(frozen=True)
class Band:
    """A phase of the run behind the curves."""

    x: float
    wide: float
    name: str


@dataclass(frozen=True)
class Plot:
    """One drawing. `bar` is the height of a threshold, with its text, when there is one within the frame."""

    title: str
    unit: str
    lines: list[Line]
    across: list[Tick]
    up: list[Tick]
    bands: list[Band]
    bar: Tick | None
    summary: str


def step_for(most: float, ticks: int = TICKS, *, least: float = 0.0) -> float:
    """A round step that needs no more than so many ticks to reach the most; things that are counted have steps of one at least."""
    if most <= least * ticks:
        return least
    return nice_step(max(most, 1e-9), ticks)


def spoken(value: float) -> str:
    """A number on an axis."""
    if value >= 10_000:
        return f"{value / 1000:g}k"
    return f"{value:g}"


@dataclass(frozen=True)
class Frame:
    """Turns seconds and values into the drawing's units."""

    seconds: float
    most: float
    is_log: bool
    least: float = 0.0

    def x(self, at: float) -> float:
        """Across."""
        return round(LEFT + (WIDE - LEFT - RIGHT) * min(1.0, max(0.0, at / self.seconds)), 1)

    def y(self, value: float) -> float:
        """Down from the top."""
        share = value / self.most
        if self.is_log:
            share = math.log10(max(LEAST_LOG, value) / LEAST_LOG) / math.log10(self.most / LEAST_LOG)
        return round(TOP + (HIGH - TOP - BOTTOM) * (1 - min(1.0, max(0.0, share))), 1)

    def up(self) -> list[Tick]:
        """Marks of the values."""
        if self.is_log:
            return [Tick(self.y(10.0**n), spoken(10.0**n)) for n in range(round(math.log10(self.most)) + 1)]
        step = step_for(self.most, least=self.least)
        return [Tick(self.y(n * step), spoken(round(n * step, 6))) for n in range(math.floor(self.most / step + 1e-9) + 1)]

    def across(self) -> list[Tick]:
        """Marks of the time: seconds, or minutes of a long run."""
        unit, name = (60.0, "min") if self.seconds > 900 else (1.0, "s")
        step = step_for(self.seconds / unit, 5)
        return [
            Tick(self.x(n * step * unit), f"{spoken(n * step)}{f' {name}' if n == 0 else ''}")
            for n in range(math.floor(self.seconds / unit / step) + 1)
        ]


def line(frame: Frame, name: str, look: str, at: Sequence[float], values: Curve) -> Line:
    """A path that breaks where nothing was measured."""
    parts: list[list[tuple[float, float]]] = [[]]
    for moment, value in zip(at, values, strict=False):
        if value is None:
            parts.append([])
        else:
            parts[-1].append((frame.x(moment), frame.y(value)))
    path = "".join("M" + "L".join(f"{x} {y}" for x, y in part) for part in parts if len(part) > 1)
    return Line(name, look, path, [part[0] for part in parts if len(part) == 1])


def plot(
    result: Result, title: str, unit: str, series: Sequence[tuple[str, str, Sequence[float], Curve]], *, bar: float = 0.0, is_log: bool = False, is_count: bool = False
) -> Plot | None:  # fmt: skip
    """One drawing of (name, look, moments, values); None when nothing of it was measured."""
    known = [value for _, _, _, values in series for value in values if value is not None]
    if not known:
        return None
    top = max(*known, bar, 1.0)
    least = 1.0 if is_count else 0.0
    step = step_for(top, least=least)
    most = 10.0 ** max(1, math.ceil(math.log10(top))) if is_log else step * math.ceil(top / step - 1e-9)
    frame = Frame(result.seconds, most, is_log, least)
    bands = [Band(frame.x(one.begins), frame.x(one.begins + one.seconds) - frame.x(one.begins), one.name) for one in result.phases]
    said = "; ".join(f"{name} at most {max(of):g}" for name, _, _, values in series if (of := [v for v in values if v is not None]))
    return Plot(
        title, unit, [line(frame, name, look, at, values) for name, look, at, values in series], frame.across(), frame.up(), bands,
        Tick(frame.y(bar), f"{bar:g}") if bar else None, f"{title}, {unit}: {said}",
    )  # fmt: skip


def plots(result: Result) -> list[Plot]:
    """All drawings of a run that have something to show."""
    c, cores = result.curves, result.machine.cores
    own: Curve = [None if value is None else round(100 * value / cores, 1) for value in c.generator_cpu]
    found = [
        plot(result, "Requests", "a second", [("due", "thin", c.at, c.due), ("answered rightly", "first", c.at, c.right)]),
        plot(
            result, "Response times", "ms from when due, log scale", bar=500.0, is_log=True,
            series=[("p50", "third", c.at, c.p50_ms), ("p95", "first", c.at, c.p95_ms), ("p99", "second", c.at, c.p99_ms)],
        ),
        plot(
            result, "Not answered rightly", "a second",
            [("wrong", "bad", c.at, c.wrong), ("told to come again", "second", c.at, c.told_to_wait)],
        ),
        plot(
            result, "Processors", "% of the machine", bar=70.0,
            series=[("all", "first", c.watched_at, c.machine_cpu), ("the generator", "thin", c.watched_at, own)],
        ),
        plot(result, "Memory", "% of the machine", [("used", "first", c.watched_at, c.memory)], bar=80.0),
        plot(result, "Database connections", "open to the primary", [("open", "first", c.watched_at, c.connections)], is_count=True),
        plot(result, "Queue backlog", "jobs that could run", [("waiting", "first", c.watched_at, c.waiting)], is_count=True),
        plot(result, "Web processes", "how many", [("processes", "first", c.watched_at, c.web)], is_count=True),
        plot(result, "Largest web process", "MB", [("memory", "first", c.watched_at, c.web_mb)]),
    ]  # fmt: skip
    return [one for one in found if one is not None]
