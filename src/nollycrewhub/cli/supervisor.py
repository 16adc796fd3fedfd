"""Keeps a few child processes alive: starts them, restarts the dead with a growing pause, stops them in order."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

PATIENCE = 25.0
LONGEST_PAUSE = 10.0
LOOK_EVERY = 0.2


@dataclass
class Child:
    """One process to keep: its name for people, its command, its inherited descriptors."""

    name: str
    command: Sequence[str]
    environment: dict[str, str]
    descriptors: tuple[int, ...] = ()
    process: "subprocess.Popen[bytes] | None" = None
    falls: int = 0
    not_before: float = 0.0
    started: float = field(default=0.0)

    def start(self) -> None:
        """Starts it in a process group of its own, so that the terminal's Ctrl-C reaches only the supervisor."""
        self.started = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603 - our own command
            list(self.command), env=self.environment, pass_fds=self.descriptors, start_new_session=True
        )


class Supervisor:
    """Runs children until a signal says stop."""

    def __init__(self, children: list[Child], *, say: Callable[[str], None] = print) -> None:
        self.children = children
        self.say = say
        self.stopping = False

    def run(self) -> int:
        """Returns when a signal came and all children are gone."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        for child in self.children:
            child.start()
        while not self.stopping:
            for child in self.children:
                self._look_after(child)
            time.sleep(LOOK_EVERY)
        return self.stop()

    def _stop(self, *_: object) -> None:
        self.stopping = True

    def _look_after(self, child: Child) -> None:
        process = child.process
        if process is None:
            if time.monotonic() >= child.not_before:
                child.start()
            return
        code = process.poll()
        if code is None:
            return
        child.falls = 1 if time.monotonic() - child.started > 60 else child.falls + 1
        pause = min(0.25 * 2**child.falls, LONGEST_PAUSE)
        child.process, child.not_before = None, time.monotonic() + pause
        self.say(f"{child.name} ended (code {code}); starting it again in {pause:.1f} s.")

    def stop(self) -> int:
        """SIGTERM to all, SIGKILL to those past their patience; 0 when all went by themselves."""
        alive = [child for child in self.children if child.process and child.process.poll() is None]
        for child in alive:
            if child.process:
                child.process.terminate()
        deadline = time.monotonic() + PATIENCE
        hard = 0
        for child in alive:
            if child.process is None:
                continue
            try:
                child.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()
                hard += 1
        return 1 if hard else 0


def own_command(*words: str) -> list[str]:
    """This program again, as a child."""
    return [sys.executable, "-m", "nollycrewhub.cli.main", *words]
