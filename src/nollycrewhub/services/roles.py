"""The two roles a deployed process can play: web and worker."""

import asyncio
import signal
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

import uvloop

from nollycrewhub import services
from nollycrewhub.contracts.hearing import HEARERS
from nollycrewhub.platform import backlog, live, log, mail, metrics, pruning, tracing
from nollycrewhub.platform.app import Process, Runtime, build
from nollycrewhub.platform.figures import at_port, folder_of, named
from nollycrewhub.platform.httpcache import asking, touching
from nollycrewhub.platform.module import Module
from nollycrewhub.platform.reporting import Reporter
from nollycrewhub.platform.settings import Settings, from_environ
from nollycrewhub.platform.worker import Worker, modest, patient, read_in_already, run_held, tasks_of
from nollycrewhub.web.errors import error_bytes
from nollycrewhub.web.routes import web_routes

LOG = log.logger("worker")
PLATFORM = Module(
    name="platform",
    tasks=(*mail.TASKS, *touching.TASKS),
    cron=(pruning.prune, backlog.watch, backlog.watch_events, asking.count),
    channels=(live.Channel("person", may=live.oneself), live.Channel("ops", may=live.operators, keyed=False)),
)


def web(settings: Settings, modules: Sequence[Module], *, pages: bool = True, extra: Sequence[Any] = ()) -> Process:
    """A web process of these domains; `extra` routes are the laptop's (/dev pages), never production's."""
    log.set_up(instance_id=settings.instance_id)
    tracing.switch_on(settings, role="web")
    return build(
        settings,
        [PLATFORM, *modules],
        hearers=HEARERS,
        extra_routes=(*(web_routes(settings) if pages else ()), *extra),
        error_page=error_bytes,
    )


def alone(service: str, job_id: int, owner: UUID) -> int:
    """What the process of a suspect job does; its exit code."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work_one(from_environ(), services.load(service).MODULES, job_id, owner))


async def work_one(settings: Settings, modules: Sequence[Module], job_id: int, owner: UUID) -> int:
    """One attempt of a job that a worker holds: the other side of `alone`."""
    log.set_up(instance_id=settings.instance_id)
    tracing.switch_on(settings, role="worker")
    runtime = Runtime(modest(patient(settings)), [PLATFORM, *modules], HEARERS)
    await runtime.start()
    try:
        return await run_held(runtime, tasks_of(runtime), job_id, owner)
    finally:
        await runtime.stop()


async def work(
    settings: Settings, modules: Sequence[Module], *, service: str = "monolith", ready: Callable[[], None] = lambda: None
) -> None:  # fmt: skip
    """A worker process of these domains, until SIGTERM or SIGINT; `ready` is called once it is about to claim."""
    log.set_up(instance_id=settings.instance_id)
    tracing.switch_on(settings, role="worker")
    runtime = Runtime(patient(settings), [PLATFORM, *modules], HEARERS)
    await runtime.start()
    crons = [cron for module in runtime.modules for cron in module.cron]
    read_in_already(__name__, services.load(service).__name__)
    worker = Worker(runtime, tasks_of(runtime), crons, alone=partial(alone, service))
    runtime.reporter = Reporter(
        runtime.valkeys.telling, settings.instance_id, "worker", limit=worker.at_once, busy_seconds=worker.busy_seconds,
        is_ready=lambda: not worker.stopping.is_set(), reads=runtime.db.reads,
    )  # fmt: skip
    runtime.reporter.start()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, worker.stopping.set)
    among, port = folder_of("workers", settings.metrics_port), settings.metrics_port
    try:
        with named(settings.instance_id, among if port else None) as name:
            async with at_port(partial(metrics.own, name), host=settings.host, port=port, token=settings.metrics_token, among=among):
                ready()
                LOG.info("worker started", tasks=len(worker.tasks), crons=len(worker.crons))
                await worker.run()
    finally:
        await runtime.stop()
