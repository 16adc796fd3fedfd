"""Text as Nigerians type it: letters with dots and tones fold to plain ones, so any spelling finds any other."""

import re
import unicodedata

from nollycrewhub.kit.told import told

LETTERS = str.maketrans({"ɓ": "b", "ɗ": "d", "ƙ": "k", "ƴ": "y", "ǝ": "e", "ɛ": "e", "ɔ": "o", "ŋ": "n", "ß": "ss",
                         "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i",
                         "’": "'", "‘": "'", "`": "'"})  # fmt: skip
SPACES = re.compile(r"\s+")
NOT_HANDLE = re.compile(r"[^a-z0-9]+")
LINE_BREAKS = frozenset("\n\r\t")
REFUSED = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))  # controls, invisible formats, halves of letters, odd line ends
JOINERS = frozenset("\u200c\u200d")  # these shape letters and join emoji, so they pass between two visible characters
BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters by category that nobody can see


def fold(text: str) -> str:
    """Lower case, without tone marks and dots below: `Ṣọlá` and `Sola` become the same. Folding twice is once."""
    lowered = text.lower().translate(LETTERS)
    plain = "".join(c for c in unicodedata.normalize("NFKD", lowered) if not unicodedata.combining(c))
    return SPACES.sub(" ", plain.lower().translate(LETTERS)).strip()


def handle(text: str, *, most: int = 40) -> str:
    """A handle for addresses: folded letters and digits with single dashes; empty when nothing is left."""
    return NOT_HANDLE.sub("-", fold(text)).strip("-")[:most].strip("-")


def has_control(text: str, *, lines: bool = False) -> bool:
    """Whether something in it cannot be seen: controls, NULs, surrogates, marks that turn the direction of writing.

    Line breaks and tabs pass when `lines`.
    """
    if text.isascii() and text.isprintable():
        return False
    return any(is_refused(text, at) and not (lines and c in LINE_BREAKS) for at, c in enumerate(text))


def is_refused(text: str, at: int) -> bool:
    """Whether the character there has no place in what people read."""
    c = text[at]
    if c in JOINERS:
        return not (0 < at < len(text) - 1 and is_shown(text[at - 1]) and is_shown(text[at + 1]))
    return c in BLANKS or unicodedata.category(c) in REFUSED


def is_shown(c: str) -> bool:
    """Whether it is a letter, a mark or a sign: something that a joiner can stand beside."""
    return c not in BLANKS and unicodedata.category(c)[0] in "LMS"


def letters(text: str) -> int:
    """How many letters and digits it has. Marks and signs are none: a name of tone marks alone leaves a link with nothing to press."""
    return sum(unicodedata.category(c)[0] in "LN" and c not in BLANKS for c in text)


def clean(text: str, *, lines: bool = False) -> str:
    """Trimmed, composed (NFC) text; ValueError when it holds characters that cannot be seen."""
    if has_control(text, lines=lines):
        raise ValueError(told("This holds characters that cannot be seen. Type it again."))
    composed = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n") if lines else text)
    return composed.strip()
