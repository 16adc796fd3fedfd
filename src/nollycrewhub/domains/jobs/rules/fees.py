"""Finds posts that ask talent for money, in English and Pidgin; a person decides, this only holds the post.

A sentence is suspicious when it asks for a fee of the kind applicants are made to pay, and is not plainly
saying that nothing is to be paid, or that the production pays.
"""

import re
from typing import NamedTuple

from nollycrewhub.kit.text import fold

MONEY = r"(?:(?:ngn|n|₦|#)\s?\d[\d,.]*\s?k?|\d[\d,.]*\s?k\b|\d{4,}|\d[\d,]*\s?(?:naira|thousand)|money|cash|fee|something small|small change|transfer)"
FEE = r"(?:registration|reg\.?|audition(?:ing)?|form|application|processing|admin(?:istrative|istration)?|acceptance|id[ -]?card|membership|screening|casting|enrol+ment|commitment|caution|training|workshop|portfolio|booking|consultation|slot|clearance|logistics)"
ASKS = (
    ("a fee for taking part", rf"\b{FEE}\s*(?:fees?|money|charges?|payment|deposit|levy|form is|form:|costs?)\b"),
    ("a form that is sold", rf"\b(?:buy|purchase|obtain|pick|collect|get)\b.{{0,25}}\bforms?\b.{{0,40}}{MONEY}"),
    ("a form that is sold", r"\b(?:buy|purchase)\b.{0,20}\bforms?\b"),
    ("a form that is sold", rf"\bforms?\b.{{0,20}}\b(?:goes for|costs?|is sold|sells|na|is)\b.{{0,6}}{MONEY}"),
    ("a payment before the work", rf"\b(?:pay|send|drop|transfer|deposit|remit|bring|come with|comes? along with)\b.{{0,25}}{MONEY}.{{0,60}}\b(?:before|to (?:secure|confirm|book|register|audition|be (?:considered|listed|selected))|for (?:the )?(?:form|registration|audition|slot|id|screening|role|processing|reg|logistics)|into|account|acct)\b"),
    ("money into an account", r"\b(?:pay|send|transfer|drop|deposit)\b.{0,40}\b(?:account|acct|opay|palmpay|moniepoint|pos)\b"),
    ("come with money", r"\b(?:come|comes?|bring|carry)\b.{0,12}\bwith\b.{0,12}(?:ngn|₦|#|n\s?\d)\s?\d[\d,.]*\s?k?"),
    ("come with money", r"\b(?:bring|carry)\b.{0,10}(?:ngn|₦|#|n(?=\d))\s?\d[\d,.]*\s?k?"),
    ("you must pay", rf"\byou (?:go|must|will|have to|need to|are to|shall)\b.{{0,10}}\bpay\b.{{0,20}}{MONEY}"),
    ("you must pay", r"\b(?:applicants?|talents?|actors?|candidates?|interested persons?)\b.{0,20}\b(?:must|will|should|are to|go|to)\b.{0,6}\bpay\b"),
    ("a deposit that comes back", r"\b(?:refundable|non[- ]?refundable)\b"),
    ("a role that is sold", r"\b(?:sponsor|buy|pay for|purchase)\b.{0,12}\b(?:your|a|the|lead|speaking)\b.{0,12}\brole\b"),
    ("a gift for the job", r"\b(?:drop|find|bring)\b.{0,10}\b(?:something|small thing|change)\b.{0,25}\b(?:for|before|boys|registration|us|director|producer)\b"),
    ("a payment to be picked", rf"\b{MONEY}\b.{{0,15}}\b(?:to (?:register|audition|secure|join)|per (?:form|applicant|head))\b"),
)  # fmt: skip
PLAIN_NO = re.compile(
    r"\b(?:no|not|never|without|free of|zero|dont|don't|do not|does not|doesn't|will not|won't|no go|no dey|nobody|none|beware|"
    r"avoid|scam|report|refuse|free)\b"
)
WE_PAY = re.compile(
    r"\b(?:we|production|producer|company|they|us)\s(?:will |go |shall |dey |would |always )?(?:pay|pays|cover|covers|refund|settle|provide|send|transfer)\b"
    r"|\bpaid (?:by us|to you|by production|by the production|on the day|into your|weekly|daily)\b"
    r"|\bfee:? ?(?:₦|ngn|n|#)?\s?[\d,.]+k? (?:a|per) (?:day|week|month|scene|episode)\b|\byour (?:fee|account|rate)\b"
)
DENIED = re.compile(
    r"\bif (?:anybody|anyone|somebody|someone)\b|\bfees?:? ?(?:is |are )?(?:none|nil|zero|free)\b|\bfree of charge\b"
    r"|\bpay for (?:the|this) role is\b"
)
SENTENCE = re.compile(r"[.!?;]+(?=\s|$)|\n+")
ABBREVIATED = re.compile(r"\breg\.\s*", re.IGNORECASE)
SPLIT_LETTERS = re.compile(r"\b(?:[a-z]\s){2,}[a-z]\b")
PATTERNS = tuple((reason, re.compile(pattern)) for reason, pattern in ASKS)


class FeeFinding(NamedTuple):
    """What looked like asking for money: the words, and the kind of asking."""

    phrase: str
    reason: str


def asks_talent_for_money(title: str, description: str) -> FeeFinding | None:
    """The first suspicious sentence, or None."""
    for raw in SENTENCE.split(ABBREVIATED.sub("reg ", f"{title}\n{description}")):
        sentence = joined(fold(raw))
        for reason, pattern in PATTERNS:
            found = pattern.search(sentence)
            if found and not is_innocent(sentence, found.start()):
                return FeeFinding(found.group(0)[:120], reason)
    return None


def joined(sentence: str) -> str:
    """`f e e` is `fee`: letters spelt out one by one are put together."""
    return SPLIT_LETTERS.sub(lambda found: found.group(0).replace(" ", ""), sentence)


def is_innocent(sentence: str, start: int) -> bool:
    """Whether the sentence says before the words that nothing is to be paid, or that the production pays."""
    if WE_PAY.search(sentence) or DENIED.search(sentence):
        return True
    before = PLAIN_NO.search(sentence[: start + 12])
    return before is not None and "non refundable" not in sentence and "non-refundable" not in sentence
