"""Ends what a test run started when the run itself is killed: servers are daemons, and would stay for ever.

One small process a pytest process, started with the first thing to keep. It holds the other end of a pipe, hears over it
what was started, and acts when the pipe ends, which it does however pytest ends. After an orderly end nothing is left to do.
"""

import contextlib
import shutil
import subprocess
import sys
from pathlib import Path

import psutil

from nollycrewhub.devstack.stack import Stack
from tests.measuring import TOP

PATIENCE = 60.0


class Guardian:
    """Pytest's end of the pipe."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None

    def keep(self, what: "subprocess.Popen[bytes] | Path") -> None:
        """A process, or the folder of a stack, that must not outlive this run."""
        line = f"folder {what}\n" if isinstance(what, Path) else f"process {what.pid}\n"
        if self.process is None:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.guardian"], cwd=TOP, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        assert self.process.stdin is not None
        self.process.stdin.write(line.encode())
        self.process.stdin.flush()

    def dismiss(self) -> None:
        """The run has ended in order."""
        if self.process is not None:
            self.process.communicate(timeout=PATIENCE)


GUARDIAN = Guardian()


def discard(servers: Stack) -> None:
    """Stops the servers of a stack and removes its folders."""
    servers.stop()
    for folder in {servers.account.data, servers.folder}:
        shutil.rmtree(folder, ignore_errors=True)


def watch() -> None:
    """Listens until the run has ended, then ends what is left: processes first, for they hold connections."""
    folders: list[Path] = []
    processes: list[psutil.Process] = []
    for line in sys.stdin:
        kind, _, words = line.rstrip("\n").partition(" ")
        if kind == "folder":
            folders.append(Path(words))
        else:
            with contextlib.suppress(psutil.NoSuchProcess):
                processes.append(psutil.Process(int(words)))
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            for each in (*process.children(recursive=True), process):
                each.kill()
    for folder in folders:
        if folder.exists():
            with contextlib.suppress(Exception):  # the others must still be ended
                discard(Stack(folder))


if __name__ == "__main__":
    watch()
