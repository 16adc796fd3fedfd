"""A worker of the toy tasks in a process of its own, to be killed: `python -m tests.queueing.worker_process`."""

import asyncio
import os
import signal
import sys
from uuid import UUID

from nollycrewhub.platform import log
from nollycrewhub.platform.app import Runtime
from nollycrewhub.platform.settings import from_environ
from nollycrewhub.platform.worker import Worker, modest, patient, run_held, tasks_of
from tests.queueing.toys import TOYS


def alone(job_id: int, owner: UUID) -> int:
    """Runs one job apart."""
    return asyncio.run(main((job_id, owner)))


async def main(suspect: tuple[int, UUID] | None = None) -> int:
    """Works until SIGTERM, and says on standard output when it began; or runs one job only."""
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
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, worker.stopping.set)
        print("ready", flush=True)
        await worker.run()
    finally:
        await runtime.stop()
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
