"""What may be asked of the list of jobs: the filters, their reading from a query string, and the index terms."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from nollycrewhub.domains.jobs.rules.indexing import weeks_since
from nollycrewhub.domains.jobs.rules.pay import buckets_between
from nollycrewhub.kit.text import has_control
from nollycrewhub.kit.told import told
from nollycrewhub.kit.words import either, quote, spellings, words_of

SORTS = ("newest", "deadline", "pay", "relevance")
KINDS = ("casting", "crew")
FILTERS = ("q", "kind", "category", "state", "pay_min", "pay_max", "language", "since", "open", "sort")
PAGING = ("limit", "cursor", "view")
MOST_WORDS = 8
LONGEST_TEXT = 200
MOST_PAY = 10**15
TRUE = ("true", "1", "yes", "on")
FALSE = ("false", "0", "no", "off")


class Unreadable(ValueError):
    """A filter that cannot be used: which one, and why."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(why)
        self.field = field
        self.why = why


class Known(NamedTuple):
    """The values the lists of the industry allow."""

    categories: frozenset[str]
    states: frozenset[str]
    languages: frozenset[str]


class Search(NamedTuple):
    """One question to the list of jobs. Pay is kobo for a day of work."""

    words: tuple[str, ...] = ()
    kind: str | None = None
    category: str | None = None
    state: str | None = None
    pay_min: int | None = None
    pay_max: int | None = None
    language: str | None = None
    since: date | None = None
    open_only: bool = True
    sort: str = "newest"

    @property
    def is_indexed(self) -> bool:
        """Whether the index of terms should find the rows; one wide filter is quicker read in order."""
        narrow = (self.category, self.state, self.kind)
        return bool(self.words or self.language) or sum(one is not None for one in narrow) > 1 or self._spans

    @property
    def _spans(self) -> bool:
        return self.pay_min is not None or self.pay_max is not None or (self.since is not None and self.sort != "newest")


def parse(given: Mapping[str, str], known: Known) -> Search:
    """The question in a query string; Unreadable names the first filter that is unknown or wrong."""
    for name in given:
        if name not in FILTERS and name not in PAGING:
            raise Unreadable(name, f"There is no filter called {name[:40]}.")
    text = given.get("q", "")
    if len(text) > LONGEST_TEXT:
        raise Unreadable("q", told("At most %(most)s letters can be searched for.", most=LONGEST_TEXT))
    if has_control(text, lines=True):
        raise Unreadable("q", told("This search holds characters that cannot be read. Type it again."))
    words = tuple(dict.fromkeys(words_of(text)))
    if len(words) > MOST_WORDS:
        raise Unreadable("q", told("At most %(most)s words can be searched for.", most=MOST_WORDS))
    search = Search(
        words=words,
        kind=one_of(given, "kind", KINDS),
        category=one_of(given, "category", known.categories),
        state=one_of(given, "state", known.states),
        pay_min=whole(given, "pay_min"),
        pay_max=whole(given, "pay_max"),
        language=one_of(given, "language", known.languages),
        since=day(given, "since"),
        open_only=yes_or_no(given, "open", default=True),
        sort=one_of(given, "sort", SORTS) or default_sort(words),
    )
    if search.sort == "relevance" and not words:
        raise Unreadable("sort", told("Relevance needs words to be relevant to."))
    if search.pay_min is not None and search.pay_max is not None and search.pay_min > search.pay_max:
        raise Unreadable("pay_max", told("The highest pay is below the lowest."))
    return search


def canonical(given: Mapping[str, str], known: Known) -> dict[str, str]:
    """The question's one spelling: defaults left out, values as we would write them. Equal questions become equal."""
    search = parse(given, known)
    out = {
        "q": " ".join(given.get("q", "").split()), "kind": search.kind, "category": search.category, "state": search.state,
        "pay_min": search.pay_min, "pay_max": search.pay_max, "language": search.language,
        "since": search.since.isoformat() if search.since else None, "open": None if search.open_only else "false",
        "sort": None if search.sort == default_sort(search.words) else search.sort,
    }  # fmt: skip
    return {name: str(value) for name, value in out.items() if value not in (None, "")}


def default_sort(words: tuple[str, ...]) -> str:
    """Words ask for what fits them best, no words for what is newest."""
    return "relevance" if words else "newest"


def one_of(given: Mapping[str, str], name: str, allowed: Iterable[str]) -> str | None:
    """The value if it is on the list; empty means no filter."""
    value = given.get(name, "")
    if not value:
        return None
    if value not in allowed:
        raise Unreadable(name, f"{name} has no value like that.")
    return value


def whole(given: Mapping[str, str], name: str) -> int | None:
    """A whole number of kobo for a day."""
    value = given.get(name, "")
    if not value:
        return None
    if not (value.isascii() and value.isdigit()) or len(value) > len(str(MOST_PAY)) or int(value) > MOST_PAY:
        raise Unreadable(name, f"{name} is a whole number of kobo for a day.")
    return int(value)


def day(given: Mapping[str, str], name: str) -> date | None:
    """A day, as 2026-11-20."""
    value = given.get(name, "")
    if not value:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise Unreadable(name, f"{name} is a day like 2026-11-20.") from None


def yes_or_no(given: Mapping[str, str], name: str, *, default: bool) -> bool:
    """true or false, in the usual spellings."""
    value = given.get(name, "").lower()
    if not value:
        return default
    if value not in TRUE and value not in FALSE:
        raise Unreadable(name, f"{name} is true or false.")
    return value in TRUE


def tags_of(search: Search) -> list[str]:
    """The filters that name one value, as listings' tags have them."""
    named = (("k", search.kind), ("c", search.category), ("s", search.state), ("l", search.language))
    return [f"{letter}={value}" for letter, value in named if value is not None]


def terms(search: Search, today: date) -> str:
    """The question as the text of a tsquery: all words in any of their spellings, all filters, each range as its steps."""
    parts = [either(choice) if len(choice) > 1 else quote(*choice) for choice in spellings(search.words)]
    parts += [quote(tag) for tag in tags_of(search)]
    if search.pay_min is not None or search.pay_max is not None:
        parts.append(either(f"y={step}" for step in buckets_between(search.pay_min, search.pay_max)))
    weeks = weeks_since(search.since, today) if search.since is not None else None
    if weeks:
        parts.append(either(weeks))
    return " & ".join(parts)
