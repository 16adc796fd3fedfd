"""Policies side by side over thirty seeds with their intervals, the stream beside single requests, and what matters most."""

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from nollycrewhub.capacity.simulation import intervals
from nollycrewhub.capacity.simulation.checking import Checked
from nollycrewhub.capacity.simulation.flow import STEP as FLOW_STEP
from nollycrewhub.capacity.simulation.flow import Flow
from nollycrewhub.capacity.simulation.intervals import Interval
from nollycrewhub.capacity.simulation.policies import CPU, NAMES, OURS
from nollycrewhub.capacity.simulation.requests import Requests
from nollycrewhub.capacity.simulation.running import Run
from nollycrewhub.capacity.simulation.scene import Demand, Scene
from nollycrewhub.capacity.simulation.scenes import scenes, small_flash
from nollycrewhub.capacity.simulation.trace import Score

FILE = Path("docs/results/capacity-simulated.json")
SEEDS = 30
SEEDS_OF_AGREEMENT = 3
SHOWN_SEED = 0
POINTS = 240
FIGURES = Score.__struct_fields__
Say = Callable[[str], None]


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """A policy in a scene: each figure's mean over the seeds, and its interval."""

    scene: str
    policy: str
    hours: float
    figures: dict[str, Interval]


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """One seed of a scene for a plot: instances of each policy, how many were needed, requests refused, in equal stretches."""

    scene: str
    begins: str
    seconds: float
    needed: list[int]
    web: dict[str, list[int]]
    refused: dict[str, list[float]]


class Agreed(msgspec.Struct, frozen=True, kw_only=True):
    """A figure of the same scene as a stream and as single requests."""

    policy: str
    figure: str
    stream: Interval
    single: Interval


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """What is refused and what it costs when one thing is half or twice what it is."""

    what: str
    times: float
    refused_percent: Interval
    instance_minutes: Interval


class Simulated(msgspec.Struct, frozen=True, kw_only=True):
    """All of it, with what a request was taken to ask."""

    seeds: int
    measured_at: str
    demand: Demand
    checked: list[Checked]
    compared: list[Compared]
    shown: list[Shown]
    agreed: list[Agreed]
    moved: list[Moved]


def rounded(value: float) -> float:
    """Six places that count: enough to read, and the same on every machine's mathematics."""
    return float(f"{value:.6g}")


def interval(values: Sequence[float]) -> Interval:
    """Rounded, for the file."""
    found = intervals.of(values)
    return Interval(rounded(found.mean), rounded(found.half))


def scored(scene: Scene, policy: str, seeds: int, *, kind: type[Run] = Flow, step: float = FLOW_STEP) -> list[Score]:
    """A policy over so many seeds."""
    return [kind(scene, policy, seed, step=step).play() for seed in range(seeds)]


def compare(scene: Scene, policy: str, seeds: int) -> Compared:
    """Every figure of a policy in a scene."""
    scores = scored(scene, policy, seeds)
    return Compared(
        scene=scene.name, policy=policy, hours=scene.load.seconds / 3600,
        figures={name: interval([getattr(one, name) for one in scores]) for name in FIGURES},
    )  # fmt: skip


def show(scene: Scene) -> Shown:
    """One seed of all policies, thinned out for a plot: the most of each stretch, for refused requests their sum."""
    runs = {name: Flow(scene, name, SHOWN_SEED) for name in NAMES}
    for run in runs.values():
        run.play()
    steps = next(iter(runs.values())).trace.steps
    width = max(1, steps // POINTS)
    starts = range(0, steps, width)
    needed = next(iter(runs.values())).needed.web
    return Shown(
        scene=scene.name, begins=scene.load.begins.isoformat(), seconds=scene.load.seconds,
        needed=[max(needed[at : at + width]) for at in starts],
        web={name: [max(run.trace.web[at : at + width]) for at in starts] for name, run in runs.items()},
        refused={name: [rounded(sum(run.trace.refused[at : at + width])) for at in starts] for name, run in runs.items()},
    )  # fmt: skip


def agreement(demand: Demand, seeds: int = SEEDS_OF_AGREEMENT) -> list[Agreed]:
    """The stream and the single requests over the same seeds."""
    scene, found = small_flash(demand), []
    for policy in (CPU, OURS):
        stream, single = scored(scene, policy, seeds), scored(scene, policy, seeds, kind=Requests, step=1.0)
        for figure in ("lost_minutes", "refused_percent", "instance_minutes", "p95_ms"):
            pair = [interval([getattr(one, figure) for one in scores]) for scores in (stream, single)]
            found.append(Agreed(policy=policy, figure=figure, stream=pair[0], single=pair[1]))
    return found


def moved(scene: Scene, seeds: int) -> list[Moved]:
    """Ours in one scene with one thing changed at a time, by half and by two: what a plan should worry about first."""
    d, p, load = scene.demand, scene.plant, scene.load

    def with_(times: float) -> dict[str, Scene]:
        change = msgspec.structs.replace
        dearer = change(d, web_hit=d.web_hit * times, web_miss=d.web_miss * times, hashing=d.hashing * times)
        misses = change(d, hits=max(0.0, 1 - (1 - d.hits) * times))
        return {
            "processor time of a request": change(scene, demand=dearer),
            "what misses the caches": change(scene, demand=misses),
            "start-up time": change(scene, plant=change(p, boot=p.boot * times)),
            "age of the figures": change(scene, plant=change(p, delay=p.delay * times, look=p.look * times)),
            "size of the crowd": change(scene, load=change(load, flash_times=1 + (load.flash_times - 1) * times)),
        }

    found = []
    for times in (0.5, 2.0):
        for what, changed in with_(times).items():
            scores = scored(changed, OURS, seeds)
            found.append(
                Moved(
                    what=what, times=times, refused_percent=interval([one.refused_percent for one in scores]),
                    instance_minutes=interval([one.instance_minutes for one in scores]),
                )
            )  # fmt: skip
    return found


def simulate(demand: Demand, measured_at: str, checked: list[Checked], *, seeds: int, say: Say) -> Simulated:
    """Everything the page tells."""
    every, compared, shown = scenes(demand), [], []
    for scene in every:
        for policy in NAMES:
            compared.append(compare(scene, policy, seeds))
            figures = compared[-1].figures
            say(f"{scene.name}, {policy}: {figures['lost_minutes'].mean:.1f} minutes lost, {figures['instance_minutes'].mean:.0f} paid")
        shown.append(show(scene))
    flash = next(scene for scene in every if scene.load.flash is not None)
    say("The stream beside single requests, and one thing changed at a time.")
    return Simulated(
        seeds=seeds, measured_at=measured_at, demand=demand, checked=checked, compared=compared, shown=shown, agreed=agreement(demand),
        moved=moved(flash, max(2, seeds // 3)),
    )  # fmt: skip


def write(simulated: Simulated, path: Path = FILE) -> None:
    """Keeps it, one line a row, so that a diff says which row has changed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    parts = msgspec.to_builtins(simulated)
    lines = []
    for name, value in parts.items():
        body = msgspec.json.encode(value).decode()
        if isinstance(value, list):
            body = "[\n  " + ",\n  ".join(msgspec.json.encode(one).decode() for one in value) + "\n ]"
        lines.append(f' "{name}": {body}')
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")


class NothingSimulated(ValueError):
    """There is no file of simulations, or it is not one."""


def read(path: Path = FILE) -> Simulated:
    """What is committed; NothingSimulated says what to do without."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Simulated)
    except (OSError, msgspec.MsgspecError) as error:
        raise NothingSimulated(f"{path} cannot be read ({error}). Run `nollycrewhub capacity simulate`.") from error
