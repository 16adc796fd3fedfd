"""Everything a listing's row stores that follows from its other fields: what is searched, sorted and read out."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from nollycrewhub.domains.jobs.rules.pay import daily_kobo, pay_bucket
from nollycrewhub.kit.words import joins, words_of

NEVER = date(9999, 12, 31)
MOST_WEEKS = 12


class Listing(NamedTuple):
    """The fields of a listing that its derived columns follow from; names are the readable ones."""

    title: str
    kind: str
    category: str
    category_name: str
    company: str
    state: str
    state_name: str
    town: str
    pay_amount: int | None
    pay_unit: str
    pay_terms: str
    description: str
    skills: Sequence[str]
    languages: Sequence[str]
    language_names: Sequence[str]
    starts_on: date | None
    ends_on: date | None
    deadline: date | None
    posted_at: datetime | None


class Derived(NamedTuple):
    """The derived columns, by name, except `salary`, which kit.money speaks."""

    location: str
    pay_key: int
    deadline_key: date
    search_title: str
    search_text: str
    search_tags: list[str]


def derive(listing: Listing) -> Derived:
    """All derived columns at once, so that none is forgotten."""
    pay = daily_kobo(
        listing.pay_amount,
        listing.pay_unit,
        terms=listing.pay_terms,
        starts_on=listing.starts_on,
        ends_on=listing.ends_on,
    )
    return Derived(
        location_of(listing.town, listing.state_name),
        pay,
        listing.deadline or NEVER,
        *searched(listing.title, briefs_of(listing), listing.description),
        tags_of(listing, pay),
    )


def briefs_of(listing: Listing) -> tuple[str, ...]:
    """The short texts beside the title."""
    return (
        listing.company, listing.category_name, listing.town, listing.state_name, *listing.skills, *listing.language_names,
    )  # fmt: skip


def searched(title: str, briefs: Iterable[str], description: str) -> tuple[str, str]:
    """Title and text as they are searched: their words, and of all but the description each two together.

    So `makeup` finds a make-up artist. Joined, the words of descriptions would double the index and are hardly looked for.
    """
    return " ".join(joined(title)), " ".join([*(word for brief in briefs for word in joined(brief)), *words_of(description)])


def joined(text: str) -> list[str]:
    """The words of a text, and then each written together with the next."""
    words = words_of(text)
    return [*words, *joins(words)]


def vocabulary(listing: Listing) -> list[str]:
    """The words a misspelt search may be led to; joined ones are not, since nobody has written them so."""
    words = words_of(" ".join((listing.title, *briefs_of(listing), listing.description)))
    return [word for word in words if word.isalpha() and len(word) > 2]


def location_of(town: str, state_name: str) -> str:
    """'Enugu, Enugu State'; the capital territory is not a state."""
    if state_name.upper().startswith(("FCT", "FEDERAL", "ABUJA")):
        return f"{town}, FCT" if town else "Abuja, FCT"
    named = state_name if state_name.endswith("State") else f"{state_name} State"
    return f"{town}, {named}" if town else named


def tags_of(listing: Listing, daily: int) -> list[str]:
    """The filters' values as index terms; the `=` keeps them apart from any word."""
    tags = [f"k={listing.kind}", f"c={listing.category}", f"s={listing.state}", f"y={pay_bucket(daily)}"]
    tags += [f"l={code}" for code in sorted(set(listing.languages))]
    if listing.posted_at is not None:
        tags.append(week_tag(listing.posted_at.date()))
    return tags


def week_tag(day: date) -> str:
    """The ISO week a listing was posted in, UTC."""
    year, week, _ = day.isocalendar()
    return f"w={year}-{week:02d}"


def weeks_since(since: date, today: date) -> list[str] | None:
    """The tags of all weeks that hold a moment from then, in Lagos, until tomorrow; None when that is too many to be worth it.

    A listing's week is UTC's, where a day of Lagos begins an hour before midnight: so the weeks begin a day earlier.
    """
    if (today - since).days > MOST_WEEKS * 7:
        return None
    days = range(-1, max((today - since).days, 0) + 2)
    first = min(since, date.max - timedelta(days=1))  # the calendar ends
    return sorted({week_tag(first + timedelta(days=n)) for n in days})
