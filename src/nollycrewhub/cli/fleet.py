"""A supervisor's processes as numbers that can be asked for while it runs: `web` and `workers`, through a socket of its own.

One line of JSON in, one out. Whoever may open the socket (its folder is the owner's alone) may change the numbers, within
bounds; the supervisor does the rest in its own time, and goes on when nobody asks any more.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nollycrewhub.cli.supervisor import PATIENCE, READY_PATIENCE, Child, Supervisor

MOST = 64
LONGEST_LINE = 10_000
LINE_PATIENCE = 5.0
Make = Callable[[int], Child]


class Crew:
    """The children of one kind: how many there shall be, and how one with a number is made."""

    def __init__(self, kind: str, make: Make, count: int, *, least: int) -> None:
        self.kind = kind
        self.make = make
        self.least = least
        self.asked = count
        self.here = {number: make(number) for number in range(1, count + 1)}

    @property
    def ready(self) -> int:
        """How many serve."""
        return sum(child.serves for child in self.here.values())

    def beside(self) -> int:
        """The lowest number nobody has."""
        return next(number for number in range(1, MOST + 2) if number not in self.here)


class Fleet:
    """Keeps the crews at the numbers asked for: one more at a time, so that starting takes no more than a processor from serving."""

    def __init__(self, crews: list[Crew]) -> None:
        self.crews = {crew.kind: crew for crew in crews}
        self.leaving: list[tuple[Child, float]] = []

    def children(self) -> list[Child]:
        """Those there are at the start."""
        return [child for crew in self.crews.values() for child in crew.here.values()]

    def look(self, supervisor: Supervisor) -> None:
        """One step towards what is asked for."""
        for child in supervisor.children:
            child.hear()
        for crew in self.crews.values():
            while len(crew.here) > crew.asked:
                child = crew.here.pop(max(crew.here))
                supervisor.children.remove(child)
                self._let_go(child)
            if len(crew.here) < crew.asked and not self._is_starting():
                number = crew.beside()
                crew.here[number] = child = crew.make(number)
                child.start(supervisor.lifeline)
                supervisor.children.append(child)
        self._see_off()

    def _is_starting(self) -> bool:
        now = time.monotonic()
        return any(
            not child.serves and child.process is not None and now - child.started < READY_PATIENCE
            for crew in self.crews.values() for child in crew.here.values()
        )  # fmt: skip

    def _let_go(self, child: Child) -> None:
        """Asks it to go: it takes nothing new, finishes what it has, and is not waited for here."""
        child.deafen()
        if child.process is not None and child.process.poll() is None:
            child.process.terminate()
            self.leaving.append((child, time.monotonic() + PATIENCE))

    def _see_off(self) -> None:
        for child, deadline in list(self.leaving):
            if child.process is None or child.process.poll() is not None:
                self.leaving.remove((child, deadline))
            elif time.monotonic() > deadline:
                child.process.kill()

    def wait(self) -> None:
        """At the end: those that were leaving may finish as well."""
        for child, deadline in self.leaving:
            if child.process is None:
                continue
            try:
                child.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()

    def told(self) -> dict[str, int]:
        """Who serves, and what was asked for."""
        numbers = {kind: crew.ready for kind, crew in self.crews.items()}
        return {**numbers, **{f"{kind}_asked": crew.asked for kind, crew in self.crews.items()}}

    def ask(self, wanted: dict[str, Any]) -> str:
        """Takes new numbers, all or none of them; a sentence when one cannot be."""
        for kind, count in wanted.items():
            crew = self.crews.get(kind)
            if crew is None:
                return f"There are no {kind} here."
            if type(count) is not int or not crew.least <= count <= MOST:
                return f"{kind} is a number from {crew.least} to {MOST}."
        for kind, count in wanted.items():
            self.crews[kind].asked = count
        return ""


class FleetDoor:
    """Where others ask: `{"op": "fleet"}` and `{"op": "ask", "web": 3, "workers": 1}`; answered from a thread of its own."""

    def __init__(self, fleet: Fleet, path: Path) -> None:
        self.fleet = fleet
        self.path = path
        path.unlink(missing_ok=True)
        self.listener = socket.socket(socket.AF_UNIX)
        before = os.umask(0o177)
        try:
            self.listener.bind(str(path))
        finally:
            os.umask(before)
        self.listener.listen()
        threading.Thread(target=self._serve, name="fleet", daemon=True).start()

    def _serve(self) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1})  # the supervisor's
        while True:
            try:
                line, _ = self.listener.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), line:
                line.settimeout(LINE_PATIENCE)
                with line.makefile("rb") as asked:
                    line.sendall(json.dumps(self.answer(asked.readline(LONGEST_LINE))).encode() + b"\n")

    def answer(self, line: bytes) -> dict[str, Any]:
        """What to say to one line."""
        try:
            wanted = json.loads(line)
            operation = wanted.pop("op")
        except (ValueError, KeyError, TypeError, AttributeError):
            return {"error": "That is no question."}
        if operation not in ("fleet", "ask"):
            return {"error": f"There is no operation {operation!r}."}
        fault = self.fleet.ask(wanted) if operation == "ask" else ""
        return {"error": fault} if fault else dict(self.fleet.told())

    def close(self) -> None:
        """Answers nobody any more."""
        self.listener.close()
        self.path.unlink(missing_ok=True)
