"""The market a load test is run against: `up`'s own program, started for it on a free port and gone after it."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from nollycrewhub.cli.running import FILE, NAMES
from nollycrewhub.cli.supervisor import own_command
from nollycrewhub.devstack.postgres import free_port

PATIENCE = 300.0
MOST_WEB = 6
BEGINS = 5.0  # s, in which a scaler that cannot work has said so
SCALER = (
    "scale", "run", "--actuator", "local", "--least-web", "1", "--most-web", str(MOST_WEB), "--least-workers", "1", "--most-workers", "1",
)  # fmt: skip
# Small rooms and pools, so that six processes fit on a laptop and the room is what is full first.
SMALL_ROOMS = {"MOST_IN_FLIGHT": "30", "READ_POOL_LEAST": "1", "READ_POOL_MOST": "4", "WRITE_POOL": "2", "WRITE_OVERFLOW": "2"}


class LoadtestFailed(RuntimeError):
    """It could not be run; the message says why."""


@dataclass(frozen=True)
class Market:
    """Where it answers, where it keeps its data, and its process."""

    address: str
    folder: Path
    process: "subprocess.Popen[bytes]"


def where(folder: Path) -> Path:
    """Where the servers of a data folder keep their data: as root it is elsewhere, and a file says so."""
    note = folder / "WHERE"
    return Path(note.read_text().strip().rsplit(" ", 1)[-1]) if note.exists() else folder


@contextmanager
def market(*, workers: int = 2, **changes: str) -> Iterator[Market]:
    """A fresh one, with the sample; settings of whoever starts it that name other servers are left out."""
    folder, port = Path(tempfile.mkdtemp(prefix="nch-load-")), free_port()
    environment = {name: value for name, value in os.environ.items() if name not in NAMES} | changes
    command = own_command("up", "--port", str(port), "--workers", str(workers), "--data", str(folder))
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603 - our own
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(address, process)
        yield Market(address, folder, process)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        if where(folder) != folder:
            shutil.rmtree(where(folder), ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def scaler(own: Market) -> Iterator[None]:
    """`scale run` with the actuator of this machine, for a market, from one web process up; LoadtestFailed when it did not live."""
    said = own.folder / "scaler.log"
    environment = (
        {name: value for name, value in os.environ.items() if name not in NAMES} | SMALL_ROOMS | json.loads((own.folder / FILE).read_text())
    )
    with said.open("wb") as log:
        process = subprocess.Popen(own_command(*SCALER), env=environment, stdout=log, stderr=log)  # noqa: S603 - our own
    try:
        time.sleep(BEGINS)
        still_lives(process, said)
        yield
        still_lives(process, said)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(30)


def still_lives(process: "subprocess.Popen[bytes]", said: Path) -> None:
    """LoadtestFailed when the scaler has ended, with what it said."""
    if process.poll() is not None:
        raise LoadtestFailed(f"The scaler ended by itself. It said: {said.read_text()[-500:].strip()}")


def wait_for(address: str, process: "subprocess.Popen[bytes] | None" = None) -> None:
    """Until the job that the plan asks for is there."""
    until, parts = time.monotonic() + (PATIENCE if process else 5), urlsplit(address)
    while True:
        line = HTTPConnection(parts.hostname or "", parts.port, timeout=5)
        try:
            line.request("GET", "/api/jobs/12345")
            status = line.getresponse().status
            said = str(status)
        except (OSError, HTTPException) as error:
            status, said = 0, type(error).__name__
        finally:
            line.close()
        if status == 200:
            return
        if time.monotonic() > until or (process and process.poll() is not None):
            raise LoadtestFailed(f"{address} does not answer with job 12345 ({said}). Is the sample loaded?")
        time.sleep(0.5)
