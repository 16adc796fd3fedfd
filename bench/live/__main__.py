"""`make bench-live`: ten thousand open pages of two hundred people on this machine, two web workers, everything at once."""

import argparse
import asyncio
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import psutil

from bench import report
from bench.live.crowd import Crowd, Listener, handshake, subscription
from bench.live.pages import Pages
from bench.live.results import BARS, REPORT, Live, misses, percentiles, table
from bench.servers import Servers, servers, wait_for
from nollycrewhub.cli import seeding
from nollycrewhub.cli.serve import listen
from nollycrewhub.devstack.postgres import free_port
from nollycrewhub.platform.cache import Valkeys
from nollycrewhub.platform.sessions import Sessions

PEOPLE = 200
ROOMS_EACH = 2
JOBS = 2000
WORKERS = 2
OPEN_FILES = 20_000


def raise_open_files(least: int) -> None:
    """As many open files as the system allows; too few is said, not met halfway."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < least:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(least, soft), hard), hard))
    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < least:
        raise SystemExit(f"{least} open files are needed and this shell may have {hard}: ulimit -n {least}")


async def sign_in(found: Servers) -> dict[UUID, str]:
    """Two hundred of the sample's people, each with one session."""
    await seeding.run(found.settings, users=1000, jobs=JOBS, applications=2 * JOBS, seed=1)
    connection = await asyncpg.connect(found.settings.database_reader_url)
    rows = await connection.fetch(f"select id from users.person order by id limit {PEOPLE}")  # noqa: S608 - a constant
    await connection.close()
    valkeys = Valkeys(found.settings)
    sessions = Sessions(valkeys.sessions)
    tokens = {row["id"]: await sessions.create(row["id"], name="Sample") for row in rows}
    await valkeys.stop()
    return tokens


@contextmanager
def workers(found: Servers) -> Iterator[tuple[int, list[psutil.Process]]]:
    """The web processes on one inherited socket, as the supervisor starts them."""
    port = free_port()
    listener = listen("127.0.0.1", port)
    environment = {
        **found.environment, "PORT": str(port), "PUBLIC_URL": f"http://127.0.0.1:{port}", "ROOMS_FD": str(listener.fileno()),
        "DRAIN_WAIT": "1",
    }  # fmt: skip
    command = [sys.executable, "-m", "bench.live.rooms"]
    made = [subprocess.Popen(command, env=environment, pass_fds=(listener.fileno(),), stderr=subprocess.DEVNULL) for _ in range(WORKERS)]
    try:
        wait_for(f"http://127.0.0.1:{port}/readyz")
        time.sleep(2)
        yield port, [psutil.Process(each.pid) for each in made]
    finally:
        for each in made:
            each.terminate()
        for each in made:
            each.wait(60)
        listener.close()


def memory(processes: list[psutil.Process]) -> int:
    """Bytes in memory of all of them, of what they started, and of a supervisor; what several share is counted once (PSS)."""
    family = [one for each in processes for one in (each, *each.children(recursive=True))]
    return sum(int(each.memory_full_info().pss) for each in family) + supervisor()


@cache
def supervisor() -> int:
    """What a process holds that has loaded what `serve --workers` loads to watch over the others."""
    program = "import sys, nollycrewhub.cli.main, nollycrewhub.cli.serve; print(flush=True); sys.stdin.read()"
    process = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    if process.stdout is None or process.stdin is None:
        return 0
    process.stdout.readline()
    found = int(psutil.Process(process.pid).memory_full_info().pss)
    process.stdin.close()
    process.wait(10)
    return found


def child(module: str, plan: Any, environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    """A load process that has its plan."""
    process = subprocess.Popen(
        [sys.executable, "-m", module], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    )  # fmt: skip
    if process.stdin is not None:
        process.stdin.write(msgspec.json.encode(plan))
        process.stdin.close()
    return process


def said(process: "subprocess.Popen[bytes]") -> bytes:
    """What it printed at its end."""
    return process.stdout.read() if process.stdout is not None else b""


def rooms_of(people: list[UUID]) -> dict[UUID, list[str]]:
    """Conversations between two, each person in as many as the next."""
    found: dict[UUID, list[str]] = {person: [] for person in people}
    for step in range(1, ROOMS_EACH // 2 + 1):
        for place, one in enumerate(people):
            other = people[(place + 7 * step) % len(people)]
            for person in (one, other):
                found[person].append(f"room:{one.hex}{other.hex}")
    return found


def measure(found: Servers, *, sockets: int, seconds: int, per_second: float) -> Live:
    """Connects everybody, then messages, broadcasts and pages together."""
    tokens = asyncio.run(sign_in(found))
    people = list(tokens)
    rooms = rooms_of(people)
    with workers(found) as (port, processes):
        before = memory(processes)
        listeners = []
        for number in range(sockets):
            person = people[number % len(people)]
            wanted = [f"person:{person}", "jobs", *rooms[person]]
            listeners.append(Listener(handshake(port, tokens[person]), subscription(wanted)))
        crowd = Crowd(port, listeners)
        connected = crowd.connect_all(per_second)
        settle(crowd, 3.0)
        held = memory(processes)
        began = [sum(each.cpu_times()[:2]) for each in processes]
        plan = {
            "rooms": sorted({room for each in rooms.values() for room in each}),
            "rate": 200.0,
            "seconds": seconds,
            "everybody_every": 5.0,
        }
        telling = child("bench.live.telling", plan, {**found.environment, "POOL_WAIT": "30"})
        pages = child("bench.live.pages", {"port": port, "jobs": JOBS, "rate": 200.0, "seconds": seconds}, dict(os.environ))
        while telling.poll() is None or pages.poll() is None:
            crowd.step(0.005)
        settle(crowd, 2.0)
        spent = [round((sum(each.cpu_times()[:2]) - start) / seconds, 2) for each, start in zip(processes, began, strict=True)]
        told = msgspec.json.decode(said(telling))
        return Live(
            machine=report.machine(), sockets=sockets, open=crowd.open, broken=crowd.broken, connected_s=round(connected, 1),
            before_mb=round(before / 1e6, 1), held_mb=round(held / 1e6, 1), after_mb=round(memory(processes) / 1e6, 1),
            kb_each=round(held / 1024 / sockets, 1), kb_more_each=round((held - before) / 1024 / sockets, 1), seconds=seconds,
            told=told["told"], told_failed=told["failed"], told_everybody=told["everybody"], committed_p95_ms=told["committed_p95_ms"], rooms=percentiles(crowd.late[b"room"]),
            everybody=percentiles(crowd.late[b"jobs"]), missed=crowd.missed, pages=msgspec.json.decode(said(pages), type=Pages),
            web_cpu=spent,
        )  # fmt: skip


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
    parser.add_argument("--dry", action="store_true", help="print the table; write no file")
    arguments = parser.parse_args()
    raise_open_files(arguments.sockets + 1000)
    with servers() as found:
        live = measure(found, sockets=arguments.sockets, seconds=arguments.seconds, per_second=arguments.per_second)
    print(table(live))
    if not arguments.dry:
        REPORT.write(live)
    missed = misses(live)
    print("\n".join(missed) or f"Every bar is reached: {BARS}.")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
