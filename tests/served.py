"""Processes really started with the program's own commands, looked at from outside and killed like real ones."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec

from nollycrewhub.devstack.postgres import free_port
from nollycrewhub.platform.settings import Settings
from tests.guardian import GUARDIAN
from tests.measuring import TOP

PATIENCE = 30.0
PUBLIC = "https://nollycrewhub.test"


class NeverCame(AssertionError):
    """What was waited for did not happen in time; the message says what the process said meanwhile."""


def environment(settings: Settings, **changes: str) -> dict[str, str]:
    """A child's whole environment: the test servers, nothing of the developer's own."""
    replicas = ",".join(f"{region}={url}" for region, url in settings.read_replica_urls.items())
    given = {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", "/"),
        "NOLLYCREWHUB_SHAPE": "test",
        "DATABASE_URL": settings.database_url,
        "DATABASE_OWNER_URL": settings.database_owner_url,
        "DATABASE_DIRECT_URL": settings.database_direct_url,
        "DATABASE_READER_URL": settings.database_reader_url,
        "READ_REPLICA_URLS": replicas,
        "SESSION_URL": settings.session_url,
        "CACHE_URL": settings.cache_url,
        "SECRET": settings.secret,
        "METRICS_TOKEN": settings.metrics_token,
        "MEDIA_FOLDER": settings.media_folder,
        "INSTANCE_ID": "served",
    }
    return {**given, **changes}


def production(settings: Settings, **changes: str) -> dict[str, str]:
    """The environment of a production-shaped process on the test servers."""
    shape = {
        "NOLLYCREWHUB_SHAPE": "production",
        "PUBLIC_URL": PUBLIC,
        "MAIL_URL": "smtp://127.0.0.1:9",
        "SECRET": "kR8-2mQx_7vLw0ZtYb4NfJs6Gh1Dc9Ea3Pu5",
        "METRICS_TOKEN": "",
    }
    return environment(settings, **{**shape, **changes})


def wait_until(true: Callable[[], Any], *, what: str, within: float = PATIENCE) -> Any:
    """The first true answer; NeverCame when there is none in time."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if found := true():
            return found
        time.sleep(0.02)
    raise NeverCame(what)


class Served:
    """One started command, its address if it serves, and everything it says."""

    def __init__(self, folder: Path, words: list[str], env: dict[str, str], *, module: str = "tests.launch") -> None:
        self.port = free_port()
        self.modules_file = folder / "modules"
        self.stderr = folder / "stderr"
        self.stdout = folder / "stdout"
        self.url = f"http://127.0.0.1:{self.port}"
        with self.stderr.open("wb") as errors, self.stdout.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", module, *words], cwd=TOP, stdin=subprocess.DEVNULL, stdout=out, stderr=errors,
                env={**env, "PORT": str(self.port), "MODULES_FILE": str(self.modules_file)}, start_new_session=True,
            )  # fmt: skip
        GUARDIAN.keep(self.process)

    def answers(self) -> bool:
        """Whether it serves; NeverCame at once when it has ended instead."""
        if self.process.poll() is not None:
            raise NeverCame(f"it ended with {self.process.returncode}: {self.said()[-2000:]}")
        try:
            return httpx.get(f"{self.url}/livez", timeout=2).status_code == 200
        except httpx.TransportError:
            return False

    def ready(self) -> "Served":
        """Itself, once it serves."""
        wait_until(self.answers, what="the process never served")
        return self

    def working(self) -> "Served":
        """Itself, once it is a worker that waits for jobs."""
        wait_until(lambda: "worker started" in self.said() or self.process.poll() is not None, what="the worker never started")
        return self

    def modules(self) -> frozenset[str]:
        """What the process has loaded by now."""
        wait_until(self.modules_file.with_suffix(".ready").exists, what=f"it never came up: {self.said()[-500:]}")
        self.modules_file.unlink(missing_ok=True)
        self.process.send_signal(signal.SIGUSR1)
        wait_until(self.modules_file.exists, what=f"it never told its modules: {self.said()[-500:]}")
        return frozenset(self.modules_file.read_text().split("\n"))

    def said(self) -> str:
        """All of standard error so far."""
        return self.stderr.read_text(errors="replace")

    def lines(self) -> list[dict[str, Any]]:
        """Standard error as JSON lines; a line that is none fails the test with its text."""
        found = []
        for line in self.said().splitlines():
            try:
                found.append(msgspec.json.decode(line, type=dict[str, Any]))
            except msgspec.MsgspecError:
                raise AssertionError(f"not a line of JSON: {line[:300]}") from None
        return found

    def kill(self) -> None:
        """SIGKILL, as a lost machine would."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM and the exit code; SIGKILL when it does not listen."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.kill()
        return self.process.returncode


@contextmanager
def stopped(*served: Served) -> Iterator[None]:
    """Stops all of them afterwards."""
    try:
        yield
    finally:
        for one in served:
            one.stop()
