"""From what was measured to what a mean request of the mix asks of each server."""

from nollycrewhub.capacity.measured import Kind, Measured
from nollycrewhub.capacity.simulation.scene import Demand

FROM_MEMORY = ("hit", "stale", "not-modified")


def hits(kind: Kind) -> float:
    """The share of a kind's requests that was answered from a process's memory."""
    asked = sum(kind.statuses.values())
    return sum(kind.found.get(name, 0) for name in FROM_MEMORY) / asked if asked else 0.0


def spread_of(measured: Measured) -> float:
    """The spread of what is worked out: of one job or person asked for alone."""
    return max(0.1, min(4.0, measured.kind("one").alone.spread))


def demand_of(measured: Measured, *, job_seconds: float) -> Demand:
    """The mix as one mean request. What memory answers costs what a list costs, which is nearly always answered from there."""
    mix, listed = measured.mix, measured.kind("list")
    share, cheap = hits(mix), listed.processor.get("web", 0.0)
    web = mix.processor.get("web", 0.0)
    missed = max(cheap, (web - share * cheap) / (1 - share)) if share < 1 else web
    stored = mix.processor.get("primary", 0.0) + mix.processor.get("replicas", 0.0)
    return Demand(
        web_hit=cheap, web_miss=missed, hashing=mix.processor.get("hashing", 0.0), spread=spread_of(measured),
        database=stored / (1 - share) if share < 1 else stored, hits=share, jobs=measured.jobs, job=job_seconds,
    )  # fmt: skip
