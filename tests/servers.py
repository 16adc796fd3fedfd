"""Real database servers as tests use them up: killed as a lost machine is."""

import contextlib

import psutil

from nollycrewhub.devstack.postgres import Server
from tests.served import wait_until


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
