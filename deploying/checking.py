"""`python -m checks deploy`: what of `deploy/` is stale, cannot be right, or is not what the program says."""

from collections.abc import Callable
from pathlib import Path

from deploying import collector, composed, edge, observed, rendered
from deploying.facts import prices
from deploying.generated import makers
from deploying.kubernetes.judging import tree_faults
from deploying.reading import Texts, Unreadable, texts_under
from nollycrewhub.capacity.prices import NoPrices

FAMILIES: dict[str, Callable[[Texts], list[str]]] = {
    "deploy/observability/": observed.faults,
    "deploy/k8s/": tree_faults,
    "deploy/render/": rendered.faults,
    "deploy/docker/": composed.faults,
    "deploy/cloudflare/": edge.faults,
    "deploy/collector/": collector.faults,
}


def stale(texts: Texts) -> list[str]:
    """Made files that differ from what would be made now."""
    return [f"{path} is not what is made: run python -m deploying." for path, make in makers().items() if texts.get(path) != make()]


def wrong(texts: Texts, path: str = "") -> list[str]:
    """What is wrong with the files themselves; of the family of one file where a path is given."""
    found: list[str] = []
    for folder, family in FAMILIES.items():
        if path.startswith(folder) or not path:
            try:
                found += family(texts)
            except Unreadable as error:
                found.append(f"{folder}: {error}")
            except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
                found.append(f"{folder} is not of the form that is expected: {type(error).__name__} {error}")
    return found


def deploy(top: Path) -> list[str]:
    """The check; prices first, for files are made from them."""
    try:
        prices()
    except NoPrices as error:
        return [str(error)]
    texts = texts_under(top / "deploy", top / "docs" / "guides")
    return stale(texts) + wrong(texts)
