"""What `backup log` tells at `METRICS_PORT`: how old the newest moment is that can be restored, the newest base backup, the last reading.

All are read back from the store every quarter of a minute, by a thread of its own and with a door of its own to the store: what
counts is what is there. While the store does not answer the ages go on growing from what was seen last.
"""

import asyncio
import contextlib
import math
import threading
import time
from collections.abc import Iterator
from functools import partial

from prometheus_client import CollectorRegistry, Gauge

from nollycrewhub.backup.errors import BackupError
from nollycrewhub.backup.records import Records
from nollycrewhub.backup.settings import Telling
from nollycrewhub.platform import metrics
from nollycrewhub.platform.figures import at_port

EVERY = 15.0
REGISTRY = CollectorRegistry()
LOG_AGE = Gauge("nch_backup_log_age_seconds", "Since the newest moment to which the log in the store is complete.", registry=REGISTRY)
BASE_AGE = Gauge("nch_backup_base_age_seconds", "Since the newest base backup was whole.", registry=REGISTRY)
BASES = Gauge("nch_backup_bases", "Base backups in the store.", registry=REGISTRY)
VERIFIED_AGE = Gauge("nch_backup_verified_age_seconds", "Since all of the store was read and compared.", registry=REGISTRY)
FAULTS = Gauge("nch_backup_faults", "Faults that were found then.", registry=REGISTRY)


class Watch:
    """The store as it was seen last. Before the first look nothing is known (NaN); where there is nothing its age has no end."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self.log_until = self.base_ended = self.verified_at = math.nan
        LOG_AGE.set_function(lambda: time.time() - self.log_until)
        BASE_AGE.set_function(lambda: time.time() - self.base_ended)
        VERIFIED_AGE.set_function(lambda: time.time() - self.verified_at)
        BASES.set(math.nan)
        FAULTS.set(math.nan)

    def look(self) -> None:
        """Reads the store; one that does not answer leaves what was known."""
        with contextlib.suppress(BackupError):
            progress = self.records.progress()
            self.log_until = progress.at.timestamp() if progress else -math.inf
            names = self.records.base_names()
            newest = self.records.base(names[-1]) if names else None
            self.base_ended = newest.ended.timestamp() if newest else -math.inf
            BASES.set(len(names))
            verified = self.records.verified()
            self.verified_at = verified.at.timestamp() if verified else -math.inf
            FAULTS.set(verified.faults if verified else math.nan)


@contextlib.contextmanager
def told(records: Records, telling: Telling) -> Iterator[None]:
    """While it lasts, the store is looked at and the figures are told; nothing of it where no port is set."""
    if not telling.port:
        yield
        return
    stopping = threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(_tell(Watch(records), telling, stopping)), name="figures", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join(EVERY)


async def _tell(watch: Watch, telling: Telling, stopping: threading.Event) -> None:
    tell = partial(metrics.of, telling.instance, REGISTRY)
    async with at_port(tell, host=telling.host, port=telling.port, token=telling.token):
        while not stopping.is_set():
            await asyncio.to_thread(watch.look)
            await asyncio.to_thread(stopping.wait, EVERY)
