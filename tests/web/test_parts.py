"""Dividing a page: together the parts are the whole, in its order, and each fits its bytes."""

import random
import string
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from nollycrewhub.web.parts import LEVEL, Piece, entries, fits, fitting, one_part, part, parted, words

TEXT = st.text(max_size=2000) | st.text("ab &<\n", max_size=2000)


def weight(pieces: list[Piece]) -> int:
    """What they take packed."""
    return len(zlib.compress(str(escape("".join(piece.text for piece in pieces))).encode(), LEVEL))


@given(TEXT, st.lists(st.text(max_size=80), max_size=60), st.integers(100, 2000))
def test_nothing_is_left_out_and_every_part_fits(text: str, listed: list[str], most: int) -> None:
    pieces = [*words("text", text), *entries("list", listed)]
    found = parted(pieces, most=most)
    together = [piece for one in found for piece in one]
    assert together == pieces
    assert "".join(piece.text for piece in together if piece.section == "text") == text
    assert [listed[piece.number] for piece in together if piece.section == "list"] == listed
    assert all(fits([piece.text for piece in one], most) or len(one) == 1 for one in found)


def test_a_piece_is_short_however_long_a_word_is() -> None:
    assert max(len(piece.text) for piece in words("text", "x" * 4000)) == 200
    assert words("text", "") == [] and list(map(len, parted([]))) == [0]


def test_parts_are_as_full_as_they_can_be() -> None:
    plain = [f"{n} {letter} " for n in range(40) for letter in string.ascii_letters]
    count = fitting(plain, 900)
    assert fits(plain[:count], 900) and not fits(plain[: count + 1], 900)
    assert weight(words("text", "".join(plain[:count]))) <= 900 < len("".join(plain[:count]))
    assert fitting(["\U00020021\U00021337" * 900], 10) == 1, "one at least"
    assert fitting([]) == 0


@pytest.mark.parametrize(
    ("asked", "kept"), [("2", "2"), ("12", "12"), ("002", "2"), ("", ""), ("1", ""), ("0", ""), ("-2", ""), ("x", ""), ("٣", ""), ("1000", "")]
)  # fmt: skip
def test_an_address_of_a_part_has_one_spelling(asked: str, kept: str) -> None:
    assert one_part({"part": asked, "utm_source": "x"}) == ({"part": kept} if kept else {})


def test_each_part_leads_to_the_next_and_the_last_to_none() -> None:
    rng = random.Random(1)
    pieces = entries("list", ["".join(rng.choices(string.ascii_letters, k=200)) for _ in range(200)])
    count = len(parted(pieces))
    assert count > 2
    first, last = part(pieces, "/x", ""), part(pieces, "/x", str(count))
    assert first is not None and last is not None
    assert (first.number, first.next_href, last.number, last.next_href) == (1, "/x?part=2", count, None)
    assert part(pieces, "/x", str(count + 1)) is None
