"""`nollycrewhub scale run|status|explain`: keeps the number of processes right, says how things are, and why."""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from importlib import import_module
from typing import Any, TypeVar

import msgspec

from nollycrewhub.cli.moments import moment_of
from nollycrewhub.contracts.hearing import HEARERS
from nollycrewhub.kit.time import LAGOS
from nollycrewhub.kit.told import as_json
from nollycrewhub.platform import log, metrics, tracing
from nollycrewhub.platform.cache import connect
from nollycrewhub.platform.db import Database, Leadership, ReadSession
from nollycrewhub.platform.db.room import Room, tightest
from nollycrewhub.platform.figures import at_port
from nollycrewhub.platform.live.publishing import Teller
from nollycrewhub.platform.settings import Settings, SettingsError, from_environ
from nollycrewhub.scaling.actuators.choosing import actuator_of
from nollycrewhub.scaling.collecting import Collector
from nollycrewhub.scaling.controller import EVERY, LOCK, Controller
from nollycrewhub.scaling.rules.deciding import Policy
from nollycrewhub.scaling.status import SILENT, Status, explanation, status
from nollycrewhub.scaling.telling import REGISTRY

T = TypeVar("T")
USUAL = Policy()
OPTIONS = {
    "least_web": "web processes at least", "most_web": "web processes at most (default: SCALING_MOST_WEB)",
    "least_workers": "workers at least", "most_workers": "workers at most (default: SCALING_MOST_WORKERS)", "in_flight_target": "how full a process's room for requests should be, of 1",
    "window": "seconds of looks that a decision is made from", "stabilisation": "seconds that a smaller number must have been enough for",
    "cool_down": "seconds between two steps", "connections": "connections all processes may take (default: what the servers accept)",
}  # fmt: skip
# Where the least is not one: workers may be kept by somebody else.
LEAST = {"least_workers": 0, "most_workers": 0, "in_flight_target": 0.01, "window": 0.1, "stabilisation": 0.1, "cool_down": 0.1}
MOST = {"in_flight_target": 1.0, "window": 3600.0, "stabilisation": 86_400.0, "cool_down": 86_400.0}
SET_ELSEWHERE = ("connections", "most_web", "most_workers")
KINDS = ("local", "render", "kubernetes")
SHORTEST_SPAN = 4.0  # s; processes report every two


def add_arguments(actions: Any) -> None:
    """The three commands."""
    running = actions.add_parser("run", help="look, decide and act, every few seconds; of several the one that leads")
    running.add_argument("--actuator", choices=KINDS, help="what carries decisions out (default: SCALING_ACTUATOR, else local)")
    running.add_argument("--every", type=float, default=EVERY, help=f"seconds between looks (default {EVERY:g})")
    for name, meaning in OPTIONS.items():
        usual = getattr(USUAL, name)
        shown = "" if name in SET_ELSEWHERE else f" (default {usual:g})"
        running.add_argument(f"--{name.replace('_', '-')}", type=type(usual), default=None, help=meaning + shown)
    for name, meaning in (
        ("status", "how many processes there are, what they carry, and what is wrong"),
        ("explain", "why it did what it did"),
    ):
        asking = actions.add_parser(name, help=meaning)
        asking.add_argument("--json", action="store_true", help="for programs")
    asking.add_argument("--id", type=int, help="a decision's number (default: the newest that changed something)")
    asking.add_argument("--at", metavar="TIME", help="the decision in force at a moment such as 2026-12-31T23:30:00Z")


def run(arguments: argparse.Namespace) -> int:
    """The command."""
    settings = from_environ(serves=False)
    log.set_up(instance_id=settings.instance_id)
    if arguments.action == "run":
        return asyncio.run(scale(settings, arguments))
    if arguments.action == "status":
        found = asyncio.run(asked(settings, status))
        print(as_json(found).decode() if arguments.json else spoken(found))
        return 0
    try:
        at = moment_of(arguments.at) if arguments.at is not None else None
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    one = asyncio.run(asked(settings, lambda read: explanation(read, decision_id=arguments.id, at=at)))
    if one is None:
        print("There is no such decision. `nollycrewhub scale run` makes them.", file=sys.stderr)
        return 1
    print(as_json(one).decode() if arguments.json else f"{one.why}\n(decision {one.id}, by {one.leader}, term {one.term})")
    return 0


async def asked(settings: Settings, question: Callable[[ReadSession], Awaitable[T]]) -> T:
    """An answer read from the primary."""
    db = Database(settings, hearers=HEARERS)
    await db.start()
    try:
        return await question(db.read_session(primary=True))
    finally:
        await db.stop()


