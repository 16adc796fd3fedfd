"""Finds posts that ask talent for money, in English and Pidgin; a person decides, this only holds the post.

A clause is judged by its signs: a sum, a verb of paying, who pays, and for what add points (fee_signs.py); that the
production pays, that nothing is to be paid, a story, or work with money take them away (fee_excuses.py).
"""

import re
from typing import NamedTuple

from nollycrewhub.domains.jobs.rules.fee_excuses import EXCUSES, HARMLESS_NO, STORY, TO_READER
from nollycrewhub.domains.jobs.rules.fee_signs import ASKING, PLAIN
from nollycrewhub.domains.jobs.rules.fee_text import Sum, clauses, sentences, sums

HELD_FROM = 3
SUM = "a sum"
SMALL = 30_000
"""Sums of this many naira are what forms and camps cost; wages are named with their day or job."""
LARGE = 400_000
TELLING = re.compile(
    r"<\d|\b(?:pay|paid|pays|paying|fee|fees|money|cash|form|forms|sponsors?|levy|dues|deposit|payment|payments|account|receipt|something|airtime|card|owo|ego|kudi|expense|charges?|afford|mobili[sz]e|roger|settle|water|costs?|pocket|financial\w*|fund|invest|responsibility|carry|sort|small|tip|bless|appreciate|transport\w*|hotel|buy|purchase|contribut\w+|refundable|sells?|tuition|your own|token|caution|sold|support|donat\w+|how much|needful|little|votes?|drop|gift|thing)\b"
)
NO_HARM = re.compile(HARMLESS_NO)
IS_STORY = re.compile(STORY)
IS_TO_READER = re.compile(TO_READER)
RATES = re.compile(
    r"(?:our |the )?(?:day |daily )?(?:rates?|pay|salary|salaries|remuneration|wages)\b[^,<]{0,20}:|.*\bleads? .*\bothers? |.*\ball paid (?:on|at|in|after|by)\b"
)
DENIAL = "nothing is to be paid"
PLAIN_NO = ("no money, no entry", "only who pays is seen")
LONGEST, OVERLAP = 400, 100


class FeeFinding(NamedTuple):
    """What looked like asking for money: the words, the kind of asking, its points, and each sign with its words."""

    phrase: str
    reason: str
    points: int = 0
    signs: tuple[str, ...] = ()


def asks_talent_for_money(*texts: str) -> FeeFinding | None:
    """The first clause of these texts that seems to ask talent for money, or None."""
    for sentence in sentences("\n".join(texts)):
        for piece in pieces(sentence):
            for clause in to_judge(piece):
                if found := judged(clause):
                    return found
    return None


def pieces(sentence: str) -> list[str]:
    """A sentence as it is, or a text without full stops in pieces that overlap, so that its length hides nothing."""
    return [sentence[at : at + LONGEST] for at in range(0, max(1, len(sentence) - OVERLAP), LONGEST - OVERLAP)]


def to_judge(sentence: str) -> list[str]:
    """The clauses of a sentence and the whole of it; a story or a list of rates is read as a whole only."""
    parts = clauses(sentence)
    if len(parts) == 1 or RATES.match(sentence) or is_story(sentence):
        return [sentence]
    return [*parts, sentence]


def is_story(text: str) -> bool:
    """Whether it tells of people in a film, and asks nobody who reads it."""
    return IS_STORY.search(text) is not None and IS_TO_READER.search(text) is None


def judged(clause: str) -> FeeFinding | None:
    """What one plain clause adds up to; None where that is too little."""
    found = sums(clause)
    marked = mark(clause, found)
    if TELLING.search(marked) is None:
        return None
    signs = [(sign.name, sign.points, match.group(0)) for sign in (*PLAIN, *ASKING) if (match := sign.pattern.search(marked))]
    signs += weighed(found)
    points = sum(weight for _, weight, _ in signs)
    if points < HELD_FROM or not any(weight > 1 for _, weight, _ in signs):
        return None
    points += excused(marked, is_plain=any(name in PLAIN_NO for name, _, _ in signs))
    if points < HELD_FROM:
        return None
    reason = max(signs, key=lambda one: (one[0] != SUM, one[1]))[0]
    words = tuple(f"{name}: {spoken(text, found)}" for name, _, text in signs)
    return FeeFinding(clause[:120], reason, points, words)


def weighed(found: list[Sum]) -> list[tuple[str, int, str]]:
    """A sum is a sign, a small one a stronger one."""
    if not found:
        return []
    least = min(found, key=lambda one: one.naira)
    return [(SUM, 3 if least.naira <= SMALL else 1 if least.naira < LARGE else 0, least.words)]


def excused(marked: str, *, is_plain: bool) -> int:
    """The points that excuses take away, below nothing. "No payment, no audition" denies nothing."""
    plain = NO_HARM.sub(" ", marked)
    taken = sum(excuse.points for excuse in EXCUSES if not (is_plain and excuse.name == DENIAL) and excuse.pattern.search(plain))
    if is_story(marked):
        taken -= 9
    return taken


def mark(clause: str, found: list[Sum]) -> str:
    """The clause with each sum as `<naira>`, so that signs need not know how sums are written."""
    out, at = "", 0
    for one in found:
        out += f"{clause[at : one.start]}<{int(one.naira)}>"
        at = one.end
    return out + clause[at:]


def spoken(text: str, found: list[Sum]) -> str:
    """A sign's words with the sums as they were written."""
    for one in found:
        text = text.replace(f"<{int(one.naira)}>", one.words)
    return text.strip()
