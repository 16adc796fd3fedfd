"""What a run leaves: everything its verdict and its report are made of, as one JSON document with the machine it ran on."""

import os
import platform
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
import psutil

from nollycrewhub.loadtest.sockets import Heard
from nollycrewhub.loadtest.steadiness import Change
from nollycrewhub.loadtest.tally import Kind, Phase, Tally, part

POINTS = 400  # of a curve at most
TOP = Path(__file__).resolve().parents[3]
KEPT = TOP / "loadtest" / "results"  # of whole runs, committed by hand
TRIED = TOP / ".results" / "loadtest"  # of shortened ones, and all reports
Curve = list[float | None]


class Machine(msgspec.Struct, kw_only=True):
    """Where and when it ran; `busy` is the load average before it began, which tells a quiet machine from a busy one."""

    when: str
    revision: str
    cores: int
    processor: str
    memory_gb: float
    system: str
    python: str
    busy: float

    def spoken(self) -> str:
        """In a line."""
        return (
            f"{self.when} UTC at {self.revision}: {self.cores} cores ({self.processor}), {self.memory_gb} GB, {self.system}, "
            f"Python {self.python}, load average {self.busy} before the run"
        )


class Criterion(msgspec.Struct, kw_only=True):
    """One sentence of the verdict, what was measured, and whether it holds; `key` names the plan's key metric it belongs to."""

    says: str
    measured: str
    holds: bool
    key: str = ""


class Curves(msgspec.Struct, kw_only=True):
    """The run over time. `at` is the second a point begins at; a figure nobody measured there is null."""

    at: list[float]
    due: Curve
    right: Curve
    wrong: Curve
    told_to_wait: Curve
    p50_ms: Curve
    p95_ms: Curve
    p99_ms: Curve
    watched_at: list[float]
    machine_cpu: Curve
    generator_cpu: Curve
    memory: Curve
    web: Curve
    web_mb: Curve
    connections: Curve
    waiting: Curve


class Result(msgspec.Struct, kw_only=True):
    """One run. Times in milliseconds from the moment a request was due; processors in cores but for percentages."""

    name: str
    says: str
    machine: Machine
    target: str
    seconds: float
    seed: int
    phases: list[Phase]
    by_phase: list[dict[str, Kind]]
    kinds: dict[str, Kind]
    whole: Kind
    planned: int
    dropped: int
    impossible: int
    generator_cores: float
    generator_late_p99_ms: float
    sockets: Heard | None
    curves: Curves
    criteria: list[Criterion]
    void: list[str]
    notes: dict[str, float | str] = {}
    changes: list[Change] = []

    @property
    def has_passed(self) -> bool:
        """Every sentence holds, and the run is worth something."""
        return not self.void and all(one.holds for one in self.criteria)


def machine() -> Machine:
    """This one, now."""
    done = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=TOP, capture_output=True, text=True, check=False)  # noqa: S607
    return Machine(
        when=time.strftime("%Y-%m-%d %H:%M", time.gmtime()), revision=done.stdout.strip(), cores=os.cpu_count() or 1,
        processor=processor(), memory_gb=round(psutil.virtual_memory().total / 1e9, 1), system=platform.system(),
        python=platform.python_version(), busy=round(os.getloadavg()[0], 2),
    )  # fmt: skip


def processor(told: Path = Path("/proc/cpuinfo")) -> str:
    """The processor's name as the system has it."""
    try:
        names = [line.partition(":")[2].strip() for line in told.read_text().splitlines() if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.machine()


def bins(tally: Tally, seconds: float) -> tuple[list[float], list[dict[str, float | None]]]:
    """The run's seconds, several to a point where there are many."""
    wide = max(1, -(-int(seconds) // POINTS))
    starts = [float(start) for start in range(0, max(1, int(seconds + 0.999)), wide)]
    found = []
    for start in starts:
        one = tally.between(start, start + wide)
        times = sorted(one.times)
        found.append({
            "due": one.due / wide, "right": one.right / wide, "wrong": one.wrong / wide, "told_to_wait": one.told_to_wait / wide,
            **{name: part(times, share) if times else None for name, share in (("p50_ms", 0.5), ("p95_ms", 0.95), ("p99_ms", 0.99))},
        })  # fmt: skip
    return starts, found


def thinned(values: Sequence[float | None]) -> Curve:
    """A curve of few enough points: the greatest of each handful, so that no peak is lost."""
    wide = max(1, -(-len(values) // POINTS))
    found: Curve = []
    for start in range(0, len(values), wide):
        known = [value for value in values[start : start + wide] if value is not None]
        found.append(round(max(known), 2) if known else None)
    return found


def write(result: Result, path: Path) -> None:
    """Keeps it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    encoded = msgspec.json.format(msgspec.json.encode(result), indent=1)
    path.write_bytes(encoded + b"\n")


def read(path: Path) -> Result:
    """A run that was kept."""
    return msgspec.json.decode(path.read_bytes(), type=Result)
