"""Posts that ask talent for money, as they are really written, and posts that do not (fee_posts/README.md has the figures)."""

import time
from pathlib import Path

import pytest

from nollycrewhub.domains.jobs.rules.fee_text import clauses, sentences, sums, unmasked
from nollycrewhub.domains.jobs.rules.fees import LONGEST, asks_talent_for_money

POSTS = Path(__file__).with_name("fee_posts")
ALLOWED = {  # per set: guilty posts that are missed, innocent ones that are held; these may only shrink
    "first": (0, 0), "written": (0, 0), "put_aside": (4, 3),
    "fresh_1": (1, 1), "fresh_2": (1, 0), "fresh_3": (0, 0), "fresh_4": (1, 1), "fresh_5": (1, 0),
}  # fmt: skip


def posts(name: str) -> list[str]:
    """The posts of a file."""
    return (POSTS / f"{name}.txt").read_text().strip().splitlines()


def held(post: str) -> bool:
    """Whether the rules hold it."""
    return asks_talent_for_money("Actors wanted", post) is not None


@pytest.mark.parametrize("name", ALLOWED)
def test_each_set_is_judged_as_well_as_its_figures_say(name: str) -> None:
    missed = [post for post in posts(f"{name}_guilty") if not held(post)]
    wronged = [post for post in posts(f"{name}_innocent") if held(post)]
    assert (len(missed), len(wronged)) == ALLOWED[name], (missed, wronged)


def test_the_sets_are_as_large_as_they_should_be() -> None:
    sizes = [len(posts(f"{name}_{kind}")) for name in ALLOWED for kind in ("guilty", "innocent")]
    assert sizes == [150, 150, 78, 77, 77, 77, *[60] * 10]


def test_the_title_is_read_too_and_the_words_are_named() -> None:
    found = asks_talent_for_money("Lead role, registration fee 5k", "A village drama in Enugu.")
    assert found is not None
    assert found.reason == "a fee"
    assert "a fee: fee" in found.signs and "a sum: 5k" in found.signs
    assert found.points >= 3


def test_every_text_is_read() -> None:
    assert asks_talent_for_money("Actors wanted", "A village drama.", "Enugu", "form na 2k") is not None
    assert asks_talent_for_money() is None


def test_a_text_without_full_stops_hides_nothing() -> None:
    hidden = f"{'we shoot in enugu and in jos ' * 60} registration fee n5,000 {'we shoot in enugu and in jos ' * 60}"
    assert len(hidden) > 3 * LONGEST
    assert held(hidden)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("regi5tration f33 is N5,OOO", "registration fee is n5,000"),
        ("R-e-g f.e.e", "reg fee"),
        ("r e g f e e", "reg fee"),
        ("feeee", "fee"),
        ("two thousand five hundred naira", "2500 naira"),
        ("ten thousand", "10000 naira"),
        ("a thousand", "1000 naira"),
        ("two-five", "2.5k"),
        ("two million naira", "2000000 naira"),
        ("h264 for two people", "h264 for two people"),
        ("three thousand people", "three thousand people"),
    ],
)
def test_disguises_are_taken_off(written: str, read: str) -> None:
    assert unmasked(written.lower()) == read


@pytest.mark.parametrize(
    ("text", "naira"),
    [
        ("n1,500 and 2k", [1500, 2000]),
        ("₦ 5 000", [5000]),
        ("$100", [150_000]),
        ("n3m", [3_000_000]),
        ("in 2026", []),
        ("drama 3f9800a1 of 1e4500", []),
        ("1200 extras", []),
    ],
)
def test_sums_are_found(text: str, naira: list[int]) -> None:
    assert [one.naira for one in sums(text)] == naira


def test_a_sentence_is_parted_where_it_turns() -> None:
    assert sentences("Pay is good. Reg. fee 5k!") == ["pay is good", "reg fee 5k"]
    assert clauses("we pay well, but you go first pay 5k") == ["we pay well", "you go first pay 5k"]


@pytest.mark.parametrize(
    "text", ["to a " * 1200, "we pay you n5,000 a day, " * 240, "9" * 6000, " you your each " * 400, "no fee pay " * 540]
)
def test_no_text_takes_long_to_judge(text: str) -> None:
    start = time.process_time()
    asks_talent_for_money("Gaffer", text)
    assert time.process_time() - start < 1.0


def test_a_town_is_not_money() -> None:
    assert not held("Dancer wanted in Owo")
    assert held("Bring owo form before you dance")
