"""A worker of the toy tasks in a process of its own, to be killed: `python -m tests.queueing.worker_process`."""

import argparse
import asyncio
import os
import signal
import sys
from uuid import UUID

from nollycrewhub.platform import log
from nollycrewhub.platform.app import Runtime
from nollycrewhub.platform.settings import from_environ
from nollycrewhub.platform.worker import Worker, patient, run_held, tasks_of
from tests.queueing.toys import TOYS


def alone(job_id: int, owner: UUID) -> list[str]:
    """Runs one job apart."""
    return [sys.executable, "-m", "tests.queueing.worker_process", "--job", str(job_id), "--owner", str(owner)]


async def main() -> int:
    """Works until SIGTERM; says on standard output when it began."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--job", type=int)
    parser.add_argument("--owner", type=UUID)
    arguments = parser.parse_args()
    log.set_up(instance_id="toy")
    runtime = Runtime(patient(from_environ()), [TOYS], {})
    await runtime.start()
    try:
        if arguments.job is not None:
            return await run_held(runtime, tasks_of(runtime), arguments.job, arguments.owner)
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
