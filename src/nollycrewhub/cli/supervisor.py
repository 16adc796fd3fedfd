"""Keeps a few child processes alive: starts them, restarts the dead with a growing pause, stops them in order.

Each child holds the reading end of a pipe that nobody writes to. When the supervisor is killed the pipe ends, and the
child goes too (`go_with_parent`), so that no orphan keeps the port or the queue.
"""

import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

PATIENCE = 25.0
LONGEST_PAUSE = 10.0
LOOK_EVERY = 0.2
LIFELINE = "NOLLYCREWHUB_LIFELINE"
READY = "NOLLYCREWHUB_READY"
READY_PATIENCE = 60.0
ORPHANS_PATIENCE = 3.0


@dataclass
class Child:
    """One process to keep: its name for people, its command, its inherited descriptors."""

    name: str
    command: Sequence[str]
    environment: dict[str, str]
    descriptors: tuple[int, ...] = ()
    says_ready: bool = False
    process: "subprocess.Popen[bytes] | None" = None
    falls: int = 0
    not_before: float = 0.0
    started: float = field(default=0.0)
    serves: bool = False
    line: int | None = None

    def start(self, lifeline: int) -> None:
        """Starts it in a process group of its own, so that the terminal's Ctrl-C reaches only the supervisor."""
        self.started = time.monotonic()
        self.deafen()
        if not self.says_ready:
            self.process, self.serves = self._spawn(lifeline, None), True
            return
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        try:
            self.process = self._spawn(lifeline, writing)
        finally:
            os.close(writing)
        self.line = reading

    def hear(self) -> None:
        """Notices that it has said that it serves, or that it ended before."""
        if self.line is None:
            return
        try:
            told = os.read(self.line, 1)
        except BlockingIOError:
            return
        self.deafen()
        self.serves = told == b"1"

    def deafen(self) -> None:
        """It does not serve, and is not listened to any more."""
        self.serves = False
        if self.line is not None:
            os.close(self.line)
            self.line = None

    def _spawn(self, lifeline: int, ready: int | None) -> "subprocess.Popen[bytes]":
        told = {} if ready is None else {READY: str(ready)}
        handed = () if ready is None else (ready,)
        return subprocess.Popen(  # noqa: S603 - our own command
            list(self.command), env={**self.environment, LIFELINE: str(lifeline), **told},
            pass_fds=(*self.descriptors, lifeline, *handed), start_new_session=True,
        )  # fmt: skip

    def replace(self, lifeline: int) -> bool:
        """A new process beside the old one; when it serves the old one is asked to go. False leaves the old one in place.

        One that does not say when it serves is stopped first.
        """
        old = self.process
        if not self.says_ready:
            end(old)
            self.start(lifeline)
            return True
        reading, writing = os.pipe()
        try:
            new = self._spawn(lifeline, writing)
        finally:
            os.close(writing)
        with os.fdopen(reading, "rb", buffering=0) as line:
            is_ready = bool(select.select([line], [], [], READY_PATIENCE)[0]) and line.read(1) == b"1"
        if not is_ready:
            end(new)
            return False
        self.deafen()
        self.process, self.started, self.serves = new, time.monotonic(), True
        end(old)
        return True


class Supervisor:
    """Runs children until a signal says stop."""

    def __init__(self, children: list[Child], *, say: Callable[[str], None], look: Callable[[], None] | None = None) -> None:
        self.children = children
        self.say = say
        self.look = look
        self.stopping = False
        self.rolling = False
        self.lifeline, self._held = os.pipe()

    def run(self) -> int:
        """Returns when a signal came and all children are gone."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGUSR1, self._roll)
        for child in self.children:
            child.start(self.lifeline)
        while not self.stopping:
            for child in self.children:
                self._look_after(child)
            if self.rolling:
                self.rolling = False
                self.roll()
            if self.look is not None:
                self.look()
            for child in self.children:
                child.hear()
            time.sleep(LOOK_EVERY)
        return self.stop()

    def _stop(self, *_: object) -> None:
        self.stopping = True

    def _roll(self, *_: object) -> None:
        self.rolling = True

    def roll(self) -> None:
        """Replaces every child, one after another: SIGUSR1, for a deploy that nobody notices."""
        for child in self.children:
            if self.stopping:
                return
            if child.process is not None and not child.replace(self.lifeline):
                self.say(f"The new {child.name} did not come up; the old one stays.")
                return
        self.say("Every process is a new one.")

    def _look_after(self, child: Child) -> None:
        process = child.process
        if process is None:
            if time.monotonic() >= child.not_before:
                child.start(self.lifeline)
            return
        code = process.poll()
        if code is None:
            return
        child.falls = 1 if time.monotonic() - child.started > 60 else child.falls + 1
        pause = min(0.25 * 2**child.falls, LONGEST_PAUSE)
        child.deafen()
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


def end(process: "subprocess.Popen[bytes] | None") -> None:
    """SIGTERM, and SIGKILL past its patience."""
    if process is None:
        return
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def run_through(*words: str, environment: dict[str, str]) -> int:
    """Runs a command of ours to its end; its exit code. It is ended with us, and at once when we are interrupted."""
    lifeline, held = os.pipe()
    child = subprocess.Popen(  # noqa: S603 - our own command
        own_command(*words), env={**environment, LIFELINE: str(lifeline)}, pass_fds=(lifeline,), stdout=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    try:
        return child.wait()
    finally:
        end(child)
        os.close(lifeline)
        os.close(held)


def say_ready() -> None:
    """In a child: tells a supervisor that is waiting for it."""
    number = os.environ.pop(READY, None)
    if number is not None:
        os.write(int(number), b"1")
        os.close(int(number))


def go_with_parent() -> None:
    """In a supervisor's child: ends this process, politely and then at once, when the supervisor is gone."""
    number = os.environ.pop(LIFELINE, None)
    if number is None:
        return

    def wait() -> None:
        os.read(int(number), 1)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(ORPHANS_PATIENCE)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=wait, name="lifeline", daemon=True).start()


def say(sentence: str) -> None:
    """Prints a sentence at once, into a terminal or a file alike."""
    print(sentence, flush=True)


def own_command(*words: str) -> list[str]:
    """This program again, as a child."""
    return [sys.executable, "-m", "nollycrewhub.cli.main", *words]
