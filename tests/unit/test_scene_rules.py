"""Which lines are scene headings, and what they say; the same however the text is cut into pieces."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nollycrewhub.domains.projects.rules import MOST_SCENES, SceneReader, TooManyScenes, heading_of

SCRIPT = """Title: Ìyá Ọjà
Author: A. Bello

INT. MAMA NKECHI'S KITCHEN - DAY

Steam. INT. is not a heading here.

EXT. BALOGUN MARKET - CONTINUOUS
She runs.

int./ext. danfo (moving) – later (flashback)

12A INT/EXT. BUS STOP — NIGHT 12A

/*
INT. CUT SCENE - DAY
*/

.THE DREAM

EST. LAGOS SKYLINE - DAWN #7#

I/E CAR
INTO THE NIGHT they go.
EXTRAORDINARY.

INT. COURT-ROOM 4 - SAME TIME
"""
FOUND = [
    (4, "", "INT", "MAMA NKECHI'S KITCHEN", "DAY", "DAY"),
    (8, "", "EXT", "BALOGUN MARKET", "CONTINUOUS", "DAY"),
    (11, "", "INT/EXT", "danfo (moving)", "LATER", "DAY"),
    (13, "12A", "INT/EXT", "BUS STOP", "NIGHT", "NIGHT"),
    (19, "", "", "THE DREAM", "", ""),
    (21, "7", "EXT", "LAGOS SKYLINE", "DAWN", "DAWN"),
    (23, "", "INT/EXT", "CAR", "", ""),
    (27, "", "INT", "COURT-ROOM 4", "SAME TIME", ""),
]


def walk(text: str, *, cut: int) -> list[tuple[int, str, str, str, str, str]]:
    """The headings of a text fed in pieces of `cut` bytes."""
    raw, reader = text.encode(), SceneReader()
    found = [h for start in range(0, len(raw), cut) for h in reader.feed(raw[start : start + cut])]
    found += reader.feed(b"", last=True)
    return [(h.line, h.number, h.place, h.set_name, h.time, h.light) for h in found]


@pytest.mark.parametrize("cut", [1, 2, 3, 7, 64, 10_000])
def test_a_script_has_these_headings_however_it_is_cut(cut: int) -> None:
    assert walk(SCRIPT, cut=cut) == FOUND


@pytest.mark.parametrize(
    "line",
    [
        "INTERIOR THOUGHTS",
        "INTO THE NIGHT",
        "EXTRA",
        "INT",
        "INT.",
        "EXT. ",
        "..and then",
        ". space",
        "ESTHER",
        "INT. " + "X" * 250,
        "I.E. THIS",
    ],
)
def test_these_lines_are_none(line: str) -> None:
    assert heading_of(line, 1, after_empty=True) is None


def test_small_letters_need_an_empty_line_before_and_capitals_do_not() -> None:
    assert heading_of("int. the yard - day", 1, after_empty=False) is None
    assert heading_of("int. the yard - day", 1, after_empty=True) is not None
    assert heading_of("INT. THE YARD - DAY", 1, after_empty=False) is not None


def test_more_headings_than_any_script_has_are_refused() -> None:
    reader = SceneReader()
    with pytest.raises(TooManyScenes):
        reader.feed(b"INT. ROOM - DAY\n\n" * (MOST_SCENES + 1))
    numbered = SceneReader()
    with pytest.raises(TooManyScenes):
        numbered.feed("".join(f"{number} INT. ROOM - DAY\n\n" for number in range(1, MOST_SCENES + 2)).encode())


def test_one_endless_line_is_not_kept() -> None:
    reader = SceneReader()
    for _ in range(200):
        reader.feed(b"x" * 10_000)
    assert len(reader.rest) < 20_000


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="INTEXS./- \n\rAbé(#1)*", max_size=300), st.integers(1, 9))
def test_any_text_gives_the_same_headings_however_it_is_cut(text: str, cut: int) -> None:
    assert walk(text, cut=cut) == walk(text, cut=10_000)
