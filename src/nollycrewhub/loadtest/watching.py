"""The machine during a run: processors, memory and the server's processes once a second, database and queue every other one."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import psutil

EVERY = 1.0
SEARCH_EVERY, SEARCH_OFTEN = 10.0, 2.0
ASK_EVERY = 2.0
PATIENCE = 1.5


class Inside(msgspec.Struct, kw_only=True, frozen=True):
    """What only the servers know: connections to the primary and how many it accepts, jobs that could run and their oldest's age (s)."""

    connections: int
    accepted: int
    waiting: int
    oldest_s: float


AskInside = Callable[[], Awaitable[Inside]]


class Look(msgspec.Struct, kw_only=True, frozen=True):
    """One look. `cpu` and `memory` are percent of the machine, `own` the generator's cores; what was not seen is None.

    `files` are those that web processes and workers hold open, connections among them.
    """

    at: float
    cpu: float | None
    own: float
    memory: float | None
    web_mb: tuple[float, ...] = ()
    worker_mb: tuple[float, ...] = ()
    files: int = 0
    inside: Inside | None = None


@dataclass
class Watch:
    """Looks until it is stopped. `port` tells whose processes are the server's; 0 when it is not on this machine."""

    port: int
    ask: AskInside | None = None
    search_every: float = SEARCH_EVERY
    looks: list[Look] = field(default_factory=list)
    began: float = 0.0
    web: list[psutil.Process] = field(default_factory=list)
    workers: list[psutil.Process] = field(default_factory=list)
    searched: float = 0.0
    inside: Inside | None = None
    asked: float = 0.0
    own: psutil.Process = field(default_factory=psutil.Process)
    times: Any = None

    async def run(self) -> None:
        """Until it is cancelled."""
        self.began = time.monotonic()
        self.times = psutil.cpu_times()
        before, spent = self.began, self._spent()
        while True:
            await asyncio.sleep(EVERY)
            await self._ask_inside()
            now, used = time.monotonic(), self._spent()
            self.looks.append(await asyncio.to_thread(self._look, now, (used - spent) / (now - before)))
            before, spent = now, used

    def _spent(self) -> float:
        times = self.own.cpu_times()
        return float(times.user + times.system)

    def _look(self, now: float, own: float) -> Look:
        at = now - self.began
        if not self.port:
            return Look(at=at, cpu=None, own=own, memory=None, inside=self.inside)
        if now - self.searched >= self.search_every:
            (self.web, self.workers), self.searched = processes_behind(self.port), now
        (web_mb, web_files), (worker_mb, worker_files) = held(self.web), held(self.workers)
        times, before = psutil.cpu_times(), self.times
        self.times = times
        return Look(
            at=at, cpu=busy(before, times), own=own, memory=psutil.virtual_memory().percent, web_mb=web_mb, worker_mb=worker_mb,
            files=web_files + worker_files, inside=self.inside,
        )  # fmt: skip

    async def _ask_inside(self) -> None:
        now = time.monotonic()
        if self.ask is None or now - self.asked < ASK_EVERY:
            return
        self.asked, self.inside = now, None
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(PATIENCE):
                self.inside = await self.ask()


def busy(before: Any, now: Any) -> float:
    """Percent of the machine's processor time between two readings that was not idle."""
    every = sum(now[:8]) - sum(before[:8])  # what guests use is counted in the first columns already
    idle = now.idle + getattr(now, "iowait", 0.0) - before.idle - getattr(before, "iowait", 0.0)
    return round(100.0 * (1.0 - idle / every), 1) if every > 0 else 0.0


def held(processes: Sequence[psutil.Process]) -> tuple[tuple[float, ...], int]:
    """Memory of each (MB), and how many files they hold open together; who is gone is left out."""
    sizes, files = [], 0
    for process in processes:
        with contextlib.suppress(psutil.Error):
            sizes.append(round(process.memory_info().rss / 1e6, 1))
            files += process.num_fds()
    return tuple(sizes), files


def processes_behind(port: int) -> tuple[list[psutil.Process], list[psutil.Process]]:
    """The web processes behind a port of this machine, and the workers beside them; none where the system does not tell.

    The listening socket is inherited, and the system may name any of its holders, such as a web process's own hasher: so
    it is the whole family of the highest of ours that is looked through.
    """
    family: dict[int, psutil.Process] = {}
    with contextlib.suppress(psutil.Error):
        holders = {one.pid for one in psutil.net_connections("tcp") if one.pid and one.laddr and one.laddr.port == port and not one.raddr}
        for pid in holders:
            with contextlib.suppress(psutil.Error):
                top = highest(psutil.Process(pid))
                family |= {one.pid: one for one in (top, *top.children(recursive=True))}
    known = [family[pid] for pid in sorted(family)]
    served = [one for one in known if says(one, "serve")]
    return [one for one in served if says(one, "--fd")] or served, [one for one in known if says(one, "worker")]


def highest(process: psutil.Process) -> psutil.Process:
    """The one of ours above a process that everything behind its port comes from."""
    found = process
    for above in process.parents():
        if says(above, "serve") or says(above, "up") or says(above, "scale"):
            found = above
    return found


def says(process: psutil.Process, word: str) -> bool:
    """Whether a word stands in a process's command line."""
    try:
        return word in process.cmdline()
    except psutil.Error:
        return False
