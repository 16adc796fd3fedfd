"""Which lists of jobs a listing is in, and which of them a question reads: so that a write renews no other."""

from collections.abc import Mapping

ALL = "jobs"


def lists_of_query(canonical: Mapping[str, str]) -> tuple[str, ...]:
    """The one list a question depends on: its state's, else its category's, else the whole."""
    if state := canonical.get("state"):
        return (f"{ALL}:s:{state}",)
    if category := canonical.get("category"):
        return (f"{ALL}:c:{category}",)
    return (ALL,)


def lists_of_job(state: str, category: str) -> tuple[str, ...]:
    """Every list that a listing of a state and category is in."""
    return (ALL, f"{ALL}:s:{state}", f"{ALL}:c:{category}")
