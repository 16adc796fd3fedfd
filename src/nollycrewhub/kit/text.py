"""Text as Nigerians type it: letters with dots and tones fold to plain ones, so any spelling finds any other."""

import re
import unicodedata

LETTERS = str.maketrans({"ɓ": "b", "ɗ": "d", "ƙ": "k", "ƴ": "y", "ǝ": "e", "ɛ": "e", "ɔ": "o", "ŋ": "n", "ß": "ss",
                         "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i",
                         "’": "'", "‘": "'", "`": "'"})  # fmt: skip
SPACES = re.compile(r"\s+")
NOT_HANDLE = re.compile(r"[^a-z0-9]+")
LINE_BREAKS = frozenset("\n\r\t")


def fold(text: str) -> str:
    """Lower case, without tone marks and dots below: `Ṣọlá` and `Sola` become the same. Folding twice is once."""
    lowered = text.lower().translate(LETTERS)
    plain = "".join(c for c in unicodedata.normalize("NFKD", lowered) if not unicodedata.combining(c))
    return SPACES.sub(" ", plain.lower().translate(LETTERS)).strip()


def handle(text: str, *, most: int = 40) -> str:
    """A handle for addresses: folded letters and digits with single dashes; empty when nothing is left."""
    return NOT_HANDLE.sub("-", fold(text)).strip("-")[:most].strip("-")


def has_control(text: str, *, lines: bool = False) -> bool:
    """Whether there are control characters, surrogates or NULs in it (line breaks and tabs pass when `lines`)."""
    return any(unicodedata.category(c) in ("Cc", "Cs") and not (lines and c in LINE_BREAKS) for c in text)


def clean(text: str, *, lines: bool = False) -> str:
    """Trimmed, composed (NFC) text; ValueError when it holds control characters."""
    if has_control(text, lines=lines):
        raise ValueError("Control characters are not allowed here.")
    composed = unicodedata.normalize("NFC", text.replace("\r\n", "\n") if lines else text)
    return composed.strip()
