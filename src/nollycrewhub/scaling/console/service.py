"""Puts together what an operator sees: the stored looks and decisions, what the processes report, the servers, the queues."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec
import redis.asyncio as valkey

from nollycrewhub.kit.time import LAGOS
from nollycrewhub.platform import audit, edge
from nollycrewhub.platform.db import ReadSession, ServerState, WriteSession
from nollycrewhub.platform.queue import looking
from nollycrewhub.platform.queue.looking import QueueState
from nollycrewhub.scaling import repository
from nollycrewhub.scaling.calendar import read_calendar
from nollycrewhub.scaling.collecting import Collector
from nollycrewhub.scaling.console.repository import Past, past, traffic
from nollycrewhub.scaling.console.schemas import ConsolePage, History, HistoryPage, Row, TrafficPage
from nollycrewhub.scaling.errors import NoSuchIncident
from nollycrewhub.scaling.repository import Looked
from nollycrewhub.scaling.rules.calendar import busy_at, coming
from nollycrewhub.scaling.rules.deciding import Policy, Sample, Thresholds
from nollycrewhub.scaling.rules.figuring import Figures, sample_of
from nollycrewhub.scaling.rules.plotting import Plot, Series, Stretch, plot
from nollycrewhub.scaling.rules.traffic import averaged
from nollycrewhub.scaling.rules.watching import Known, Trigger, checks, triggers_of, worst
from nollycrewhub.scaling.schemas import ServersPage
from nollycrewhub.scaling.status import Status, status, told

SPANS = (1, 6, 24, 48)  # hours; looks are kept for two days
POINTS = 60
ROWS = 12
LATELY, PAGE, MOST_LOOKS = 6, 30, 300
TRAFFIC_MINUTES = 5
EDGE_SECONDS = 3600.0
MOST_INCIDENTS = 50
WINDOW = Policy().window
BOUNDS = Thresholds()
PLOTS: tuple[tuple[str, str, tuple[tuple[str, str], ...], float | None, int], ...] = (
    ("answers", "ms", (("p50", "p50_ms"), ("p95", "p95_ms"), ("p99", "p99_ms")), BOUNDS.response_ms, 0),
    ("throughput", "answers a second", (("all", "all_per_second"), ("made", "per_second")), None, 1),
    ("backlog", "jobs", (("", "waiting"),), float(BOUNDS.waiting), 0),
    ("oldest", "seconds", (("", "oldest_s"),), None, 0),
    ("failures", "%", (("failed", "error_percent"), ("turned away", "shed_percent")), BOUNDS.error_percent, 1),
    ("processes", "processes", (("web", "web"), ("workers", "workers")), None, 0),
)
"""Each plot: what of, in what unit, its lines with their fields, the plan's threshold, digits after the point."""


async def console(
    read: ReadSession, client: "valkey.Redis", servers: ServersPage, moment: datetime, *, confirmed: bool = False
) -> ConsolePage:  # fmt: skip
    """How things are now; `confirmed` is whether the operator has typed their password lately."""
    found = await status(read)
    window = await repository.looks(read, since=datetime.fromtimestamp(moment.timestamp() - WINDOW, UTC), limit=MOST_LOOKS)
    queues = await looking.states(read)
    calendar = await read_calendar(read)
    busy = busy_at(moment, calendar.table)
    seen, samples = await present(found, window, client=client, queues=queues, at=moment.timestamp(), ready_for=busy.ready_for)
    triggers = triggers_of(samples)
    failed = sum(one.failed for one in queues)
    all_checks = checks(known(found, servers.servers, seen=seen, failed=failed, triggers=triggers))
    return ConsolePage(
        status=found, seen=seen, tone=worst(all_checks), checks=all_checks, triggers=triggers, busy=busy, calendar=calendar,
        coming=coming(moment, calendar.table), confirmed=confirmed,
        wishes=(window[0].web_wish, window[0].workers_wish) if window and found.is_watched else None,
        history=await history(read, moment, hours=SPANS[0]), servers=servers, failed=failed,
        decisions=[told(one) for one in await repository.decisions(read, limit=LATELY)],
        queues=sorted((one for one in queues if one.due or one.running or one.failed), key=lambda one: (-one.oldest, one.queue)),
    )  # fmt: skip


