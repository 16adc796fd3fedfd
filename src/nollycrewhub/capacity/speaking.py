"""The report in words and tables, for a terminal and for the page; the texts stand in templates."""

from pathlib import Path

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from nollycrewhub.capacity.assumptions import Assumptions
from nollycrewhub.capacity.demand import demand_of
from nollycrewhub.capacity.measured import Measured
from nollycrewhub.capacity.prices import Prices
from nollycrewhub.capacity.report import Report

TEMPLATES = Path(__file__).with_name("templates")


def number(value: float) -> str:
    """A count or a size with as many places as say something."""
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:,.1f}" if value >= 10 else f"{value:,.2f}"


def ms(seconds: float) -> str:
    """Seconds as milliseconds."""
    return f"{1000 * seconds:,.2f}" if seconds < 0.1 else f"{1000 * seconds:,.0f}"


def environment() -> Environment:
    """Plain text, so nothing is escaped; a name that is missing is an error."""
    found = Environment(
        loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=select_autoescape(("html",))
    )  # fmt: skip
    found.filters.update(number=number, ms=ms, percent=lambda value: f"{100 * value:.1f} %")
    return found


def spoken(reports: list[Report], measured: Measured, prices: Prices, given: Assumptions) -> str:
    """The report as a page of text."""
    return environment().get_template("report.txt").render(
        reports=reports, measured=measured, prices=prices, assumptions=msgspec.structs.asdict(given),
        demand=demand_of(measured, job_seconds=given.job_seconds),
    )  # fmt: skip
