"""Processor time and memory of everything that works for a `make up`, by what it does. Linux only: it is read from /proc."""

import os
from collections import defaultdict
from pathlib import Path

GROUPS = ("web", "hashing", "worker", "primary", "replicas", "valkey", "other")
# By a word of the command line, its own or for servers its parent's; the first that fits counts.
MARKS = (
    ("platform.hashing", "hashing"), ("--fd", "web"), ("main worker", "worker"), ("valkey", "valkey"), ("replica", "replicas"),
    ("primary", "primary"),
)  # fmt: skip
TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


class NoProcesses(RuntimeError):
    """Nothing of a `make up` is to be seen."""


def line_of(pid: int) -> str:
    """A process's command line; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def stat_of(pid: int) -> tuple[int, float, int] | None:
    """Its parent, its processor seconds and its memory in bytes; None when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return int(fields[1]), (int(fields[11]) + int(fields[12])) / TICK, int(fields[21]) * PAGE


class Watched:
    """All processes of a run: the children of its `up`, and the servers that keep their data in its folder."""

    def __init__(self, port: int, folder: Path) -> None:
        if not Path("/proc/self/stat").exists():
            raise NoProcesses("Processor time is read from /proc, which this system has not. Measure on Linux.")
        self.folder = str(folder)
        self.root = self._up(port)
        self.last: dict[int, tuple[str, float, int]] = {}
        self.groups: dict[int, str] = {}

    def _up(self, port: int) -> int:
        mark = f" up --port {port} "
        found = [pid for pid in pids() if mark in line_of(pid) and "nollycrewhub" in line_of(pid)]
        if not found:
            raise NoProcesses(f"No `make up` with port {port} runs here. Start one, and name its address by --url.")
        return min(found)

    def group(self, pid: int) -> str:
        """What a process does; empty for others' processes."""
        chain, at = [], pid
        while at > 1 and (stat := stat_of(at)) is not None:
            chain.append((at, line_of(at)))
            at = stat[0]
        if not any(one == self.root or self.folder in line for one, line in chain):
            return ""
        for mark, group in MARKS:
            reach = 2 if group in ("primary", "replicas") else 1
            if any(mark in line for _, line in chain[:reach]):
                return group
        return "other"

    def spent(self) -> dict[str, float]:
        """Seconds by group since the processes began; one that has ended keeps what was last seen of it."""
        for pid in pids():
            if pid not in self.groups:
                self.groups[pid] = self.group(pid)
            stat = stat_of(pid)
            if self.groups[pid] and stat is not None:
                self.last[pid] = self.groups[pid], stat[1], stat[2]
        total: dict[str, float] = defaultdict(float)
        for group, seconds, _ in self.last.values():
            total[group] += seconds
        return dict(total)

    def memory(self, group: str) -> float:
        """Bytes of the largest process of a group as it was last seen."""
        return max((size for name, _, size in self.last.values() if name == group), default=0)


def pids() -> list[int]:
    """Everybody's."""
    return [int(name) for name in os.listdir("/proc") if name.isdecimal()]
