"""The plan's four phases and four geographic steps: what each changes, and what it costs by the list prices.

The bills are counted from the files that are deployed and from `deploy/prices.toml`; the words are in the template beside this.
"""

from pathlib import Path
from typing import Any

import jinja2
import msgspec

from deploying.blueprints import blueprint_of
from deploying.facts import DEPLOY, POLICY, prices
from deploying.kubernetes.relating import POSTGRES
from deploying.reading import only, parsed, texts_under
from deploying.rendered import PATH, processes_of
from deploying.scaled import LEAST_WORKERS

TEMPLATE = Path(__file__).parent / "phases.jinja"
GUIDE = "docs/guides/phases.md"
PEOPLE = {1: 10_000, 2: 50_000, 3: 100_000, 4: 200_000}  # the most a phase is for; the last one is open, and this is an example
GB_EACH = 0.05  # a month's bytes past the edge for each person, an assumption: `nollycrewhub capacity` measures a better one
DISK_GB = {1: 10, 2: 50, 3: 100, 4: 200}  # the plan's table of sizes; the last one goes on with it
MEMBERS = 2  # people with an account at the provider


class Line(msgspec.Struct, frozen=True):
    """One line of a bill: so many of something at a price, in a quiet month and with everything at its most all month."""

    what: str
    least: float
    most: float
    dollars: float

    @property
    def quiet(self) -> float:
        """Dollars in a quiet month."""
        return self.least * self.dollars

    @property
    def full(self) -> float:
        """Dollars with everything at its most."""
        return self.most * self.dollars


def third() -> dict[str, Any]:
    """The Blueprint as it stands."""
    blueprint: dict[str, Any] = only(texts_under(DEPLOY / "render"), PATH)
    return blueprint


def changed(phase: int) -> list[tuple[str, str, str, str]]:
    """Name, field, value in the phase and in the next one, of everything that is to be changed on the way to the next."""
    rows = []
    here, there = fields_of(blueprint_of(phase, third())), fields_of(blueprint_of(phase + 1, third()))
    for key in sorted({*here, *there}):
        if here.get(key) != there.get(key):
            rows.append((*key, shown(here.get(key)), shown(there.get(key))))
    return rows


def fields_of(blueprint: dict[str, Any]) -> dict[tuple[str, str], Any]:
    """Every field of every thing of a Blueprint, and every variable of it."""
    found: dict[tuple[str, str], Any] = {}
    for thing in (*blueprint["services"], *blueprint["databases"], *blueprint["envVarGroups"]):
        found |= {(thing["name"], field): value for field, value in thing.items() if field != "envVars"}
        found |= {(thing["name"], one["key"]): one.get("value", "given") for one in thing.get("envVars", []) if "key" in one}
    return found