def policy_of(arguments: argparse.Namespace, settings: Settings, room: Room | None, *, kind: str) -> Policy:
    """What is allowed and aimed at: the options, and connections as the servers have them."""
    given = {name: value for name in OPTIONS if (value := getattr(arguments, name)) is not None}
    if room is not None:
        given = {"connections": room.connections, "connections_a_web": room.a_web, "connections_a_worker": room.a_worker, **given}
    given = {
        "brings_memory": kind != "local",
        "most_web": settings.scaling_most_web,
        "most_workers": settings.scaling_most_workers,
        **given,
    }
    policy = msgspec.structs.replace(USUAL, in_flight_limit=settings.most_in_flight, **given)
    faults = [
        f"--least-{kind} {least} is more than --most-{kind} {most}."
        for kind, least, most in (("web", policy.least_web, policy.most_web), ("workers", policy.least_workers, policy.most_workers))
        if least > most
    ]
    for name in OPTIONS:
        value, least, most = getattr(policy, name), LEAST.get(name, 1), MOST.get(name, 100_000)
        if not least <= value <= most:  # a number that is none is in no bounds either
            fault = f"more than {most:g}" if value > most else "too little" if value < least else "no number"
            faults.append(f"--{name.replace('_', '-')} {value} is {fault}.")
    if not 0 < arguments.every <= SILENT:
        faults.append(f"--every is a number of seconds above 0, and at most {SILENT:g}: after those without a look nobody scales.")
    if faults:
        raise SettingsError(faults)
    return policy


def rates() -> Mapping[str, float]:
    """Jobs a minute that each queue allows itself, of those that have a bound."""
    tasks = (task for module in import_module("nollycrewhub.services.monolith").MODULES for task in module.tasks)
    return {task.name: 60.0 * task.rate.most / task.rate.per for task in tasks if task.rate is not None}


async def scale(settings: Settings, arguments: argparse.Namespace) -> int:
    """Runs until SIGTERM or SIGINT."""
    tracing.switch_on(settings, role="controller")
    kind = arguments.actuator or settings.scaling_actuator or "local"
    actuator = actuator_of(from_environ({**os.environ, "SCALING_ACTUATOR": kind}, serves=False))
    policy = policy_of(arguments, settings, await tightest(settings), kind=kind)
    client = connect(settings.cache_url, patience=1.0)
    teller = Teller(client)
    controller = Controller(
        Leadership(settings.database_direct_url, LOCK, who=settings.instance_id), actuator,
        Collector(client, span=max(arguments.every, SHORTEST_SPAN), rates=rates()), policy=policy, every=arguments.every,
        tell=lambda kind, what: teller.say("ops", kind, as_json(what)),
    )  # fmt: skip
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, controller.stopping.set)
    figures = at_port(
        partial(metrics.own, settings.instance_id, REGISTRY), host=settings.host, port=settings.metrics_port, token=settings.metrics_token
    )  # fmt: skip
    try:
        async with figures:
            await controller.run()
    finally:
        await teller.stop()
        await actuator.close()
        await client.aclose()
        await tracing.switch_off()
    return 0


def figure(value: float | None, unit: str = "", *, digits: int = 0) -> str:
    """A figure, or that nobody knows."""
    return "?" if value is None else f"{value:.{digits}f}{unit}"


def spoken(found: Status) -> str:
    """The status for people."""
    if found.at is None or found.sample is None or found.figures is None:
        return "Nobody has looked yet. `nollycrewhub scale run --actuator local` does."
    sample, seen = found.sample, found.figures
    watched = "" if found.is_watched else " Nobody scales now: is `scale run` running?"
    lines = [
        f"{found.leader} leads; it looked {found.age_s:.0f} s ago, at {found.at.astimezone(LAGOS):%H:%M:%S} in Lagos.{watched}",
        f"web processes  {sample.web} ready of {sample.web_asked} asked for; workers {sample.workers} of {sample.workers_asked}",
        f"load           {figure(seen.in_flight, digits=1)} requests in flight ({figure(seen.limit)} a process at most), "
        f"{figure(seen.all_per_second)} answers a second of which {figure(seen.per_second)} were not in memory, {figure(seen.shed_percent, ' %', digits=1)} turned away",
        f"made answers   p50 {figure(seen.p50_ms)} ms, p95 {figure(seen.p95_ms)} ms, p99 {figure(seen.p99_ms)} ms; "
        f"{figure(seen.error_percent, ' %', digits=1)} fail",
        f"processes      processors at {figure(seen.cpu_percent)} %, memory at {figure(seen.memory_percent)} %, event loops late by "
        f"{figure(seen.lag_ms)} ms at most, {figure(seen.pool_waits, digits=1)} waits for a connection a second",
        f"people         {figure(seen.active_people)} in the last five minutes, {seen.sockets} live connections",
        f"queues         {figure(seen.waiting)} jobs could run, the oldest for {figure(seen.oldest_s)} s; events are late by "
        f"{figure(seen.event_lag_s, digits=1)} s",
        f"calendar       room for {sample.ready_for:g} times the usual",
        *(f"INCIDENT       {one.what}, since {one.opened.astimezone(LAGOS):%Y-%m-%d %H:%M} ({one.action})" for one in found.incidents),
        *(f"last change    {one.why}" for one in [found.change] if one is not None),
    ]  # fmt: skip
    return "\n".join(lines)
