"""Reading the filters, the index terms they become, the derived columns, and misspelt words."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nollycrewhub.domains.jobs.rules.indexing import (
    NEVER,
    Listing,
    derive,
    location_of,
    vocabulary,
    week_tag,
    weeks_since,
)
from nollycrewhub.domains.jobs.rules.search import FILTERS, PAGING, Known, Search, Unreadable, canonical, parse, tags_of, terms
from nollycrewhub.kit.spelling import nearest, slips
from nollycrewhub.kit.time import LAGOS
from nollycrewhub.kit.words import LONGEST_WORD, quote, words_of

KNOWN = Known(frozenset({"gaffer", "lead-actor"}), frozenset({"EN", "LA"}), frozenset({"ig", "yo"}))
TODAY = date(2026, 11, 24)
GOOD = {
    "q": "Ṣọlá Ṣọlá gaffer", "kind": "crew", "category": "gaffer", "state": "EN", "pay_min": "100", "pay_max": "5000", "language": "ig",
    "since": "2026-11-01", "open": "no", "sort": "pay", "limit": "20", "cursor": "x", "view": "compact",
}  # fmt: skip
LISTING = Listing(
    title="Gaffer, Ọmọlará's drama", kind="crew", category="gaffer", category_name="Gaffer", company="Ọmọlará Pictures", state="EN",
    state_name="Enugu", town="Nsukka", pay_amount=800, pay_unit="day", pay_terms="paid", description="Six days.", skills=["Driving"],
    languages=["yo", "ig", "ig"], language_names=["Yoruba", "Igbo"], starts_on=None, ends_on=None, deadline=None,
    posted_at=datetime(2026, 11, 20, tzinfo=UTC),
)  # fmt: skip


def test_every_filter_is_read() -> None:
    assert set(GOOD) == {*FILTERS, *PAGING}
    assert parse(GOOD, KNOWN) == Search(("sola", "gaffer"), "crew", "gaffer", "EN", 100, 5000, "ig", date(2026, 11, 1), False, "pay")


def test_nothing_asked_is_the_newest_open_listings() -> None:
    assert parse({}, KNOWN) == Search()
    assert parse(dict.fromkeys(GOOD, ""), KNOWN) == Search()
    assert parse({"q": "gaffer"}, KNOWN).sort == "relevance"
    assert parse({"open": "TRUE"}, KNOWN).open_only is True


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("colour", "red"), ("q", "a" * 201), ("q", "a b c d e f g h i"), ("kind", "cast"), ("category", "king"), ("state", "XX"),
        ("language", "xx"), ("pay_min", "-1"), ("pay_min", "1.5"), ("pay_min", "٣"), ("pay_min", "9" * 17), ("pay_max", str(10**15 + 1)),
        ("since", "yesterday"), ("since", "2026-13-01"), ("open", "maybe"), ("sort", "best"), ("sort", "relevance"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_named(field: str, value: str) -> None:
    with pytest.raises(Unreadable) as refused:
        parse({field: value}, KNOWN)
    assert refused.value.field == field
    assert refused.value.why == str(refused.value)


@pytest.mark.parametrize("text", ["a\x00b", "a\x07b", "a\u202eb"])
def test_words_nobody_can_type_are_named(text: str) -> None:
    with pytest.raises(Unreadable, match="cannot be read"):
        parse({"q": text}, KNOWN)


def test_a_range_that_holds_nothing_is_named() -> None:
    with pytest.raises(Unreadable, match="below"):
        parse({"pay_min": "5", "pay_max": "4"}, KNOWN)
    assert parse({"pay_min": "5", "pay_max": "5"}, KNOWN).pay_max == 5


@given(st.dictionaries(st.sampled_from([*FILTERS, *PAGING]), st.text(max_size=30)))
def test_any_query_is_read_or_refused_in_words(given_: dict[str, str]) -> None:
    try:
        search = parse(given_, KNOWN)
    except Unreadable as refused:
        assert refused.field in given_
        assert refused.why
    else:
        assert search.sort != "relevance" or search.words


def test_equal_questions_have_one_spelling() -> None:
    written = {
        "q": "  gaffer   drama ",
        "open": "YES",
        "sort": "relevance",
        "pay_min": "007",
        "state": "",
        "limit": "20",
        "since": "2026-11-01",
    }
    assert canonical(written, KNOWN) == {"q": "gaffer drama", "pay_min": "7", "since": "2026-11-01"}
    assert canonical({"sort": "newest", "open": "0", "kind": "crew"}, KNOWN) == {"open": "false", "kind": "crew"}
    assert canonical({}, KNOWN) == {}
    with pytest.raises(Unreadable):
        canonical({"colour": "red"}, KNOWN)


@given(
    st.fixed_dictionaries(
        {},
        optional={"q": st.text("ab ọ", max_size=9), "open": st.sampled_from(("1", "no", "")), "sort": st.sampled_from(("pay", "newest"))},
    )
)
def test_the_one_spelling_asks_the_same_and_is_its_own(given_: dict[str, str]) -> None:
    once = canonical(given_, KNOWN)
    assert parse(once, KNOWN) == parse(given_, KNOWN)
    assert canonical(once, KNOWN) == once


@pytest.mark.parametrize(
    ("search", "indexed"),
    [
        (Search(), False), (Search(state="EN"), False), (Search(state="EN", kind="crew"), True), (Search(words=("a",)), True),
        (Search(language="ig"), True), (Search(pay_min=1), True), (Search(pay_max=1), True), (Search(since=TODAY), False),
        (Search(since=TODAY, sort="pay"), True),
    ],
)  # fmt: skip
def test_when_the_index_of_terms_is_asked(search: Search, indexed: bool) -> None:
    assert search.is_indexed is indexed


def test_the_terms_of_a_question() -> None:
    search = Search(("gaffer", "drama"), "crew", "gaffer", "EN", 8, 15, "ig", date(2026, 11, 20))
    words = "('gaffer' | 'gafferdrama') & ('drama' | 'gafferdrama')"
    assert terms(search, TODAY) == f"{words} & 'k=crew' & 'c=gaffer' & 's=EN' & 'l=ig' & ('y=4') & ('w=2026-47' | 'w=2026-48')"
    assert terms(Search(("gaffer",)), TODAY) == "'gaffer'"
    assert terms(Search(pay_max=1), TODAY) == "('y=0' | 'y=1')"
    assert terms(Search(since=date(2020, 1, 1), kind="crew"), TODAY) == "'k=crew'"
    assert tags_of(search) == ["k=crew", "c=gaffer", "s=EN", "l=ig"]
    assert tags_of(Search(("gaffer",))) == []


@given(st.text(max_size=20))
def test_a_quoted_term_cannot_end_its_quotes(term: str) -> None:
    inner = quote(term)[1:-1]
    assert inner.replace("\\\\", "\\").replace("''", "'") == term
    assert inner.replace("''", "").count("'") == 0


def test_the_derived_columns_of_a_listing() -> None:
    found = derive(LISTING)
    assert found.location == "Nsukka, Enugu State"
    assert (found.pay_key, found.deadline_key) == (800, NEVER)
    assert found.search_title == "gaffer omolara s drama gafferomolara omolaras sdrama"
    assert found.search_text == "omolara pictures omolarapictures gaffer nsukka enugu driving yoruba igbo six days"
    assert vocabulary(LISTING) == [
        "gaffer",
        "omolara",
        "drama",
        *["omolara", "pictures", "gaffer", "nsukka", "enugu", "driving", "yoruba", "igbo", "six", "days"],
    ]
    assert found.search_tags == ["k=crew", "c=gaffer", "s=EN", "y=10", "l=ig", "l=yo", "w=2026-47"]


def test_a_draft_has_no_week_and_a_deadline_is_its_key() -> None:
    found = derive(LISTING._replace(posted_at=None, deadline=TODAY))
    assert found.deadline_key == TODAY
    assert not any(tag.startswith("w=") for tag in found.search_tags)


def test_every_listing_is_found_by_its_own_week() -> None:
    posted = date(2026, 12, 31)
    assert week_tag(posted) in (weeks_since(posted, date(2027, 1, 2)) or [])
    assert week_tag(date(2027, 1, 1)) == "w=2026-53"
    assert weeks_since(date(2027, 1, 3), date(2027, 1, 1)) == sorted({week_tag(date(2027, 1, 3)), week_tag(date(2027, 1, 4))})
    assert weeks_since(date(2026, 1, 1), TODAY) is None
    assert weeks_since(date.max, TODAY) == [week_tag(date.max)]


def test_a_post_of_the_first_hour_of_a_monday_in_lagos_is_in_the_weeks_since_that_monday() -> None:
    monday = date(2026, 11, 23)
    posted = datetime.combine(monday, datetime.min.time(), LAGOS) + timedelta(minutes=30)
    kept = next(tag for tag in derive(LISTING._replace(posted_at=posted.astimezone(UTC))).search_tags if tag.startswith("w="))
    assert kept == "w=2026-47", "in UTC it is Sunday still"
    assert kept in (weeks_since(monday, TODAY) or [])
    assert "'w=2026-47'" in terms(Search(words=("gaffer",), since=monday), TODAY)
    assert weeks_since(date(2026, 11, 24), TODAY) == ["w=2026-48"], "from a Tuesday on there is nothing of the week before"


@pytest.mark.parametrize(
    ("town", "state", "place"),
    [
        ("Enugu", "Enugu", "Enugu, Enugu State"), ("", "Enugu", "Enugu State"), ("Ikeja", "Lagos State", "Ikeja, Lagos State"),
        ("Garki", "FCT", "Garki, FCT"), ("", "Federal Capital Territory", "Abuja, FCT"),
    ],
)  # fmt: skip
def test_places_as_people_say_them(town: str, state: str, place: str) -> None:
    assert location_of(town, state) == place


@given(st.text(max_size=200))
def test_words_are_folded_short_and_without_signs(text: str) -> None:
    for word in words_of(text):
        assert word.isalnum()
        assert 0 < len(word) <= LONGEST_WORD


@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_slips_are_a_distance(one: str, other: str) -> None:
    assert slips(one, other) == slips(other, one)
    assert (slips(one, other) == 0) == (one == other)
    assert slips(one, other) <= max(len(one), len(other))


@pytest.mark.parametrize(
    ("one", "other", "count"),
    [("gafer", "gaffer", 1), ("gfafer", "gaffer", 1), ("camra", "camera", 1), ("sond", "sound", 1), ("abc", "xyz", 3)],
)
def test_slips_count_what_fingers_do(one: str, other: str, count: int) -> None:
    assert slips(one, other) == count


def test_only_a_near_neighbour_is_taken() -> None:
    assert nearest("gafer", ["gaffer", "gather", "grip"]) == "gaffer"
    assert nearest("gfafre", ["gaffer"]) == "gaffer"
    assert nearest("gra", ["grip"]) is None
    assert nearest("sound", []) is None
    assert nearest("zebra", ["gaffer"]) is None
    assert nearest("grap", ["gaffer", "grip", "grab"]) == "grab"
