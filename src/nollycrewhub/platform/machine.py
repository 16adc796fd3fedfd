"""What the machine or container lets this process have, and what it takes: processors and memory."""

import resource
import sys
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")
STATM = Path("/proc/self/statm")


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


def memory_percent(folder: Path = CGROUP) -> float | None:
    """How full the container's memory is, without the files it could let go of at once; None without a bound."""
    try:
        bound = int((folder / "memory.max").read_text())
        used = int((folder / "memory.current").read_text())
        told = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
        return 100.0 * max(0, used - int(told.get("inactive_file", 0))) / bound
    except (OSError, ValueError, ZeroDivisionError):
        return None
