"""The two roles a deployed process can play: web and worker."""

import asyncio
import signal
from collections.abc import Sequence
from typing import Any

from nollycrewhub.contracts.hearing import HEARERS
from nollycrewhub.platform import log, mail, pruning
from nollycrewhub.platform.app import Process, Runtime, build
from nollycrewhub.platform.httpcache import touching
from nollycrewhub.platform.module import Module
from nollycrewhub.platform.settings import Settings
from nollycrewhub.platform.worker import Worker, tasks_of
from nollycrewhub.web.errors import error_bytes
from nollycrewhub.web.routes import web_routes

LOG = log.logger("worker")
PLATFORM = Module(name="platform", tasks=mail.TASKS, cron=(pruning.prune,))
PLATFORM = Module(name="platform", tasks=(*mail.TASKS, *touching.TASKS), cron=(pruning.prune,))


def web(settings: Settings, modules: Sequence[Module], *, pages: bool = True, extra: Sequence[Any] = ()) -> Process:
    """A web process of these domains; `extra` routes are the laptop's (/dev pages), never production's."""
    log.set_up(instance_id=settings.instance_id)
    return build(
        settings,
        [PLATFORM, *modules],
        hearers=HEARERS,
        extra_routes=(*(web_routes(settings) if pages else ()), *extra),
        error_page=error_bytes,
    )


async def work(settings: Settings, modules: Sequence[Module]) -> None:
    """A worker process of these domains, until SIGTERM or SIGINT."""
    log.set_up(instance_id=settings.instance_id)
    runtime = Runtime(settings, [PLATFORM, *modules], HEARERS)
    await runtime.start()
    worker = Worker(runtime, tasks_of(runtime), [cron for module in runtime.modules for cron in module.cron])
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, worker.stopping.set)
    LOG.info("worker started", tasks=len(worker.tasks), crons=len(worker.crons))
    try:
        await worker.run()
    finally:
        await runtime.stop()
