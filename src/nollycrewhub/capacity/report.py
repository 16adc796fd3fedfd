"""So many people: what they ask for, what that takes, how it grows in a year and what it costs a month. Pure arithmetic."""

import math

import msgspec

from nollycrewhub.capacity.assumptions import ROWS_A_YEAR, Assumptions
from nollycrewhub.capacity.demand import demand_of
from nollycrewhub.capacity.formulas import corrected, in_system, mean_wait, waits_beyond
from nollycrewhub.capacity.measured import Measured
from nollycrewhub.capacity.prices import Box, NoPrices, Prices, cheapest
from nollycrewhub.capacity.simulation.arrivals import mean_share
from nollycrewhub.capacity.simulation.scene import Demand, Plant, latency
from nollycrewhub.platform.db.budget import DIRECT_CONNECTIONS, HEADROOM, PROBES
from nollycrewhub.platform.settings import Settings

PLAN = (10_000, 50_000, 100_000)  # the plan's three scenarios
LEAST_WEB, SECONDS_A_MONTH, GB, MB = 2, 730 * 3600, 1e9, 1e6
DEFAULT = {field.name: field.default for field in msgspec.structs.fields(Settings)}


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What so many people ask for: at once, requests a second on an ordinary evening and at an event, in a month."""

    people: int
    at_once: float
    evening: float
    event: float
    requests_a_month: float


class Fleet(msgspec.Struct, frozen=True, kw_only=True):
    """What answers a rate: instances, web processes in them, workers, the database's processors; and how it would do."""

    rate: float
    instances: int
    processes: int
    workers: int
    database_cores: float
    in_flight: float
    used: float
    wait_ms: float
    late_share: float
    connections: int
    connections_accepted: int


class Growth(msgspec.Struct, frozen=True, kw_only=True):
    """A table in a year; `is_measured` is whether the size of its row was."""

    table: str
    rows: float
    row: float
    gigabytes: float
    is_measured: bool


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a month's bill."""

    what: str
    dollars: float


class Bill(msgspec.Struct, frozen=True, kw_only=True):
    """A month at one provider."""

    where: str
    lines: list[Cost]
    dollars: float
    naira: float


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All that is said about so many people."""

    asked: Asked
    web_plan: str
    evening: Fleet
    event: Fleet
    replicas: int
    sessions_mb: float
    answers_mb: float
    process_mb: float
    growth: list[Growth]
    database_gb: float
    media_gb: float
    egress_gb: float
    bills: list[Bill]


def asked_of(people: int, given: Assumptions) -> Asked:
    """The plan's arithmetic, and a month by the curve of hours and days."""
    at_once = people * given.at_once
    evening = at_once * given.requests_each
    return Asked(
        people=people, at_once=at_once, evening=evening, event=evening * given.event_times,
        requests_a_month=evening * mean_share() * SECONDS_A_MONTH,
    )  # fmt: skip


def processes_in(box: Box) -> int:
    """One web process for each whole processor, and one at least."""
    return max(1, math.floor(box.cpu))


def fleet_for(rate: float, box: Box, measured: Measured, given: Assumptions) -> Fleet:
    """The fewest instances of a kind for a rate, by processor, by room in flight and with a spare; how they would do by formula."""
    demand = demand_of(measured, job_seconds=given.job_seconds)
    origin = rate * (1 - given.edge_share)
    speed = box.cpu * given.core
    plant = Plant(speed=speed / processes_in(box), in_flight=int(DEFAULT["most_in_flight"]))
    inside = in_system(origin, latency(demand, plant))
    by_processor = origin * demand.web() / (speed * given.processor_target)
    by_room = inside / (plant.in_flight * processes_in(box) * given.processor_target)
    instances = max(LEAST_WEB, math.ceil(max(by_processor, by_room)) + round(given.spare))
    processes = instances * processes_in(box)
    workers = max(1, math.ceil(origin * demand.jobs * given.job_seconds / (given.slots * given.processor_target)))
    each, service = origin / processes, demand.web() / plant.speed
    wait = corrected(mean_wait(1, each * service, service), 1.0, demand.spread)
    return Fleet(
        rate=rate, instances=instances, processes=processes, workers=workers, database_cores=cores_for(origin, demand, given),
        in_flight=inside, used=each * service, wait_ms=1000 * wait, late_share=waits_beyond(1, each * service, service, 0.5),
        connections=connections_of(processes, workers), connections_accepted=math.ceil(connections_of(processes, workers) * HEADROOM),
    )  # fmt: skip


