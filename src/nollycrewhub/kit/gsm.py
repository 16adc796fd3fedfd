"""Text for the SMS alphabet: every text has a form in it, and a price in parts.

Source: 3GPP TS 23.038 (the default alphabet and its extension table) and TS 23.040 (160 septets in one message and 153 in
each of several; 70 and 67 code units where one character is outside the alphabet).
"""

import unicodedata
from typing import NamedTuple

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("^{}\\[~]|€\f")
"""Two septets each: an escape and the character."""
FORMS = str.maketrans({
    "₦": "NGN ", "“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "‚": "'", "`": "'", "´": "'", "–": "-", "—": "-", "‑": "-", "…": "...",
    "•": "-", "·": "-", "×": "x", "\u00a0": " ", "\u202f": " ", "\t": " ",
    "ɓ": "b", "Ɓ": "B", "ɗ": "d", "Ɗ": "D", "ƙ": "k", "Ƙ": "K", "ƴ": "y", "Ƴ": "Y", "ǝ": "e", "Ǝ": "E", "ɛ": "e", "Ɛ": "E",
    "ɔ": "o", "Ɔ": "O", "ŋ": "n", "Ŋ": "N", "œ": "oe", "Œ": "OE", "ł": "l", "đ": "d", "ı": "i",
})  # fmt: skip
ALONE, JOINED = 160, 153
WIDE_ALONE, WIDE_JOINED = 70, 67


class Size(NamedTuple):
    """What a text costs: its length in the alphabet's units, and the messages it takes."""

    units: int
    parts: int
    is_gsm: bool


def gsm_form(text: str) -> str:
    """The text in the SMS alphabet: `₦5,000` becomes `NGN 5,000`, `Ṣọlá` becomes `Sola`; what has no form becomes `?`.

    Letters of the alphabet itself keep their accent (`è`, `ò`), unless a mark stands on them that it does not have.
    """
    written = unicodedata.normalize("NFC", text).translate(FORMS).replace("NGN  ", "NGN ")
    return "".join(letter_of(c) for c in written)


def letter_of(c: str) -> str:
    """One character's form."""
    if c in BASIC or c in EXTENSION:
        return c
    plain = "".join(part for part in unicodedata.normalize("NFKD", c) if not unicodedata.combining(part)).replace("⁄", "/")  # of ½
    if plain and all(part in BASIC or part in EXTENSION for part in plain):
        return plain
    return "" if unicodedata.category(c) in ("Mn", "Cf", "Cc", "So", "Sk") else "?"


def size_of(text: str) -> Size:
    """Units and parts of a text as it is. A character of two units does not straddle two parts."""
    if all(c in BASIC or c in EXTENSION for c in text):
        widths = [2 if c in EXTENSION else 1 for c in text]
        return Size(sum(widths), parts_of(widths, ALONE, JOINED), is_gsm=True)
    widths = [2 if ord(c) > 0xFFFF else 1 for c in text]
    return Size(sum(widths), parts_of(widths, WIDE_ALONE, WIDE_JOINED), is_gsm=False)


def parts_of(widths: list[int], alone: int, joined: int) -> int:
    """How many messages: one when all fits, else as many as filling them in turn takes."""
    if sum(widths) <= alone:
        return 1
    parts, used = 1, 0
    for width in widths:
        if used + width > joined:
            parts, used = parts + 1, 0
        used += width
    return parts


def cut(text: str, units: int) -> str:
    """As much of a text of the alphabet as fits into so many units."""
    used = 0
    for at, c in enumerate(text):
        used += 2 if c in EXTENSION else 1
        if used > units:
            return text[:at]
    return text