async def present(
    found: Status, window: Sequence[Looked], *, client: "valkey.Redis", queues: list[QueueState], at: float, ready_for: float
) -> tuple[Figures, list[Sample]]:  # fmt: skip
    """The figures, and the samples of the window. Where nobody scales they are what the processes say just now, without rates."""
    if found.is_watched and found.figures is not None:
        return found.figures, [one.seen for one in reversed(window)] or [found.sample] if found.sample else []
    seen = await Collector(client, span=WINDOW).look(queues)
    fleet = (seen.web, seen.workers, seen.web, seen.workers)
    return seen, [sample_of(seen, at=at, fleet=fleet, ready_for=ready_for)]


def known(found: Status, servers: Sequence[ServerState], *, seen: Figures, failed: int, triggers: tuple[Trigger, ...]) -> Known:
    """What the checks are made from."""
    sample = found.sample if found.is_watched else None
    return Known(
        seen=seen, triggers=triggers, asked=(sample.web_asked, sample.workers_asked) if sample else None,
        is_primary_in=all(one.is_in for one in servers if one.role == "primary"),
        replicas_out=sum(not one.is_in for one in servers if one.role != "primary"), failed=failed, open=len(found.incidents),
    )  # fmt: skip


async def traffic_page(read: ReadSession, client: "valkey.Redis", moment: datetime, *, has_edge: bool) -> TrafficPage:
    """Where the requests of the last minutes came from, and what became of them; and what an edge in front answered itself."""
    found = await status(read)
    looks = await traffic(read, datetime.fromtimestamp(moment.timestamp() - 60 * TRAFFIC_MINUTES, UTC), limit=MOST_LOOKS)
    queues = await looking.states(read)
    seen = found.figures if found.is_watched and found.figures is not None else await Collector(client, span=WINDOW).look(queues)
    return TrafficPage(
        traffic=averaged(looks), minutes=TRAFFIC_MINUTES, looks=len(looks), seen=seen, failed=sum(one.failed for one in queues),
        edge=await edge.lately(read, seconds=EDGE_SECONDS), has_edge=has_edge,
    )  # fmt: skip


async def history(read: ReadSession, moment: datetime, *, hours: int) -> History:
    """The last hours, in as many stretches whatever their number is."""
    seconds = hours * 3600 / POINTS
    ends = (moment.timestamp() // seconds + 1) * seconds
    stretch = Stretch(begins=datetime.fromtimestamp(ends - POINTS * seconds, UTC), seconds=seconds, count=POINTS)
    stretches = {one.place: one for one in await past(read, stretch.begins, seconds=seconds)}
    every = [stretches.get(place) or Past(place=place) for place in range(POINTS)]
    wide = POINTS // ROWS
    return History(
        hours=hours, plots=plots(every, stretch),
        rows=tuple(Row(stretch.at(place).astimezone(LAGOS), together(every[place : place + wide])) for place in range(0, POINTS, wide)),
    )  # fmt: skip


def plots(every: Sequence[Past], stretch: Stretch) -> tuple[Plot, ...]:
    """All pictures."""
    return tuple(
        plot(key, unit, [Series(name, [getattr(one, field) for one in every]) for name, field in lines], stretch, threshold=bound, digits=digits)
        for key, unit, lines, bound, digits in PLOTS
    )  # fmt: skip


MEANS = ("per_second", "all_per_second", "web", "workers")


def together(parts: Sequence[Past]) -> Past:
    """Several stretches as one, by the same rule: the worst, or the mean."""
    found = {}
    for name in Past.__struct_fields__[1:]:
        values = [value for one in parts if (value := getattr(one, name)) is not None]
        if values:
            found[name] = sum(values) / len(values) if name in MEANS else max(values)
    return msgspec.structs.replace(Past(place=parts[0].place), **found)


async def past_decisions(read: ReadSession, moment: datetime, *, hours: int, changes: bool, before: int | None) -> HistoryPage:
    """What was decided, newest first, and all incidents that are kept."""
    found = await repository.decisions(read, changes_only=changes, before=before, limit=PAGE + 1)
    return HistoryPage(
        history=await history(read, moment, hours=hours), spans=SPANS, decisions=[told(one) for one in found[:PAGE]],
        incidents=await repository.incidents(read, limit=MOST_INCIDENTS), changes=changes,
        next=found[PAGE - 1].id if len(found) > PAGE else None,
    )  # fmt: skip


async def close(session: WriteSession, read: ReadSession, operator: UUID | None, incident_id: int) -> None:
    """Closes an incident, with a line in the trail; one that is over already stays as it is. NoSuchIncident."""
    if await repository.close_one(session, incident_id):
        await audit.record(session, operator, "incident.close", subject=f"incident:{incident_id}")
    elif await repository.incident(read, incident_id) is None:
        raise NoSuchIncident("No incident has that number.")
