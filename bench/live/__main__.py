"""`make bench-live`: ten thousand open pages of two hundred people on this machine, two web workers, everything at once."""

import argparse
import asyncio
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import IO, Any

import msgspec
import psutil

from bench import report
from bench.live.crowd import Crowd, Listener, handshake, subscription
from bench.live.pages import Pages
from bench.live.people import JOBS, Town, begin_talks, settle_in
from bench.live.results import BARS, REPORT, Cores, Live, misses, percentiles, table
from bench.live.writing import Written
from bench.servers import Servers, servers

WORKERS = 2
RATE = 200.0  # messages a second, and as many pages
EVERYBODY_EVERY = 5.0
WARM_PART, WARM_SECONDS = 0.25, 5  # before anything is timed: each page once, so to speak


def raise_open_files(least: int) -> None:
    """As many open files as the system allows; too few is said, not met halfway."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < least:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(least, soft), hard), hard))
    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < least:
        raise SystemExit(f"{least} open files are needed and this shell may have {hard}: ulimit -n {least}")


def memory(supervisor: psutil.Process) -> int:
    """Bytes in memory of a supervisor and everything it started; what several share is counted once (PSS)."""
    return sum(int(each.memory_full_info().pss) for each in (supervisor, *supervisor.children(recursive=True)))


def child(module: str, plan: Any, says: IO[bytes]) -> "subprocess.Popen[bytes]":
    """A load process that has its plan. What it says at its end goes into a file: a pipe would be full, and nobody reads meanwhile."""
    process = subprocess.Popen([sys.executable, "-m", module], stdin=subprocess.PIPE, stdout=says, env=dict(os.environ))
    if process.stdin is not None:
        process.stdin.write(msgspec.json.encode(plan))
        process.stdin.close()
    return process


def children(plan: dict[str, Any], says: Sequence[IO[bytes]]) -> "list[subprocess.Popen[bytes]]":
    """The writers and the askers."""
    return [
        child("bench.live.writing", {**plan, "everybody_every": EVERYBODY_EVERY}, says[0]),
        child("bench.live.pages", {**plan, "jobs": JOBS}, says[1]),
    ]


class Clock:
    """The processor's time from here on, of the web processes, the database, the load and the whole machine."""

    def __init__(self, web: list[psutil.Process], postmaster: psutil.Process, load: "list[subprocess.Popen[bytes]]") -> None:
        self.web, self.postmaster = web, postmaster
        self.load = [psutil.Process(), *(psutil.Process(each.pid) for each in load)]
        self.began = time.monotonic()
        self.before = self._now()

    def _now(self) -> list[float]:
        machine = psutil.cpu_times()
        idle = machine.idle + machine.iowait
        return [
            sum(map(spent, self.postmaster.children())),
            sum(map(spent, self.load)),
            sum(machine[:8]) - idle,
            idle,
            *map(spent, self.web),
        ]

    def stop(self) -> Cores:
        """What was used since."""
        took = time.monotonic() - self.began
        database, load, busy, idle, *web = (now - before for now, before in zip(self._now(), self.before, strict=True))
        return Cores(
            web=[round(each / took, 2) for each in web], database=round(database / took, 2), load=round(load / took, 2),
            machine=round(busy / max(1e-9, busy + idle), 2),
        )  # fmt: skip


def spent(process: psutil.Process) -> float:
    """Seconds of processor time so far; none of a process that has ended."""
    try:
        return float(sum(process.cpu_times()[:2]))
    except psutil.NoSuchProcess:
        return 0.0


def listeners_of(town: Town, port: int, many: int) -> list[Listener]:
    """The open pages, each person's in turn: every one hears its person, the job board and who is about in the person's conversations."""
    found = []
    mine: list[list[str]] = [[] for _ in town.people]
    for talk in town.talks:
        mine[talk.one].append(f"conversation:{talk.id}")
        mine[talk.other].append(f"conversation:{talk.id}")
    for number in range(many):
        place = number % len(town.people)
        wanted = ["person:me", "jobs", *mine[place]]
        found.append(Listener(handshake(port, town.people[place].token), subscription(wanted)))
    return found


