"""A worker of the toy tasks in a process of its own, to be killed: `python -m tests.queueing.worker_process`."""

import asyncio
import os
import signal
import sys
import threading
import time
from collections import deque
from uuid import UUID

from nollycrewhub.platform import log
from nollycrewhub.platform.app import Runtime
from nollycrewhub.platform.settings import from_environ
from nollycrewhub.platform.worker import Worker, modest, patient, run_held, tasks_of
from tests.queueing.toys import TOYS


class Stalls(threading.Thread):
    """How long the machine kept this process waiting: a thread that wants to run every 10 ms looks at the clock."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.seen: deque[tuple[float, float]] = deque(maxlen=2000)
        self.heard = 0.0

    def run(self) -> None:
        """Notes how much later than it wanted it ran, each time."""
        last = time.monotonic()
        while True:
            time.sleep(0.01)
            now = time.monotonic()
            self.seen.append((now, now - last - 0.01))
            last = now

    def around(self) -> float:
        """The seconds of waiting within a second of the order to stop, those of a millisecond or two left out."""
        return sum(seconds for at, seconds in list(self.seen) if abs(at - self.heard) < 1 and seconds > 0.005)


def alone(job_id: int, owner: UUID) -> int:
    """Runs one job apart."""
    return asyncio.run(main((job_id, owner)))


async def main(suspect: tuple[int, UUID] | None = None) -> int:
    """Works until SIGTERM, and says on standard output when it began and how stalled it was when it was told; or runs one job only."""
    log.set_up(instance_id="toy")
    settings = patient(from_environ())
    runtime = Runtime(settings if suspect is None else modest(settings), [TOYS], {})
    await runtime.start()
    try:
        if suspect is not None:
            return await run_held(runtime, tasks_of(runtime), *suspect)
        grace = float(os.environ.get("TOY_GRACE", "15"))
        crons = list(TOYS.cron) if os.environ.get("TOY_CRON") else []
        worker = Worker(runtime, tasks_of(runtime), crons, alone=alone, grace=grace)
        stalls = Stalls()

        def stop() -> None:
            stalls.heard = time.monotonic()
            worker.stopping.set()

        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop)
        stalls.start()
        print("ready", flush=True)
        await worker.run()
        print(f"{stalls.around():.3f}", flush=True)
    finally:
        await runtime.stop()
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
