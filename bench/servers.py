"""Brings up what is measured: the embedded servers, one web process as `serve` runs it, and the bare limit."""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from nollycrewhub.cli import migrate
from nollycrewhub.cli.serve import listen
from nollycrewhub.cli.supervisor import own_command
from nollycrewhub.devstack.postgres import free_port
from nollycrewhub.devstack.stack import Stack
from nollycrewhub.platform.settings import Settings, from_environ

PATIENCE = 60.0


class Servers:
    """A migrated stack of its own, and the environment of its processes."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.environment = {
            **os.environ,
            **stack.addresses().environment(),
            "NOLLYCREWHUB_SHAPE": "laptop",
            "SECRET": secrets.token_urlsafe(48),
            "EDGE_ADDRESSES": "127.0.0.1/32",
            "MEDIA_FOLDER": str(stack.folder / "media"),
        }
        self.settings: Settings = from_environ(self.environment)

    @property
    def postmaster(self) -> int:
        """The primary's process."""
        return int((self.stack.primary.folder / "postmaster.pid").read_text().split()[0])

    def statements(self) -> int:
        """How many statements the primary has run so far: what a cache has answered is not among them."""
        return int(self.stack.primary.sql("select sum(calls)::bigint from pg_stat_statements", database="nollycrewhub"))

    @contextmanager
    def web(self, *, shared: bool = False, workers: int = 1) -> Iterator[tuple[int, int]]:
        """A web process (or a supervisor with several) with the shared caches or without; its port and process id."""
        port = free_port()
        environment = {
            **self.environment, "PORT": str(port), "PUBLIC_URL": f"http://127.0.0.1:{port}", "SHARED_CACHES": str(shared).lower(),
        }  # fmt: skip
        with kept(subprocess.Popen(own_command("serve", "--workers", str(workers)), env=environment, stderr=subprocess.DEVNULL)) as pid:
            wait_for(f"http://127.0.0.1:{port}/readyz")
            yield port, pid

    def bare(self) -> AbstractContextManager[tuple[int, int]]:
        """The limit of what is asked of the database; its port and process id."""
        return self._listening("bench.bare", {}, ready="/0")

    def limit(self, file: Path, *, ready: str) -> AbstractContextManager[tuple[int, int]]:
        """The limit of what is answered from memory; its port and process id."""
        return self._listening("bench.limit", {"LIMIT_FILE": str(file)}, ready=ready)

    @contextmanager
    def _listening(self, module: str, more: dict[str, str], *, ready: str) -> Iterator[tuple[int, int]]:
        port = free_port()
        listener: socket.socket = listen("127.0.0.1", port)
        environment = {**self.environment, **more, "BARE_FD": str(listener.fileno())}
        command = [sys.executable, "-m", module]
        process = subprocess.Popen(command, env=environment, pass_fds=(listener.fileno(),), stderr=subprocess.DEVNULL)
        with listener, kept(process) as pid:
            wait_for(f"http://127.0.0.1:{port}{ready}")
            yield port, pid


@contextmanager
def servers() -> Iterator[Servers]:
    """A fresh stack without a replica in a folder that goes with the run."""
    with tempfile.TemporaryDirectory(prefix="nch-bench-") as folder:
        stack = Stack(Path(folder), replicas=0)
        try:
            stack.start()
            found = Servers(stack)
            migrate.upgrade(found.settings)
            yield found
        finally:
            stack.stop()
            shutil.rmtree(stack.account.data, ignore_errors=True)


@contextmanager
def kept(process: "subprocess.Popen[bytes]") -> Iterator[int]:
    """A child that ends with the block, and whose unwillingness to end costs no figure."""
    try:
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(url: str) -> None:
    """Until the address answers 200."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - our own child on 127.0.0.1
                return
        except urllib.error.HTTPError as error:
            if error.code < 400:  # a 304 is an answer too
                return
            raise
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