def unheard(crowd: Crowd, town: Town, written: Written, sockets: int) -> int:
    """Deliveries too few or too many, over all that was written: both people's pages hear a message, all hear a listing."""
    pages = [len(range(place, sockets, len(town.people))) for place in range(len(town.people))]
    both = {str(talk.id): pages[talk.one] + pages[talk.other] for talk in town.talks}

    def wrong(expected: Mapping[str, int]) -> int:
        return sum(abs(many - len(crowd.heard.get(heard.encode(), ()))) for heard, many in expected.items())

    messages = {heard: both[msgspec.json.decode(heard.removeprefix("message"))["conversation"]] for heard in written.messages}
    return wrong(messages) + wrong(dict.fromkeys(written.listings, sockets))


def measure(found: Servers, *, sockets: int, seconds: int, per_second: float, rate: float) -> Live:
    """Connects everybody, then messages, listings and pages together."""
    town = asyncio.run(settle_in(found))
    with ExitStack() as stack, found.web(shared=True, workers=WORKERS) as (port, pid):
        supervisor = psutil.Process(pid)
        time.sleep(2)  # the second of the two may come a moment after the first
        asyncio.run(begin_talks(town, port))
        before = memory(supervisor)
        crowd = Crowd(port, listeners_of(town, port, sockets))
        connected = crowd.connect_all(per_second)
        settle(crowd, 3.0)
        held = memory(supervisor)
        plan = {"port": port, "town": town}
        says = [stack.enter_context(tempfile.TemporaryFile()) for _ in range(2)]
        first = children(
            {**plan, "rate": rate * WARM_PART, "seconds": WARM_SECONDS}, [stack.enter_context(tempfile.TemporaryFile()) for _ in says]
        )
        while any(each.poll() is None for each in first):
            crowd.step(0.005)
        load = children({**plan, "rate": rate, "seconds": seconds}, says)
        clock = Clock(supervisor.children(), psutil.Process(found.postmaster), load)
        until = time.monotonic() + seconds
        cores: Cores | None = None
        while any(each.poll() is None for each in load):
            crowd.step(0.005)
            if cores is None and time.monotonic() > until:
                cores = clock.stop()
        settle(crowd, 2.0)
        written, pages = (msgspec.json.decode(said(each), type=kind) for each, kind in zip(says, (Written, Pages), strict=True))
        if written.why:
            print(f"Not taken: {written.why}", file=sys.stderr)
        return Live(
            machine=report.machine(), sockets=sockets, open=crowd.open, broken=crowd.broken, connected_s=round(connected, 1),
            connect=percentiles(crowd.connected), before_mb=round(before / 1e6, 1), held_mb=round(held / 1e6, 1),
            after_mb=round(memory(supervisor) / 1e6, 1), kb_each=round(held / 1024 / sockets, 1),
            kb_more_each=round((held - before) / 1024 / sockets, 1), seconds=seconds, written=len(written.messages), posted=len(written.listings),
            refused=written.failed, answered_p95_ms=written.answered_p95_ms, messages=percentiles(crowd.late(written.messages)),
            everybody=percentiles(crowd.late(written.listings)), missed=crowd.missed, unheard=unheard(crowd, town, written, sockets),
            pages=pages, cores=cores or Cores(web=[], database=0, load=0, machine=0),
        )  # fmt: skip


def said(says: IO[bytes]) -> bytes:
    """What a load process said at its end."""
    says.seek(0)
    return says.read()


def settle(crowd: Crowd, seconds: float) -> None:
    """Lets what is under way arrive."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        crowd.step(0.01)


def main() -> int:
    """Measures, writes, and says which bars were missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.live")
    parser.add_argument("--sockets", type=int, default=10_000, help="WebSockets to open (default ten thousand)")
    parser.add_argument("--seconds", type=int, default=60, help="seconds of messages and pages (default 60)")
    parser.add_argument("--per-second", type=float, default=600.0, help="connections opened a second (default 600)")
    parser.add_argument("--rate", type=float, default=RATE, help="messages a second, and as many pages (default 200)")
    parser.add_argument("--dry", action="store_true", help="print the table; write no file")
    arguments = parser.parse_args()
    raise_open_files(arguments.sockets + 1000)
    with servers() as found:
        found.environment["DRAIN_WAIT"] = "1"
        given = {"sockets": arguments.sockets, "seconds": arguments.seconds, "per_second": arguments.per_second, "rate": arguments.rate}
        live = measure(found, **given)
    print(table(live))
    if not arguments.dry:
        REPORT.write(live)
    missed = misses(live)
    print("\n".join(missed) or f"Every bar is reached: {BARS}.")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
