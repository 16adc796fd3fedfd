"""Background jobs as rows: enqueued in the transaction that causes them, run by the workers.

A task takes ids, loads or stops, does one service call, and may run twice. Only what can heal is retried.
The table is PgQueuer's with a few columns of ours; docs/decisions/0006-own-worker-loop.md says why.
"""

from nollycrewhub.platform.queue.declaring import (
    CancelHooks,
    Cron,
    DeclaredTasks,
    Keep,
    Progress,
    Rate,
    Retry,
    Run,
    RunAll,
    Task,
    Work,
    cron,
    task,
)
from nollycrewhub.platform.queue.pausing import pause_asked, pause_before
from nollycrewhub.platform.queue.storing import JobGone, Spoilt, enqueue, enqueue_many, perform, perform_all

__all__ = [
    "CancelHooks", "Cron", "DeclaredTasks", "JobGone", "Keep", "Progress", "Rate", "Retry", "Run", "RunAll", "Spoilt", "Task", "Work",
    "cron", "enqueue", "enqueue_many", "pause_asked", "pause_before", "perform", "perform_all", "task",
]  # fmt: skip
