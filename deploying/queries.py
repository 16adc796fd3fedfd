"""What a PromQL expression names: its figures and their labels, held to those that `/metrics` can say.

It is no parser of PromQL (promtool is, and runs in the tests): it finds names, which promtool cannot judge.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from deploying.facts import figures
from nollycrewhub.platform.httpcache.counting import RESULTS
from nollycrewhub.platform.settings import REGION_NAMES
from nollycrewhub.platform.worker.attempting import OUTCOMES

SELECTOR = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)\s*\{([^}]*)\}")
MATCHER = re.compile(r'([a-zA-Z_]\w*)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"')
GROUPED = re.compile(r"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)")
NAME = re.compile(r"(?<![\w:.$])([a-zA-Z_:][a-zA-Z0-9_:]*)(?!\s*\(|[\w:])")
WORDS = frozenset({"and", "or", "unless", "by", "without", "on", "ignoring", "bool", "offset", "inf", "nan"})
PROMETHEUS_OWN = {"up": frozenset({"job", "instance"})}
ADDED = frozenset({"job", "instance"})  # by the scrape, to whatever does not bring its own
STATES = ("waiting", "due", "retrying", "running", "failed")
VALUES = {
    ("nch_shared_answers_total", "result"): RESULTS,
    ("nch_jobs_total", "outcome"): OUTCOMES,
    ("nch_edge_answers_total", "result"): ("hit", "miss", "passed"),
    ("nch_queue_depth", "state"): STATES,
    ("nch_server_in", "server"): ("primary", *REGION_NAMES),
    ("nch_scaling_failed_total", "what"): ("look", "ask"),
    ("nch_shed_total", "what"): ("in-flight", "read-pool", "rate-limit", "passwords", "openid", "carrier-mail"),
}  # label values that rules may name


def selectors(expr: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Each figure an expression asks for, with the labels it is asked by."""
    for name, inside in SELECTOR.findall(expr):
        yield name, {label: value for label, _, value in MATCHER.findall(inside)}
    bare = GROUPED.sub(" ", re.sub(r"\[[^\]]*\]", " ", SELECTOR.sub(" ", re.sub(r'"[^"]*"', '""', SELECTOR.sub(" ", expr)))))
    for name in NAME.findall(bare):
        if name not in WORDS:
            yield name, {}


@lru_cache(512)
def named(expr: str) -> frozenset[str]:
    """The names of the figures of an expression."""
    return frozenset(name for name, _ in selectors(expr))


def grouped(expr: str) -> set[str]:
    """The labels an expression groups by."""
    return {label.strip() for inside in GROUPED.findall(expr) for label in inside.split(",") if label.strip()}


def labels_of(name: str, recorded: Mapping[str, str]) -> frozenset[str] | None:
    """The labels a figure has; None when they cannot be told. KeyError when there is no such figure."""
    if name in recorded:
        return frozenset(grouped(recorded[name]))
    if name in PROMETHEUS_OWN:
        return PROMETHEUS_OWN[name]
    known = figures()[name].labels
    return None if known is None else known | ADDED


def faults(expr: str, where: str, recorded: Mapping[str, str]) -> list[str]:
    """What an expression names and nobody says: figures, labels, and values of labels that have a closed list."""
    found: list[str] = []
    have: set[str] = set()
    is_open = False
    for name, matchers in selectors(expr):
        try:
            labels = labels_of(name, recorded)
        except KeyError:
            found.append(f"{where}: nothing says {name}.")
            continue
        is_open = is_open or labels is None
        have |= labels or set()
        found += [f"{where}: {name} has no label {label}." for label in matchers if labels is not None and label not in labels]
        for label, value in matchers.items():
            allowed = VALUES.get((name, label))
            found += [f"{where}: {name} never says {label}={one}." for one in value.split("|") if allowed and one not in allowed]
    strange = set() if is_open else grouped(expr) - have - {"le"}
    return found + [f"{where}: nothing here has the label {label}." for label in sorted(strange)]