def shown(value: Any) -> str:
    """A value as a table shows it."""
    if value is None:
        return "not there"
    if isinstance(value, dict):
        return ", ".join(f"{key}: {shown(one)}" for key, one in value.items())
    if isinstance(value, list):
        return ", ".join(shown(one) for one in value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def render_bill(phase: int) -> list[Line]:
    """What a phase on Render costs."""
    blueprint, table = blueprint_of(phase, third()), prices()["render"]
    lines = []
    for service in blueprint["services"]:
        plan = service["plan"].replace(" ", "-")
        if service["type"] == "keyvalue":
            lines.append(Line(f"{service['name']} (key value {plan})", 1, 1, table["keyvalue"][plan]["dollars"]))
        else:
            scaling = service.get("scaling", {})
            least, most = scaling.get("minInstances") or service["numInstances"], scaling.get("maxInstances") or service["numInstances"]
            lines.append(Line(f"{service['name']} ({plan})", least, most, table["web"][plan]["dollars"]))
    for database in blueprint["databases"]:
        servers = 1 + database.get("highAvailability", {}).get("enabled", False) + len(database.get("readReplicas", []))
        lines.append(
            Line(
                f"PostgreSQL {database['plan']}: primary, standby, replicas",
                servers,
                servers,
                table["postgres"][database["plan"]]["dollars"],
            )
        )
        size = servers * DISK_GB[phase]
        lines.append(Line("PostgreSQL's disks, GB", size, size, table["postgres_storage"]["dollars_per_gb"]))
    sent = max(0.0, PEOPLE[phase] * GB_EACH - table["workspace"]["included_egress_gb"])
    lines.append(Line("sent past what is included, GB", sent, sent, table["egress"]["dollars_per_gb"]))
    seats = MEMBERS if any("scaling" in service for service in blueprint["services"]) else 0
    lines.append(Line("members of a professional workspace", seats, seats, table["workspace"]["dollars_per_member"]))
    return lines


def requests(file: str) -> tuple[float, float]:
    """Processors and gigabytes that one pod of a deployment asks for."""
    text = texts_under(DEPLOY / "k8s")
    for document in parsed(text[f"deploy/k8s/base/{file}"]):
        if document["kind"] == "Deployment":
            asked = document["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"]
            return float(asked["cpu"].removesuffix("m")) / 1000, float(asked["memory"].removesuffix("Mi")) / 1024
    raise LookupError(file)


def region_bill(*, home: bool, phase: int = 4) -> list[Line]:
    """What one region on Kubernetes costs: its pods by what they ask for, its servers, its way in."""
    table = prices()["kubernetes"]
    hours = prices()["meta"]["hours_a_month"]
    lines = []
    for role, least, most in (("web", POLICY.least_web, POLICY.most_web), ("worker", LEAST_WORKERS, POLICY.most_workers)):
        if role == "web" or home:
            cpu, memory = requests(f"{role}.yaml")
            lines.append(Line(f"{role} pods", least, most, hours * (cpu * table["vcpu_hour"] + memory * table["gb_hour"])))
    row = table["postgres"][POSTGRES]["dollars"]
    servers = 3 if home else 1
    lines.append(Line(f"PostgreSQL {POSTGRES}: {'primary, standby, replica' if home else 'replica'}", servers, servers, row))
    lines.append(Line("PostgreSQL's disks, GB", servers * DISK_GB[phase], servers * DISK_GB[phase], table["storage_gb_month"]))
    lines.append(Line("Valkey: sessions, cache", 2, 2, table["valkey"]["small"]["dollars"]))
    lines.append(Line("control plane, hours", hours, hours, table["control_plane_hour"]))
    lines.append(Line("load balancer", 1, 1, table["load_balancer_month"]))
    if home:
        sent = PEOPLE[phase] * GB_EACH
        lines.append(Line("sent, GB", sent, sent, table["egress"]["dollars_per_gb"]))
    return lines


def edge_bill(regions: int) -> list[Line]:
    """What Cloudflare costs in front: its plan, and steering by country where there are several regions."""
    table = prices()["cloudflare"]
    lines = [Line("Cloudflare pro", 1, 1, table["plan"]["pro"]["dollars"])]
    if regions > 1:
        steering = table["load_balancing"]
        more = max(0, regions - 2)
        lines.append(Line("load balancing and steering by country", 1, 1, steering["dollars"] + steering["dollars_per_geo_steering"]))
        lines.append(Line("origins past two", more, more, steering["dollars_per_extra_origin"]))
    return lines


def totals(lines: list[Line]) -> dict[str, str]:
    """A bill's sums as people write them."""
    rate = prices()["meta"]["naira_per_dollar"]
    quiet, full = sum(line.quiet for line in lines), sum(line.full for line in lines)
    return {
        "quiet": f"${quiet:,.0f}", "full": f"${full:,.0f}", "quiet_naira": f"₦{quiet * rate:,.0f}", "full_naira": f"₦{full * rate:,.0f}",
    }  # fmt: skip


def guide() -> str:
    """The guide, from its template."""
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False, keep_trailing_newline=True)  # fmt: skip
    bills = {phase: render_bill(phase) for phase in (1, 2, 3)} | {4: [*region_bill(home=True), *edge_bill(1)]}
    steps = {
        1: edge_bill(1), 2: [*region_bill(home=False), *region_bill(home=False), *edge_bill(3)], 3: [], 4: [],
    }  # fmt: skip
    return environment.from_string(TEMPLATE.read_text()).render(
        meta=prices()["meta"], bills=bills, sums={phase: totals(lines) for phase, lines in bills.items()}, steps=steps,
        step_sums={step: totals(lines) for step, lines in steps.items()}, changed={phase: changed(phase) for phase in (1, 2)},
        blueprints={phase: blueprint_of(phase, third()) for phase in (1, 2, 3)}, processes={phase: processes_of(blueprint_of(phase, third())) for phase in (1, 2, 3)},
        people=PEOPLE, gb_each=GB_EACH, one_region=totals(region_bill(home=False)), postgres=POSTGRES, policy=POLICY,
    )  # fmt: skip
