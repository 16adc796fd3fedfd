"""What the machine or container lets this process have, and what it takes: processors and memory."""

import resource
import sys
from contextlib import suppress
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")
STATM = Path("/proc/self/statm")
MEMINFO = Path("/proc/meminfo")
NO_BOUND = 1 << 60  # the older cgroups write a number beyond any memory


def cores(folder: Path = CGROUP) -> float:
    """How much of a processor one process with one event loop can use: one, or less where the container has less."""
    try:
        quota, period = (folder / "cpu.max").read_text().split()
        return min(1.0, int(quota) / int(period))
    except (OSError, ValueError):  # no container, or one without a bound ("max")
        return 1.0


def memory_bytes() -> int:
    """What is in memory of this process now; where the system does not say, the most there ever was."""
    try:
        return int(STATM.read_text().split()[1]) * resource.getpagesize()
    except (OSError, ValueError, IndexError):
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024


def memory_percent(folder: Path = CGROUP, machine: Path = MEMINFO) -> float | None:
    """How full the container's memory is, or without a bound the machine's, not counting what could be let go of at once; None if nobody says."""
    for inside, bound, used, unused in (
        (folder, "memory.max", "memory.current", "inactive_file"),
        (folder / "memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    ):
        with suppress(OSError, ValueError, ZeroDivisionError):
            if (most := int((inside / bound).read_text())) < NO_BOUND:
                told = dict(line.split() for line in (inside / "memory.stat").read_text().splitlines())
                return 100.0 * max(0, int((inside / used).read_text()) - int(told.get(unused, 0))) / most
    try:
        said = dict(line.split(":") for line in machine.read_text().splitlines())
        whole, free = (int(said[name].split()[0]) for name in ("MemTotal", "MemAvailable"))
        return 100.0 * (1 - free / whole)
    except (OSError, ValueError, KeyError, IndexError, ZeroDivisionError):
        return None
