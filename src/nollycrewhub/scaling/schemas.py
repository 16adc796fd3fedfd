"""Page props of the operator's console."""

import msgspec

from nollycrewhub.platform.db import ServerState
from nollycrewhub.platform.queue.looking import JobRow, QueueState

STATUSES = {"failed": "Failed", "queued": "Waiting", "picked": "Running"}


class QueuesPage(msgspec.Struct, kw_only=True):
    """Props of /ops/queues. `total` is how many jobs there are of the status, `before` where this page of them begins, `dead_total` as `total`."""

    queues: list[QueueState]
    jobs: list[JobRow]
    total: int
    before: int | None
    status: str
    queue: str
    next: int | None
    dead: list[JobRow]
    dead_total: int
    confirmed: bool
    statuses: dict[str, str] = msgspec.field(default_factory=lambda: dict(STATUSES))


class ServersPage(msgspec.Struct, kw_only=True):
    """Props of /ops/servers; `reads` of all servers together, `primary_for` the seconds all reads still go to the primary.

    `processes` is how many have told of their reads lately; 0 where only this one's are known.
    """

    servers: list[ServerState]
    instance: str
    reads: int
    primary_for: int
    processes: int = 0
