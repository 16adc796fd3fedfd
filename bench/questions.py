"""The questions asked of the list of jobs: what a visit asks for, in the mix that phones and desks send."""

from nollycrewhub.domains.jobs.rules.search import Search, parse
from nollycrewhub.domains.jobs.service.searching import KNOWN

LISTS = (
    "view=full",
    "view=compact",
    "view=full&kind=crew",
    "view=full&kind=casting&state=LA",
    "view=compact&state=EN",
    "view=full&category=gaffer",
    "view=full&sort=pay",
    "view=full&sort=deadline",
    "view=full&language=yo",
    "view=full&pay_min=5000000&kind=crew",
    "view=full&open=false",
)


def given(query: str) -> dict[str, str]:
    """The query string as a table."""
    return dict(pair.split("=", 1) for pair in query.split("&"))


def search_of(query: str) -> Search:
    """The query string as the program reads it."""
    return parse(given(query), KNOWN)
