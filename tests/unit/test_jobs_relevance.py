"""What relevance means: its parts, the place where a page ended, and the end of the list."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nollycrewhub.domains.jobs.rules.relevance import ALL, NONE, RANKED_OVER, SOME, Place, key_of, page_length, parts, place_of

POSTED = "2026-11-20 09:30:00.000001"


def test_one_word_is_in_the_title_or_not_and_several_may_be_there_in_part() -> None:
    assert parts(("gaffer",), None) == (ALL, NONE)
    assert parts(("gaffer", "lagos"), None) == (ALL, SOME, NONE)


def test_a_page_further_on_reads_no_part_that_is_behind_it() -> None:
    assert parts(("gaffer", "lagos"), Place(20, SOME, POSTED)) == (SOME, NONE)
    assert parts(("gaffer",), Place(20, ALL, POSTED)) == (ALL, NONE)
    assert parts(("gaffer",), Place(20, NONE, POSTED)) == (NONE,)


@given(st.integers(1, RANKED_OVER - 101), st.integers(1, 100), st.sampled_from((ALL, SOME, NONE)))
def test_a_key_reads_back_as_the_place_it_was_made_of(seen: int, shown: int, part: int) -> None:
    key = key_of(Place(seen, ALL, POSTED), shown, f"{part} {POSTED}")
    assert key is not None
    assert place_of(key) == Place(seen + shown, part, POSTED)


def test_the_list_ends_where_it_says() -> None:
    assert key_of(None, 20, f"2 {POSTED}") == f"20 2 {POSTED}"
    assert key_of(Place(RANKED_OVER - 20, NONE, POSTED), 20, f"0 {POSTED}") is None
    assert page_length(None, 20) == 20
    assert page_length(Place(RANKED_OVER - 3, NONE, POSTED), 20) == 3


@pytest.mark.parametrize(
    "key", ["", "0.5", f"5000 2 {POSTED}", f"20 3 {POSTED}", f"x 2 {POSTED}", f"\u0663 2 {POSTED}", f"-1 2 {POSTED}", "10000 2 x"]
)
def test_a_key_that_is_not_ours_is_no_place(key: str) -> None:
    assert place_of(key) is None
