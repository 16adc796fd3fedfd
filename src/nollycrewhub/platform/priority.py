"""Processes that let the pages go first: hashing, and the worker beside them."""

import contextlib
import os

GROUP = "/proc/self/autogroup"


def yield_to_pages(by: int) -> None:
    """A lower priority for this process, also where Linux shares the processor out by session (sched(7), "autogroup").

    There a process's own nice value counts only within its session, and the web's session would have as much of the
    processor as the database's. So this process has a session of its own, and the session the lower priority.
    """
    os.nice(by)
    with contextlib.suppress(OSError):
        if os.getsid(0) != os.getpid():
            os.setsid()
        with open(GROUP, "w", encoding="ascii") as group:
            group.write(str(min(os.getpriority(os.PRIO_PROCESS, 0), 19)))
