"""A database with something in it, the commands as an operator runs them, and what a database holds as checksums."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import psutil

from nollycrewhub.devstack.account import Account
from nollycrewhub.devstack.postgres import DATABASE, Server
from nollycrewhub.devstack.stack import Stack
from tests.guardian import GUARDIAN
from tests.measuring import TOP
from tests.served import wait_until

TABLES = "select quote_ident(schemaname) || '.' || quote_ident(tablename) from pg_tables where schemaname not in ('pg_catalog', 'information_schema') order by 1"
CHECKSUM = "select '{0}', count(*), coalesce(md5(string_agg(md5(t::text), '' order by t::text)), '') from {0} t"


class Shop:
    """One cluster and its store."""

    def __init__(self, stack: Stack, store: str, **environment: str) -> None:
        self.stack = stack
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "BACKUP_URL": store,
            "BACKUP_DATABASE_URL": stack.primary.url("replicator", database="postgres"), **environment,
        }  # fmt: skip

    def run(self, *words: str, **changes: str) -> "subprocess.CompletedProcess[str]":
        """One command, to its end."""
        return subprocess.run(
            [sys.executable, "-m", "nollycrewhub.cli.main", *words], cwd=TOP, env={**self.environment, **changes}, capture_output=True,
            text=True, timeout=900, check=False,
        )  # fmt: skip

    def start(self, *words: str) -> "subprocess.Popen[bytes]":
        """One command that a test ends."""
        process = subprocess.Popen(
            [sys.executable, "-m", "nollycrewhub.cli.main", *words], cwd=TOP, env=self.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        GUARDIAN.keep(process)
        return process

    def done(self, *words: str, **changes: str) -> str:
        """What a command that must work says."""
        done = self.run(*words, **changes)
        assert done.returncode == 0, done.stderr
        said: str = done.stdout
        return said

    def refused(self, *words: str, **changes: str) -> str:
        """What a command that must not work says: sentences, no traceback."""
        done = self.run(*words, **changes)
        assert (done.returncode, "Traceback" in done.stderr) == (1, False), done.stderr + done.stdout
        said: str = done.stderr
        return said

    def windows(self) -> list[dict[str, Any]]:
        """`backup list`, for programs."""
        found: list[dict[str, Any]] = msgspec.json.decode(self.done("backup", "list", "--json"))
        return found

    def records_reach(self, at: float) -> bool:
        """Whether everything up to a moment, in seconds since 1970, can be restored."""
        return datetime.fromisoformat(self.windows()[-1]["until"]).timestamp() >= at

    def until(self, moment: datetime) -> None:
        """Waits until everything up to a moment can be restored."""
        wait_until(lambda: datetime.fromisoformat(self.windows()[-1]["until"]) >= moment, what=f"the log never came to {moment}")

    @contextmanager
    def logging(self, folder: Path, *more: str) -> "Iterator[Logging]":
        """`backup log` beside what is done meanwhile."""
        process = Logging(self, folder, *more)
        try:
            yield process
        finally:
            process.stop()

    def restored(self, to: str, into: Path) -> dict[str, Any]:
        """Restores, and says how far it came."""
        found: dict[str, Any] = msgspec.json.decode(self.done("restore", "--to", to, "--into", str(into), "--json"))
        return found

    def now(self) -> datetime:
        """The server's clock."""
        return datetime.fromtimestamp(float(self.stack.primary.sql("select extract(epoch from clock_timestamp())")), UTC)


class Logging:
    """A running `backup log`."""

    def __init__(self, shop: Shop, folder: Path, *more: str) -> None:
        self.said_in = folder / f"log-{time.monotonic_ns()}"
        with self.said_in.open("wb") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "nollycrewhub.cli.main", "backup", "log", "--every", "0.5", *more], cwd=TOP, env=shop.environment,
                stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True,
            )  # fmt: skip
        GUARDIAN.keep(self.process)

    def said(self) -> str:
        """All it has said."""
        return self.said_in.read_text(errors="replace")

    def goes(self) -> "Logging":
        """Itself, once the log is complete."""
        wait_until(lambda: "goes on" in self.said() or self.process.poll() is not None, what=f"it never caught up: {self.said()}")
        assert self.process.poll() is None, self.said()
        return self

    def stop(self) -> int:
        """A polite end."""
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)
        return self.process.returncode

    def kill(self) -> None:
        """The machine it ran on is gone, and the folder it worked in."""
        for each in [*psutil.Process(self.process.pid).children(recursive=True), psutil.Process(self.process.pid)]:
            each.kill()
        self.process.wait()


def checksums(server: Server) -> dict[str, str]:
    """Every table of a database with its count and a checksum of all its rows."""
    tables = server.sql(TABLES, database=DATABASE).split()
    lines = server.sql(" union all ".join(CHECKSUM.format(table) for table in tables), database=DATABASE).splitlines()
    return {table: rest for table, _, rest in (line.partition("|") for line in lines)}


@contextmanager
def opened(stack: Stack, folder: Path) -> Iterator[Server]:
    """A restored folder as a running server, with the passwords it had."""
    server = Server(
        Account(stack.account.user, stack.account.binaries, folder.parent), folder.name, msgspec.structs.replace(stack.known, ports={})
    )
    server.start()
    try:
        yield server
    finally:
        server.stop()