def cores_for(origin: float, demand: Demand, given: Assumptions) -> float:
    """Rented processors of the database, over primary and replicas, at the share that is aimed at."""
    misses = 1 - demand.hits
    return origin * misses * demand.database / (given.core * given.processor_target)


def connections_of(processes: int, workers: int) -> int:
    """What all pools may open to the primary by the settings' defaults; the same sum as the check at the start of `serve`."""
    each = DEFAULT["read_pool_most"] + PROBES + DEFAULT["write_pool"] + DEFAULT["write_overflow"]
    return int((processes + workers) * each + workers * DIRECT_CONNECTIONS)


def growth_of(people: int, measured: Measured, given: Assumptions) -> list[Growth]:
    """Every table that people fill, the largest first."""
    sizes = {table.name: table.row for table in measured.tables}
    found = []
    for name, rows in ROWS_A_YEAR.items():
        if name not in sizes:
            continue
        row = sizes[name]
        each = given.row_guess if row is None else row
        found.append(
            Growth(table=name, rows=rows * people, row=each, gigabytes=rows * people * each / GB, is_measured=row is not None)
        )  # fmt: skip
    return sorted(found, key=lambda one: (-one.gigabytes, one.table))


def replicas_for(people: int, given: Assumptions) -> int:
    """None, one, or one more in a second region."""
    return (people >= given.replicas_from) + (people >= given.regions_from)


def web_plan(rate: float, prices: Prices, measured: Measured, given: Assumptions) -> tuple[str, Box]:
    """The kind of instance with which an ordinary evening is cheapest, of those whose memory holds their processes."""
    found = []
    for name, box in prices.render.web.items():
        if box.memory_mb * MB >= processes_in(box) * measured.memory.web * given.headroom:
            fleet = fleet_for(rate, box, measured, given)
            found.append((fleet.instances * box.dollars, box.dollars, name))
    if not found:
        raise NoPrices("No kind of instance in the table of prices holds a web process.")
    return min(found)[2], prices.render.web[min(found)[2]]


def report(people: int, measured: Measured, prices: Prices, given: Assumptions) -> Report:
    """The whole of it."""
    asked = asked_of(people, given)
    name, box = web_plan(asked.evening, prices, measured, given)
    evening, event = (fleet_for(rate, box, measured, given) for rate in (asked.evening, asked.event))
    growth, replicas = growth_of(people, measured, given), replicas_for(people, given)
    origin = asked.requests_a_month * (1 - given.edge_share)
    visits = people * given.visits_a_month * given.assets_a_visit
    found = Report(
        asked=asked, web_plan=name, evening=evening, event=event, replicas=replicas,
        sessions_mb=people * given.sessions_each * measured.memory.session * given.headroom / MB,
        answers_mb=people * given.answers_each * measured.memory.answer * given.headroom / MB,
        process_mb=measured.memory.web / MB, growth=growth, database_gb=sum(one.gigabytes for one in growth),
        media_gb=people * given.media_each / GB, egress_gb=(origin * measured.mix.bytes_out + visits) / GB, bills=[],
    )  # fmt: skip
    bills = [on_render(found, box, prices, given), on_kubernetes(found, box, prices, given)]
    return msgspec.structs.replace(found, bills=bills)


def billed(where: str, lines: list[Cost], prices: Prices) -> Bill:
    """The sum in both currencies."""
    dollars = sum(line.dollars for line in lines)
    return Bill(where=where, lines=lines, dollars=dollars, naira=dollars * prices.meta.naira_per_dollar)


def extra_share(given: Assumptions, prices: Prices) -> float:
    """The share of the month that is an event."""
    return given.event_hours / prices.meta.hours_a_month


def servers_of(name: str, box: Box, count: int, event: Fleet) -> str:
    """The servers of a bill; and that the pools of an event's fleet do not fit into one of them, where they do not."""
    said = f"PostgreSQL {name}, {count} server"
    if 0 < box.connections < event.connections_accepted:
        said += f"; it accepts {box.connections} connections, and pools may want {event.connections_accepted}: behind a pooler, or with smaller pools"
    return said


