"""Drives a server with wrk: so many connections, each asking again as soon as it is answered.

Beside the rate it tells what the request cost both sides: processor time of the web process and of the database.
"""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import msgspec
import psutil

SCRIPT = Path(__file__).with_name("rotate.lua")
CONNECTIONS = 16


class Load(msgspec.Struct, kw_only=True):
    """One run: how many a second, how long they took, and the processor time of each request in microseconds."""

    per_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    refused: int
    web_us: float
    database_us: float


class Printed(msgspec.Struct):
    """wrk's own summary, as rotate.lua prints it."""

    requests: int
    seconds: float
    refused: int
    broken: int
    p50_ms: float
    p95_ms: float
    p99_ms: float


class GeneratorFailed(RuntimeError):
    """wrk is missing or broke off."""


def processor_time(pid: int, *, children: bool) -> float:
    """Seconds of processor time so far; with `children` those of the living children too."""
    process = psutil.Process(pid)
    everybody = [process, *(process.children() if children else [])]
    found = 0.0
    for each in everybody:
        try:
            times = each.cpu_times()
        except psutil.NoSuchProcess:
            continue
        found += times.user + times.system
    return found


def drive(
    port: int, paths: Sequence[str], *, web: int, postmaster: int, seconds: int, body: str = "", tag: str = "",
    family: bool = False, connections: int = CONNECTIONS,
) -> Load:  # fmt: skip
    """Asks for the paths in turn for so many seconds. `tag` is sent as If-None-Match; `family` counts the web process's children."""
    wrk = shutil.which("wrk")
    if wrk is None:
        raise GeneratorFailed("wrk is not installed. Run `make tools`, or install it with your system's package manager.")
    before = processor_time(web, children=family), processor_time(postmaster, children=True)
    address = f"http://127.0.0.1:{port}"
    command = [wrk, "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "15s", "-s", str(SCRIPT), address, "--", *paths]
    environment = {**os.environ, **({"BODY": body} if body else {}), **({"TAG": tag} if tag else {})}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    line = next((line for line in done.stdout.splitlines() if line.startswith("JSON ")), None)
    if line is None:
        raise GeneratorFailed(f"wrk broke off: {(done.stderr or done.stdout).strip()[-300:]}")
    found = msgspec.json.decode(line[5:], type=Printed)
    if found.broken or not found.requests:
        raise GeneratorFailed(f"{found.broken} connections broke, {found.requests} requests were answered.")
    after = processor_time(web, children=family), processor_time(postmaster, children=True)
    each = 1e6 / found.requests
    return Load(
        per_second=round(found.requests / found.seconds, 1), p50_ms=found.p50_ms, p95_ms=found.p95_ms, p99_ms=found.p99_ms,
        refused=found.refused, web_us=round((after[0] - before[0]) * each, 1), database_us=round((after[1] - before[1]) * each),
    )  # fmt: skip
