"""What is suggested while typing, and how saved searches are kept so that a new listing finds them."""

from hypothesis import given
from hypothesis import strategies as st

from nollycrewhub.domains.jobs.rules.matching import ANY, conditions, is_specific, key_of, question_of, spoken, terms_of
from nollycrewhub.domains.jobs.rules.search import Search
from nollycrewhub.domains.jobs.rules.suggesting import MOST_TERMS, between, folded, phrases


def test_a_listing_is_found_by_its_craft_town_skills_and_title_in_any_spelling() -> None:
    found = phrases("Gaffer for Ọmọlará 2", "Director of  photography", "Ẹdẹ", ["Driving", "a"])
    assert found == {
        "director of photography": "Director of photography", "ede": "Ẹdẹ", "driving": "Driving", "gaffer": "gaffer", "for": "for",
        "omolara": "omolara",
    }  # fmt: skip
    assert len(phrases(" ".join(a + b + "n" for a in "abcdefgh" for b in "klmpqrst"), "", "", [])) == MOST_TERMS


def test_two_letters_are_enough_and_one_is_not() -> None:
    assert between(" G") is None
    stretch = between("Ẹ-Dé ")
    assert stretch is not None
    assert stretch[0] == "e de"
    assert stretch[0] <= "e december" < stretch[1]
    assert not stretch[0] <= "ed" < stretch[1]


@given(st.text(max_size=80))
def test_folding_twice_is_once(text: str) -> None:
    assert folded(folded(text)) == folded(text)


def test_the_rarest_word_keeps_a_search_else_the_narrowest_filter() -> None:
    search = Search(words=("film", "gaffer", "boy"), kind="crew", category="gaffer", state="EN", language="ig")
    terms = conditions(search)
    assert terms == ["film", "gaffer", "boy", "k=crew", "c=gaffer", "s=EN", "l=ig"]
    assert key_of(terms, {"film": 900, "gaffer": 70, "boy": 70}) == "gaffer"
    assert key_of(terms, {"film": 900, "gaffer": 70, "boy": 3}) == "boy"
    assert key_of(terms[3:], {}) == "c=gaffer"
    assert key_of(terms[5:], {}) == "s=EN"
    assert key_of([], {}) == ANY


def test_a_listing_meets_a_search_when_it_has_all_its_conditions() -> None:
    has = terms_of("gaffer for a drama", "six days near nsukka", ["k=crew", "s=EN"])
    assert set(conditions(Search(words=("nsukka", "gaffer"), state="EN"))) <= set(has)
    assert not set(conditions(Search(words=("gaffer",), state="LA"))) <= set(has)
    assert ANY in has


def test_a_search_for_everything_is_not_specific() -> None:
    assert not is_specific(Search())
    assert is_specific(Search(pay_min=5))
    assert is_specific(Search(pay_max=5))
    assert is_specific(Search(words=("gaffer",)))
    assert question_of({"q": "gaffer", "sort": "pay", "open": "false", "limit": "5"}) == {"q": "gaffer"}
    assert spoken(["“gaffer”", "", "Enugu"]) == "“gaffer”, Enugu"
