"""docs/CAPACITY.md and its plots, from the committed results and the table of prices alone: no clock, no measuring."""

from pathlib import Path

import msgspec

from nollycrewhub.capacity import agreeing, measured, plots, prices
from nollycrewhub.capacity.assumptions import Assumptions
from nollycrewhub.capacity.demand import demand_of, hits
from nollycrewhub.capacity.measured import Measured
from nollycrewhub.capacity.prices import Prices
from nollycrewhub.capacity.report import PLAN, report
from nollycrewhub.capacity.simulation import checking, comparing
from nollycrewhub.capacity.simulation.comparing import Compared, Simulated
from nollycrewhub.capacity.simulation.policies import CALENDAR, CPU, NAMES, OURS
from nollycrewhub.capacity.simulation.scenes import PLANT
from nollycrewhub.capacity.simulation.trace import LATE, REFUSED_SHARE, SLOW_SHARE
from nollycrewhub.capacity.speaking import environment

PAGE = Path("docs/CAPACITY.md")
PICTURES = Path("docs/capacity")
WEB_PLAN, WORKER_PLAN = "standard", "starter"  # what an instance of the scenes is rented as
MOST_QUERIES = 14


def slug(name: str) -> str:
    """A name as a file's."""
    return "".join(letter if letter.isalnum() else "-" for letter in name.lower().replace(",", "").replace("'", ""))


def dollars(row: Compared, table: Prices) -> float:
    """What a policy's instances cost in a scene."""
    hour = 60 * table.meta.hours_a_month
    web, worker = table.render.web[WEB_PLAN].dollars, table.render.web[WORKER_PLAN].dollars
    return (row.figures["instance_minutes"].mean * web + row.figures["worker_minutes"].mean * worker) / hour


def totals(simulated: Simulated, table: Prices) -> dict[str, tuple[float, float]]:
    """Minutes lost and dollars of each policy over all scenes."""
    rows = {name: [row for row in simulated.compared if row.policy == name] for name in NAMES}
    return {
        name: (sum(row.figures["lost_minutes"].mean for row in each), sum(dollars(row, table) for row in each))
        for name, each in rows.items()
    }


def queries_of(seen: Measured) -> list[dict[str, object]]:
    """The statements that cost the database most, over all kinds."""
    found = [{"kind": kind.name, **msgspec.structs.asdict(query)} for kind in seen.kinds for query in kind.queries]
    found.sort(key=lambda one: -one["mean"] * one["a_request"])
    return found[:MOST_QUERIES]


def page(seen: Measured, simulated: Simulated, table: Prices, runs: list[agreeing.Compared]) -> str:
    """The page's text."""
    given = Assumptions()
    return environment().get_template("CAPACITY.md").render(
        measured=seen, simulated=simulated, prices=table, assumptions=msgspec.structs.asdict(given), slug=slug, hits=hits,
        reports=[report(people, seen, table, given) for people in PLAN], demand=demand_of(seen, job_seconds=given.job_seconds),
        queries=queries_of(seen), dollars=lambda row: dollars(row, table), totals=totals(simulated, table), scenes=[one.scene for one in simulated.shown],
        plant=PLANT, bar=checking.BAR, slow=SLOW_SHARE, refused=REFUSED_SHARE, late=LATE, ours=OURS, calendar=CALENDAR, cpu=CPU,
        pictures=PICTURES.name, runs=runs,
    )  # fmt: skip


def pictures(seen: Measured, simulated: Simulated) -> dict[str, str]:
    """Every plot by the name of its file."""
    found = {f"{slug(shown.scene)}.svg": plots.of_scene(shown) for shown in simulated.shown}
    return {**found, "law-mix.svg": plots.of_law(seen.mix)}


def made(folder: Path = Path()) -> dict[Path, str]:
    """The page and its plots as they should be, by their places."""
    seen, simulated, table = (
        measured.read(folder / measured.FILE),
        comparing.read(folder / comparing.FILE),
        prices.read(folder / prices.FILE),
    )
    found = {folder / PICTURES / name: text for name, text in pictures(seen, simulated).items()}
    return {folder / PAGE: page(seen, simulated, table, agreeing.read(folder / agreeing.FILE)), **found}


def write(folder: Path = Path()) -> list[Path]:
    """Puts them in their places; which ones changed."""
    changed = []
    for path, text in made(folder).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            changed.append(path)
    return changed
