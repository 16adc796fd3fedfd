"""Real servers as tests use them up: a stack that goes with the run, settings on it, and the end of a lost machine."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from nollycrewhub.cli import migrate
from nollycrewhub.devstack.postgres import Server
from nollycrewhub.devstack.stack import Addresses, Stack
from nollycrewhub.platform.settings import Settings
from tests.guardian import GUARDIAN, discard
from tests.served import wait_until

SECRET = "tests-only-kR8-2mQx_7vLw0ZtYb4NfJs6Gh1Dc9Ea3"
METRICS_TOKEN = "figures-of-the-tests"
FIGURES = {"authorization": f"Bearer {METRICS_TOKEN}"}


@contextlib.contextmanager
def a_stack(name: str, *, replicas: int, kept_wal: str | None = None) -> Iterator[Stack]:
    """Started servers in a folder of their own, which goes with them, even if the run is killed."""
    servers = Stack(Path(tempfile.mkdtemp(prefix=f"nch-{name}-")), replicas=replicas)
    GUARDIAN.keep(servers.folder)
    if kept_wal is not None:
        servers.primary.kept_wal = kept_wal
    try:
        servers.start()
        yield servers
    finally:
        discard(servers)


def settings_on(addresses: Addresses, *, instance_id: str, **changes: Any) -> Settings:
    """Settings of the test shape on these servers, under their three roles."""
    where = {name: getattr(addresses, name) for name in addresses.__struct_fields__}
    # In most tests the client works on the very loop whose pace would be judged.
    usual = {
        "shape": "test", "secret": SECRET, "metrics_token": METRICS_TOKEN, "read_pool_least": 1, "instance_id": instance_id,
    }  # fmt: skip
    return Settings(**{**usual, **where, **changes})


def migrated(settings: Settings) -> Settings:
    """The same settings, once the database has the newest schema."""
    migrate.upgrade(settings)
    return settings


def kill(server: Server) -> None:
    """The whole server ends at once: SIGKILL to its first process and to all it has started, and they are gone on return.

    The first process alone would not do: until its children notice that they are orphans they answer whoever is connected,
    and hold the shared memory. It is stopped before they are counted, so that it can start no other meanwhile.
    """
    first = psutil.Process(int((server.folder / "postmaster.pid").read_text().split()[0]))
    first.suspend()
    everything = [*first.children(recursive=True), first]
    for process in everything:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    wait_until(lambda: all(map(is_gone, everything)), what=f"the end of {server.name}")


def is_gone(process: psutil.Process) -> bool:
    """Whether a process has ended; one that nobody has reaped yet has."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    return True
