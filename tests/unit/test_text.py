"""What people may write: every letter of theirs, nothing that cannot be seen."""

import pytest

from nollycrewhub.kit.text import clean, has_control, letters
from nollycrewhub.platform.wording import sentence_of

SEEN = ("Ṣọlá Adébáyọ̀", "Bala Ɗanjuma", "₦120,000", "👩\u200d🎬 on set", "म\u200dय", "نمی\u200cخواهم", "❤️")
UNSEEN = (
    "\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u2069", "\u200b", "\u200e", "\u200f", "\u00ad",
    "\ufeff", "\u2060", "\u2028", "\u2029", "\u3164", "\x00", "\x7f", "\ud800",
)  # fmt: skip


@pytest.mark.parametrize("text", SEEN)
def test_letters_and_their_joiners_pass(text: str) -> None:
    assert not has_control(text)
    assert not has_control(f"{text}\n{text}", lines=True)


@pytest.mark.parametrize("sign", UNSEEN)
@pytest.mark.parametrize("lines", [False, True])
def test_what_cannot_be_seen_is_refused(sign: str, lines: bool) -> None:
    with pytest.raises(ValueError, match="cannot be seen"):
        clean(f"Best{sign}Boy", lines=lines)


@pytest.mark.parametrize("text", ["\u200dBest", "Best\u200c", "Best \u200d Boy", "Best\u200d\u200dBoy", "\u200d"])
def test_a_joiner_that_joins_nothing_is_refused(text: str) -> None:
    assert has_control(text)


@pytest.mark.parametrize(
    ("text", "many"),
    [("\u0301" * 5, 0), ("", 0), (" - ₦!…", 0), ("\u2800\u3164", 0), ("🎬", 0), ("Ọ̀ṣọ́", 3), ("3D", 2), ("Grip 2", 5), ("नमस्ते", 4)],
)
def test_letters_and_digits_are_counted_and_marks_are_not(text: str, many: int) -> None:
    assert letters(text) == many


@pytest.mark.parametrize(
    ("message", "field", "sentence"),
    [
        ("Expected `str` of length >= 1 - at `$.title`", "title", "Please fill this in."),
        ("Expected `str` of length >= 2 - at `$.state`", "state", "Use at least 2 characters."),
        ("Expected `int` <= 10000000000000 - at `$.rate_kobo`", "rate_kobo", "Use at most 10,000,000,000,000."),
        ("Expected `int` <= 2100 - at `$.credits[0].year`", "credits", "Use at most 2100."),
        ("Expected `array` of length <= 50 - at `$.skills`", "skills", "Use at most 50 entries."),
        ("Expected `int` >= 1 - at `$.openings`", "openings", "Use at least 1."),
        ("Expected `str`, got `int` - at `$.name`", "name", "Write text."),
        ("Expected `int`, got `str` - at `$.pay.amount`", "pay", "Write a number."),
        ("Expected `str | null`, got `int` - at `$.town`", "town", "Write text."),
        ("Invalid RFC3339 encoded date - at `$.closes_on`", "closes_on", "Write a date, for example 2026-12-24."),
        ("Invalid RFC3339 encoded datetime - at `$.at`", "at", "Write a moment, for example 2026-12-24T09:00:00Z."),
        ("Invalid enum value 'x' - at `$.kind`", "kind", "Choose one of the listed values."),
        ("Object missing required field `title`", "title", "Please fill this in."),
        ("Object contains unknown field `points`", "points", "There is no such field here."),
        ("Missing required query parameter 'to' for path http://127.0.0.1/live/poll?token=secret", "to", "Please give this."),
        ("Something new", "", "This cannot be read. Please check it."),
    ],
)
def test_a_wrong_value_is_a_plain_sentence(message: str, field: str, sentence: str) -> None:
    assert sentence_of(message) == (field, sentence)
