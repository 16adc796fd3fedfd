"""`make up` as a newcomer meets it: a process started from outside, spoken to over HTTP only, and killed without mercy."""

import contextlib
import hashlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil

from nollycrewhub.devstack.postgres import free_port
from tests.guardian import GUARDIAN
from tests.journeys.conftest import JOB

TREE = Path(__file__).parents[2]
OWN = ("PORT", "DATABASE_URL", "SESSION_URL", "CACHE_URL", "REDIS_URL", "SECRET", "NOLLYCREWHUB_SHAPE")
PASSWORD = "three unusual words"


def wait_for(what: str, ready: Any, *, within: float = 60.0) -> None:
    """Looks until it is so; fails when it is not so in time."""
    deadline = time.monotonic() + within
    while not ready():
        assert time.monotonic() < deadline, f"{what} did not happen within {within:.0f} s"
        time.sleep(0.05)


class Up:
    """One run of `up` from a data folder, in a tree and as a user of one's choice."""

    def __init__(self, data: Path, *, command: list[str] | None = None, port: int | None = None, **popen: Any) -> None:
        self.data = data
        self.port = port or free_port()
        self.log = data.parent / f"{data.name}.log"
        self.command = command or [sys.executable, "-m", "nollycrewhub.cli.main", "up", "--no-sample", "--workers", "1"]
        if command is None:
            self.command += ["--data", str(data), "--port", str(self.port)]
        popen.setdefault("env", {name: value for name, value in os.environ.items() if name not in OWN})
        popen.setdefault("cwd", TREE)
        self.popen = popen
        self.process: subprocess.Popen[bytes] | None = None
        self.tokens: dict[str, str] = {}

    @property
    def url(self) -> str:
        """The front door."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, *, within: float = 60.0) -> float:
        """Starts it and waits until it is ready; seconds that took."""
        began = time.monotonic()
        self.launch()
        wait_for("the start", self.is_ready, within=within)
        return time.monotonic() - began

    def launch(self) -> "subprocess.Popen[bytes]":
        """Starts it and waits for nothing."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log, start_new_session=True, **self.popen)
        GUARDIAN.keep(self.process)
        GUARDIAN.keep(self.data)
        return self.process

    def is_ready(self) -> bool:
        """Whether it says so itself; its end meanwhile is a failure that shows its last words."""
        assert self.process is None or self.process.poll() is None, self.log.read_text()[-3000:]
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200
        return False

    def refusal(self, *more: str) -> str:
        """What a start that cannot be says."""
        done = subprocess.run([*self.command, *more], capture_output=True, text=True, timeout=30, check=False, **self.popen)
        assert done.returncode == 1
        assert done.stdout == ""
        said: str = done.stderr
        return said

    def parts(self) -> dict[str, psutil.Process]:
        """The running pieces by name."""
        assert self.process is not None
        supervisor = next(p for p in [psutil.Process(self.process.pid), *descendants(self.process.pid)] if is_up(p))
        found = {"supervisor": supervisor}
        for child in supervisor.children():
            words = words_of(child)
            if "serve" in words:
                found["web worker"] = child
            elif "worker" in words:
                found["job worker"] = child
        for name, pid in self.server_pids().items():
            with contextlib.suppress(psutil.NoSuchProcess):
                found[name] = psutil.Process(pid)
        return found

    def new_parts(self, before: dict[str, psutil.Process]) -> set[str]:
        """Which parts are not the process they were."""
        return {name for name, part in self.parts().items() if part != before[name]}

    def server_pids(self) -> dict[str, int]:
        """The database and Valkey servers, from their own pid files."""
        place = self.place()
        files = {"primary": "primary/postmaster.pid", "replica": "replica-1/postmaster.pid"}
        files |= {f"{kind} Valkey": f"valkey-{kind}/pid" for kind in ("sessions", "cache")}
        return {name: int((place / file).read_text().split()[0]) for name, file in files.items() if (place / file).exists()}

    def place(self) -> Path:
        """Where the servers' data is: the data folder, or as root the folder it points to."""
        where = self.data / "WHERE"
        return Path(where.read_text().strip().rpartition(" ")[2]) if where.exists() else self.data.resolve()

    def remains(self, parts: dict[str, psutil.Process]) -> list[str]:
        """What of a stopped run is still there: a process, a socket folder, a port."""
        found = [name for name, part in parts.items() if part.is_running() and part.status() != psutil.STATUS_ZOMBIE]
        place = self.place()
        mark = hashlib.sha256(str(place).encode()).hexdigest()[:12]
        found += [str(path) for path in [*place.glob("*-socket"), *Path(tempfile.gettempdir()).glob(f"nch-{mark}-*")]]
        ports = {"web": self.port, **json.loads((place / "stack.json").read_bytes())["ports"]}
        return found + [f"port {port} of {name}" for name, port in ports.items() if listens(port)]

    def kill(self, *names: str) -> None:
        """`kill -9` of the named parts at once, or of all."""
        parts = self.parts()
        for part in [parts[name] for name in names] or list(parts.values()):
            with contextlib.suppress(psutil.NoSuchProcess):
                part.send_signal(signal.SIGKILL)
        if self.process is not None and (not names or "supervisor" in names):
            self.process.wait(30)

    def interrupt(self) -> str:
        """Ctrl-C; what the run had said by its end."""
        assert self.process is not None
        self.parts()["supervisor"].send_signal(signal.SIGINT)
        self.process.wait(60)
        return self.log.read_text()

    def api(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One request, tried again while the pieces come back."""
        deadline = time.monotonic() + 30
        while True:
            try:
                answer = httpx.request(method, self.url + path, timeout=10, **more)
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code < 500:
                return answer
            assert time.monotonic() < deadline, f"{method} {path}: {answer.text if answer is not None else 'no answer'}"
            time.sleep(0.1)

    def join(self, email: str) -> dict[str, str]:
        """Registers, confirms by the code in the mailbox, signs in; the headers that say who one is."""
        assert self.api("POST", "/api/auth/register", json={"name": "Ada Obi", "email": email, "password": PASSWORD}).status_code == 202
        codes: list[str] = []

        def letter() -> bool:
            letters = self.api("GET", "/dev/mail.json").json()["letters"]
            codes.extend(re.findall(r"\d{6}$", next((each["subject"] for each in letters if each["recipient"] == email), "")))
            return bool(codes)

        wait_for("the letter", letter)
        assert self.api("POST", "/api/auth/confirm", json={"address": email, "code": codes[0]}).status_code == 200
        return self.sign_in(email)

    def sign_in(self, email: str, password: str = PASSWORD) -> dict[str, str]:
        """The headers of a fresh session."""
        answer = self.api("POST", "/api/auth/login", json={"email": email, "password": password})
        assert answer.status_code == 200, answer.text
        return {"authorization": f"Bearer {answer.json()['token']}"}

    def post_job(self, who: dict[str, str], title: str) -> int:
        """Posts a listing; its number."""
        answer = self.api("POST", "/api/jobs", headers=who, json={**JOB, "title": title})
        assert answer.status_code == 201, answer.text
        number: int = answer.json()["job"]["id"]
        return number

    def title_of(self, number: int) -> str:
        """What the public page of a listing is headed by; a stranger's list has it as soon as the replica does."""
        wait_for("its place in the list", lambda: number in [job["id"] for job in self.api("GET", "/api/jobs").json()["jobs"]])
        title: str = self.api("GET", f"/api/jobs/{number}").json()["job"]["title"]
        return title


def descendants(pid: int) -> Iterator[psutil.Process]:
    """All processes under one."""
    yield from psutil.Process(pid).children(recursive=True)


def words_of(process: psutil.Process) -> list[str]:
    """Its command line; none of a process that ended meanwhile."""
    with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
        words: list[str] = process.cmdline()
        return words
    return []


def is_up(process: psutil.Process) -> bool:
    """Whether a process is the supervisor of `up` itself, however it was started."""
    words = words_of(process)
    return "nollycrewhub.cli.main" in words and "up" in words


def listens(port: int) -> bool:
    """Whether anybody answers there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
