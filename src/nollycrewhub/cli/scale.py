"""`nollycrewhub scale calendar|hand-over`: how busy a moment is, and why; and scaling given back to Render. The rest is in `scaler`."""

import argparse
import asyncio
import sys
from datetime import datetime, timedelta

import msgspec

from nollycrewhub.cli import scaler
from nollycrewhub.cli.calendar import calendar_of_now
from nollycrewhub.cli.moments import moment_of
from nollycrewhub.kit.time import LAGOS, rfc3339, utcnow
from nollycrewhub.platform.settings import from_environ
from nollycrewhub.scaling.actuators.choosing import platform_of
from nollycrewhub.scaling.actuators.port import ActuatorError
from nollycrewhub.scaling.actuators.render import MOST_INSTANCES, Render
from nollycrewhub.scaling.calendar import Calendar
from nollycrewhub.scaling.rules.calendar import Busy, Span, busy_at

MOST_CPU = 90  # Render takes no greater target
SAID = {"database": "From the operators' table (/ops/calendar).", "built-in": "From the built-in table (the plan's dates)."}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may be asked, and `run`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    calendar = actions.add_parser("calendar", help="how busy a moment is by the calendar, and why")
    calendar.add_argument("--at", metavar="TIME", help="a moment such as 2026-12-31T23:30:00Z (default: now)")
    calendar.add_argument("--json", action="store_true", help="for programs")
    handing = actions.add_parser("hand-over", help="let Render scale its web service by itself again, for when no scaler runs any more")
    handing.add_argument("--least", type=int, default=2, help="instances at least (default 2)")
    handing.add_argument("--most", type=int, help="instances at most (default: SCALING_MOST_WEB)")
    handing.add_argument("--cpu", type=int, default=60, help="the processor share it aims at, in percent, 1 to 90 (default 60)")
    scaler.add_arguments(actions)


def run(arguments: argparse.Namespace) -> int:
    """Answers, or says what is wrong with the moment."""
    if arguments.action == "hand-over":
        return asyncio.run(hand_over(arguments))
    if arguments.action != "calendar":
        return scaler.run(arguments)
    try:
        moment = moment_of(arguments.at) if arguments.at is not None else utcnow()
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    calendar = calendar_of_now()
    busy = busy_at(moment, calendar.table)
    if calendar.is_amiss:
        print(calendar.why, file=sys.stderr)
    print(msgspec.json.encode(document(moment, busy, calendar)).decode() if arguments.json else spoken(moment, busy, calendar))
    return 0


async def hand_over(arguments: argparse.Namespace) -> int:
    """Tells Render; whatever runs goes on."""
    settings = from_environ()
    most = arguments.most if arguments.most is not None else settings.scaling_most_web
    if not (1 <= arguments.least <= most <= MOST_INSTANCES and 1 <= arguments.cpu <= MOST_CPU):
        print(f"--least is at most --most, both are from 1 to {MOST_INSTANCES}, and --cpu is from 1 to {MOST_CPU}.", file=sys.stderr)
        return 2
    try:
        actuator = platform_of(settings)
        if not isinstance(actuator, Render):
            print("Only Render has scaling of its own to hand over to, and SCALING_ACTUATOR is not render.", file=sys.stderr)
            return 1
        try:
            await actuator.hand_over(least=arguments.least, most=most, cpu_percent=arguments.cpu)
        finally:
            await actuator.close()
    except ActuatorError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Render scales the web service by itself now, from {arguments.least} to {most} instances. A `scale run` would take it back.")
    return 0


def document(moment: datetime, busy: Busy, calendar: Calendar) -> dict[str, object]:
    """The answer for programs. `factor` is the event's own; `prewarm` is what to be ready for, or null."""
    return {
        "at": rfc3339(moment), "lagos": moment.astimezone(LAGOS).isoformat(timespec="seconds"), "factor": busy.factor,
        "event": busy.event.name if busy.event else None, "prewarm": prewarm(busy.next), "source": calendar.source, "why": why(busy),
    }  # fmt: skip


def prewarm(span: Span | None) -> dict[str, object] | None:
    """The event that is about to begin."""
    return {"event": span.name, "factor": span.factor, "begins": rfc3339(span.begins)} if span else None


def spoken(moment: datetime, busy: Busy, calendar: Calendar) -> str:
    """The answer for people."""
    local = moment.astimezone(LAGOS)
    return f"{local:%Y-%m-%d %H:%M} in Lagos: factor {busy.factor:g}. {why(busy)}\n{SAID[calendar.source]}"


def why(busy: Busy) -> str:
    """In a sentence or two."""
    if busy.event is None:
        reason = "No event is under way."
    else:
        last = busy.event.ends - timedelta(seconds=1)
        reason = f"{busy.event.name} is under way, from {busy.event.begins:%Y-%m-%d} to {last:%Y-%m-%d}."
    if busy.next is None:
        return reason
    minutes = busy.next.prewarm.total_seconds() / 60
    return f"{reason} {busy.next.name} (factor {busy.next.factor:g}) begins within {minutes:g} minutes: be ready."
