"""Reads a post as its readers do: look-alike letters, spelt-out words and numbers become plain, sums become values.

Pure text in, plain text and sums out; what they mean is judged in fees.py.
"""

import re
from typing import NamedTuple

from nollycrewhub.kit.text import fold

UNITS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11,
    "twelve": 12, "thirteen": 13, "fifteen": 15, "eighteen": 18, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60,
    "seventy": 70, "eighty": 80, "ninety": 90, "hundred": 100, "thousand": 1000, "k": 1000, "grand": 1000, "million": 1_000_000,
}  # fmt: skip
COUNT = "|".join(word for word in UNITS if word != "k")
SPOKEN = re.compile(
    rf"\b((?:{COUNT})(?:[ -]+(?:and[ -]+)?(?:{COUNT}))*)[ -]+(thousand|k|grand|naira|taus|bucks)\b(?! (?:people|extras|views|followers|words|metres|voters|viewers|times|copies|seats))|\b((?:a|half a) (?:thousand|grand))\b|\b((?:one|two|three|four|six|seven)-five)\b"
)
AMOUNT = re.compile(
    r"(?:\b(?:ngn|n|usd)|[₦#$])\s?(?P<named>\d{1,3}(?:[, ]\d{3})+|\d+(?:\.\d+)?)(?P<k>\s?(?:k|m|thousand|million)\b)?"
    r"|(?<!\bin )(?<!\bon )\b(?P<bare>\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?)(?P<unit>\s?(?:k|thousand|naira|bucks|dollars|grand|taus|m|million)\b)(?! (?:followers|subscribers|views|resolution|camera|footage))"
    r"|(?<![\w,.+])(?P<plain>\d{1,3},\d{3}|[1-9]\d{3}|[1-9]\d00|[1-9]00(?= (?:each|[1-9]00)\b))(?!\w|,\d|\.\d|\s?(?:mm|kg|am|pm|metres|extras|people|followers|subscribers|views|words))"
)
DOLLAR = 1500
YEARS = range(1950, 2101)
LOOKALIKE = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "£": "e", "€": "e", "@": "a", "$": "s"})
DISGUISED = frozenset(
    ("fee", "fees", "form", "forms", "registration", "register", "reg", "audition", "pay", "payment", "money", "account", "deposit",
     "transfer", "casting", "free", "screening", "levy", "charge", "charges", "portfolio", "training", "send", "naira", "cash")
)  # fmt: skip
MIXED = re.compile(r"(?<![a-z0-9£€@$])[a-z0-9£€@$]*[a-z][a-z0-9£€@$]*")
DIGITS_AS_LETTERS = re.compile(r"(?<![a-z])((?:ngn|n|[₦#])?\s?)((?=[o,.l]{0,9}\d)[\dol][\dol,.]{0,15}[\dol])(?![a-z0-9])(?=(k?))")
APART = re.compile(r"(?<![a-z0-9])[a-z]([ .*_-])[a-z](?:\1[a-z])+(?![a-z0-9])")
RUN_TOGETHER = re.compile(r"\b(reg|form|audition|registration|casting|id)(fees?|money)\b")
STRETCHED = re.compile(r"([a-z])\1{2,}")
SENTENCE = re.compile(r"[.!?;]+(?=\s|$)|\n+|\s[–—-]\s(?!(?:ngn|n|₦|#)?\s?\d)", re.IGNORECASE)
ABBREVIATED = re.compile(r"\b(reg|acct|no)\.\s*", re.IGNORECASE)
TURN = re.compile(
    r",?\s*\b(?:but|however|though|although|except that|and then|then|yet|and (?=the best|the winner|you|your|applicants|each|pay|send|transfer|drop|bring))\b,?\s*"
)
COMMA = re.compile(
    r",\s+(?=(?:(?:and |so |na |or )?(?:you|your|only|just|pay|send|bring|come|transfer|drop|make|buy|abeg|applicants|each|every|give|clear|to)\b)"
    r"|(?!(?:na )?(?:just |only )?(?:ngn|n|[₦#])?\s?\d[\d,.]*k?$)[^,]{0,40}(?:(?:ngn|n|[₦#])\s?\d|\b\d[\d,]*\s?(?:k|naira)\b))"
)


class Sum(NamedTuple):
    """A sum of money in a clause: where it stands, its words, and its naira."""

    start: int
    end: int
    words: str
    naira: float


def sentences(text: str) -> list[str]:
    """The sentences of a text, each plain."""
    return [plain for raw in SENTENCE.split(ABBREVIATED.sub(r"\1 ", text)) if (plain := unmasked(fold(raw)))]


def clauses(sentence: str) -> list[str]:
    """A sentence parted where it turns to something else."""
    return [part for turned in TURN.split(sentence) for part in COMMA.split(turned) if part]


def unmasked(folded: str) -> str:
    """`f33`, `N5,OOO`, `r-e-g`, `feee` and `two thousand naira` as fee, n5,000, reg, fee and 2000 naira."""
    text = DIGITS_AS_LETTERS.sub(lambda found: found.group(1) + found.group(2).replace("o", "0").replace("l", "1"), folded)
    text = APART.sub(lambda found: re.sub(r"[ .*_-]", "", found.group(0)), STRETCHED.sub(r"\1\1", text))
    text = RUN_TOGETHER.sub(r"\1 \2", text)
    return SPOKEN.sub(spelt, MIXED.sub(plain_word, text))


def plain_word(found: re.Match[str]) -> str:
    """A word that is one of the watched ones once its look-alikes are letters."""
    word = found.group(0)
    read = word.translate(LOOKALIKE)
    return read if read in DISGUISED else word


def spelt(found: re.Match[str]) -> str:
    """A number in words, as digits and naira."""
    if slang := found.group(4):
        return f"{UNITS[slang.split('-')[0]]}.5k"
    words = re.findall(r"[a-z]+", found.group(3) or f"{found.group(1)} {found.group(2)}")
    total, part = 0.0, 0.0
    for word in words:
        value = UNITS.get(word, 0)
        if value >= 1000:  # noqa: PLR2004 - a thousand multiplies all before it
            total, part = total + (part or 1) * value, 0.0
        elif value == 100:  # noqa: PLR2004 - and a hundred what stands just before it
            part = (part or 1) * value
        else:
            part += value
    return f"{int(total + part)} naira"


def sums(clause: str) -> list[Sum]:
    """Every sum of money in a plain clause; bare numbers of four digits count, years do not."""
    found = []
    for match in AMOUNT.finditer(clause):
        digits = match.group("named") or match.group("bare") or match.group("plain")
        value = float(digits.replace(",", "").replace(" ", ""))
        unit = (match.group("k") or match.group("unit") or "").strip()
        if match.group("plain") and "," not in digits and int(value) in YEARS:
            continue
        scale = 1000 if unit in ("k", "thousand", "grand", "taus") else 1_000_000 if unit in ("m", "million") else 1
        dollars = "$" in match.group(0) or "usd" in match.group(0) or unit == "dollars"
        found.append(Sum(match.start(), match.end(), match.group(0).strip(), value * scale * (DOLLAR if dollars else 1)))
    return found
