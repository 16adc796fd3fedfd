"""A run as one page that needs nothing else: its verdict, its curves, its figures. Text stands in the template."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from nollycrewhub.loadtest.plots import BOTTOM, HIGH, LEFT, RIGHT, TOP, WIDE, plots
from nollycrewhub.loadtest.results import Result
from nollycrewhub.loadtest.verdict import KEYS

FRAME = {"wide": WIDE, "high": HIGH, "left": LEFT, "right": WIDE - RIGHT, "top": TOP, "bottom": HIGH - BOTTOM}


def page(result: Result) -> str:
    """The page."""
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )  # fmt: skip
    by_key = [(key, [one for one in result.criteria if one.key == key]) for key in KEYS]
    return made.get_template("report.html.j2").render(
        r=result, plots=plots(result), frame=FRAME, by_key=by_key, beyond=[one for one in result.criteria if one.key not in KEYS],
    )  # fmt: skip