def on_render(found: Report, box: Box, prices: Prices, given: Assumptions) -> Bill:
    """A month on Render: an ordinary fleet, more of it in the hours of events, servers, traffic, the workspace."""
    table, evening, event = prices.render, found.evening, found.event
    servers = 1 + found.replicas
    name, postgres, count = cheapest(
        table.postgres, cpu=evening.database_cores / servers, memory_mb=1024 * min(16, found.database_gb / 4),
        connections=evening.connections_accepted if evening.connections_accepted <= 500 else 0,
    )  # fmt: skip
    cache, keyvalue, _ = cheapest(table.keyvalue, memory_mb=max(found.sessions_mb, found.answers_mb))
    starter = min(table.web.values(), key=lambda one: one.dollars)
    more = (event.instances - evening.instances) * box.dollars + (event.workers - evening.workers) * starter.dollars
    past = max(0.0, found.egress_gb - table.workspace.included_egress_gb)
    lines = [
        Cost(what=f"{evening.instances} web, {found.web_plan}", dollars=evening.instances * box.dollars),
        Cost(what=f"{evening.workers} worker", dollars=evening.workers * starter.dollars),
        Cost(what=f"{event.instances} web and {event.workers} worker in {given.event_hours:g} hours of events", dollars=more * extra_share(given, prices)),
        Cost(what=servers_of(name, postgres, servers * count, event), dollars=servers * count * postgres.dollars),
        Cost(what=f"its disk after a year, {found.database_gb * given.headroom:.1f} GB each", dollars=servers * found.database_gb * given.headroom * table.postgres_storage.dollars_per_gb),
        Cost(what=f"2 Valkey {cache}", dollars=2 * keyvalue.dollars),
        Cost(what=f"{found.egress_gb:.0f} GB out, {past:.0f} past what is included", dollars=past * table.egress.dollars_per_gb),
        Cost(what=f"{found.media_gb:.0f} GB of photos and files", dollars=found.media_gb * prices.object_storage.dollars_per_gb),
        Cost(what="the workspace, one member", dollars=table.workspace.dollars_per_member),
    ]  # fmt: skip
    return billed("Render", lines, prices)


def on_kubernetes(found: Report, box: Box, prices: Prices, given: Assumptions) -> Bill:
    """A month on a managed Kubernetes, by what the same pods ask for."""
    table, evening, event, hours = prices.kubernetes, found.evening, found.event, prices.meta.hours_a_month
    memory = found.process_mb * given.headroom / 1024
    web_hour = box.cpu * table.vcpu_hour + processes_in(box) * memory * table.gb_hour
    worker_hour = 0.5 * table.vcpu_hour + memory * table.gb_hour
    servers = 1 + found.replicas
    name, postgres, count = cheapest(table.postgres, cpu=evening.database_cores / servers, connections=evening.connections_accepted)
    cache, valkey, _ = cheapest(table.valkey, memory_mb=max(found.sessions_mb, found.answers_mb))
    more = (event.instances - evening.instances) * web_hour + (event.workers - evening.workers) * worker_hour
    lines = [
        Cost(what="the control plane and a load balancer", dollars=table.control_plane_hour * hours + table.load_balancer_month),
        Cost(what=f"{evening.instances} web of {box.cpu:g} processors", dollars=evening.instances * web_hour * hours),
        Cost(what=f"{evening.workers} worker", dollars=evening.workers * worker_hour * hours),
        Cost(what=f"{event.instances} web and {event.workers} worker in {given.event_hours:g} hours of events", dollars=more * given.event_hours),
        Cost(what=servers_of(name, postgres, servers * count, event), dollars=servers * count * postgres.dollars),
        Cost(what=f"its disk after a year, {found.database_gb * given.headroom:.1f} GB each", dollars=servers * found.database_gb * given.headroom * table.storage_gb_month),
        Cost(what=f"2 Valkey {cache}", dollars=2 * valkey.dollars),
        Cost(what=f"{found.egress_gb:.0f} GB out", dollars=found.egress_gb * table.egress.dollars_per_gb),
        Cost(what=f"{found.media_gb:.0f} GB of photos and files", dollars=found.media_gb * prices.object_storage.dollars_per_gb),
    ]  # fmt: skip
    return billed("Kubernetes", lines, prices)
