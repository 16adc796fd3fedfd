"""The market a load test is run against: `make up`'s own program, started for it and gone after it."""

import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nollycrewhub.cli.supervisor import own_command
from nollycrewhub.devstack.postgres import free_port

PATIENCE = 300.0


class LoadtestFailed(RuntimeError):
    """It could not be run; the message says why."""


def where(folder: Path) -> Path:
    """Where the servers of a data folder keep their data: as root it is elsewhere, and a file says so."""
    note = folder / "WHERE"
    return Path(note.read_text().strip().rsplit(" ", 1)[-1]) if note.exists() else folder


@contextmanager
def market() -> "Iterator[tuple[str, Path, subprocess.Popen[bytes]]]":
    """`make up`'s own program on a free port and a fresh data folder; its address, folder and process."""
    folder = Path(tempfile.mkdtemp(prefix="nch-load-"))
    port = free_port()
    command = own_command("up", "--port", str(port), "--workers", "2", "--data", str(folder))
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(address, process)
        yield address, folder, process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        if where(folder) != folder:
            shutil.rmtree(where(folder), ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


def wait_for(address: str, process: "subprocess.Popen[bytes] | None" = None) -> None:
    """Until the job that the plan asks for is there."""
    until = time.monotonic() + (PATIENCE if process else 5)
    while True:
        try:
            with urllib.request.urlopen(f"{address}/api/jobs/12345", timeout=5):
                return
        except OSError as error:
            if time.monotonic() > until or (process and process.poll() is not None):
                raise LoadtestFailed(f"{address} does not answer with job 12345 ({error}). Is the sample loaded?") from error
            time.sleep(0.5)
