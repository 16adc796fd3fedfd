"""A worker of the whole program in a process of its own, to be killed: `python -m tests.events.consumers`."""

import asyncio
import os
import signal
import sys
from dataclasses import replace

from nollycrewhub.contracts.hearing import HEARERS
from nollycrewhub.platform import log
from nollycrewhub.platform.app import Runtime
from nollycrewhub.platform.settings import from_environ
from nollycrewhub.platform.worker import Worker, tasks_of
from nollycrewhub.services.monolith import MODULES
from nollycrewhub.services.roles import PLATFORM


async def main() -> int:
    """Works until SIGTERM, and takes a silent worker for dead as early as the test asks."""
    log.set_up(instance_id="consumers")
    runtime = Runtime(from_environ(), [PLATFORM, *MODULES], HEARERS)
    await runtime.start()
    heartbeat = float(os.environ.get("TOY_HEARTBEAT", "15"))
    worker = Worker(runtime, [replace(task, heartbeat=heartbeat) for task in tasks_of(runtime)], [])
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, worker.stopping.set)
    print("ready", flush=True)
    try:
        await worker.run()
    finally:
        await runtime.stop()
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
