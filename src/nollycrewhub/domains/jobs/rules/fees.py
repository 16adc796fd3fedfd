"""Finds posts that ask talent for money, in English and Pidgin; a person decides, this only holds the post.

Texts are read clause by clause: what a clause excuses (nothing is to be paid, or the production pays), it excuses for
itself only. `We pay well, but you go first pay 5k` is two clauses, and the second is held.
"""

import re
from typing import NamedTuple

from nollycrewhub.kit.text import fold

COUNT = r"(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|twenty[- ]five|thirty|forty|fifty|sixty|hundred)"
AMOUNT = (
    r"(?:(?:\bngn|\bn|₦|#)\s?\d[\d,.]*\s?k?\b|\b\d[\d,.]*\s?k\b|\b\d[\d,.]*\s?(?:naira|thousand|bucks)\b"
    rf"|\b{COUNT}(?:[ -](?:{COUNT}|thousand|and))*[ -](?:thousand|k|naira|taus)\b)"
)
MONEY = (
    rf"(?:{AMOUNT}|\b\d{{4,}}|\b\d{{1,3}}(?:,\d{{3}})+|\b(?:money|cash|fees?|token|something small|small change|small thing|transfer)\b)"
)
HARD = (
    r"(?:registration|reg|audition(?:ing)?|forms?|application|processing|admin(?:istrative|istration)?|acceptance"
    r"|id[ -]?cards?|membership|screening|casting|enrol+ment|commitment|caution|portfolio|consultation|slots?|clearance"
    r"|participation|onboarding|verification|sign[- ]?up|joining|agency|visibility|entry|camp(?:ing)?|tag|accreditation|data capture|membership card|ticket|contract papers?|handling|profile)"
)
SOFT = r"(?:training|workshop|booking|logistics|costumes?|insurance|feeding|transport(?:ation)?|accommodation|welfare|uniforms?|t-?shirts?|medical|make-?up|photo ?shoot|acting class(?:es)?)"
ANY = rf"(?:{HARD}|{SOFT})"
TALENT = r"(?:applicants?|talents?|actors?|actress(?:es)?|candidates?|participants?|interested (?:persons?|people)|everybody|everyone|cast(?: members?)?|extras)"
PAY = r"(?:pay|paying|(?:make|making) (?:a |the |your )?payments?|payments?|send|drop|transfer|deposit|remit|bring|settle|come with|comes? along with|hold)"
PURPOSE = (
    r"(?:before|to (?:secure|confirm|book|register|audition|reserve|join|enter|participate|be (?:considered|listed|selected|shortlisted))"
    rf"|for (?:the |your |una |their )?(?:{ANY}|role|spot|place)|into|account|acct)"
)
ASKS = (
    ("a fee for taking part", rf"\b{HARD}\s*(?:fees?|money|charges?|payment|deposit|levy|dues|costs?)\b"),
    ("a fee for taking part", rf"\b{SOFT}\s*(?:fees?|charges?|levy|dues)\b"),
    ("a fee for taking part", rf"\b{SOFT}\s*(?:money|payment|deposit|costs?)\b.{{0,25}}{AMOUNT}"),
    ("a fee for taking part", rf"\b(?:{HARD}|training|workshop|insurance)\b\s*(?:fees? )?(?:is|na|be|=|:|-|goes for|for|of)?\s*(?:just |only )?{AMOUNT}"),
    ("a fee for taking part", r"\bfees?\b.{0,12}\b(?:appl(?:y|ies)|required|compulsory|mandatory|must be (?:paid|settled))\b"),
    ("a cost that is put on you", rf"\b{SOFT}\b.{{0,25}}\b(?:on you|na (?:you|your own)|from your (?:own )?pocket|your (?:own )?responsibility)\b"),
    ("a form that is sold", rf"\b(?:buy|purchase|obtain|pick|collect|get)\b.{{0,25}}\bforms?\b.{{0,40}}{MONEY}"),
    ("a form that is sold", r"\b(?:buy|purchase)\b.{0,20}\bforms?\b"),
    ("a form that is sold", rf"\bforms?\b.{{0,20}}\b(?:goes for|costs?|is sold|sells|na|is)\b.{{0,6}}{MONEY}"),
    ("a payment before the work", rf"\b{PAY}\b.{{0,25}}{MONEY}.{{0,60}}\b{PURPOSE}\b"),
    ("money into an account", r"\b(?:pay|send|transfer|drop|deposit)\b.{0,40}\b(?:account|acct|opay|palmpay|moniepoint|pos)\b"),
    ("come with money", rf"\b(?:come|comes?|bring|carry|hold)\b.{{0,12}}(?:\bwith\b.{{0,12}})?{AMOUNT}"),
    ("you must pay", rf"\byou (?:go|gats|must|will|have to|need to|are to|shall|should|can)\b.{{0,12}}\b(?:pay|drop|send)\b.{{0,20}}{MONEY}"),
    ("you must pay", r"\b(?:required|requested|asked|expected|mandated|have|need) to (?:make (?:a )?)?pay"),
    ("you must pay", rf"\b{TALENT}\b.{{0,20}}\b(?:must|will|should|are to|go|gats|to)\b.{{0,6}}\bpay\b"),
    ("you must pay", rf"\b(?:unless|until|except|without|if) (?:you|they|you have|payment|una|proof of).{{0,20}}\b(?:pay|paid|payment|paying)\b.{{0,30}}{MONEY}"),
    ("a token", rf"\b(?:token|sum|amount|contribution|levy|payments?|appreciation) of\b.{{0,12}}{AMOUNT}.{{0,40}}\b(?:required|compulsory|needed|applies|each|per|before|secures?|from you|(?:casting )?director)\b"),
    ("you must pay", rf"\b(?:pay|send|drop|contribute|invest)\s(?:just |only |us |me )?{AMOUNT}(?! (?:a|per|each) |\s?(?:daily|weekly|monthly|flat|/))"),
    ("you must pay", rf"\b(?:una|na you|you|{TALENT})\b.{{0,12}}\b(?:go|shall|must|gats|will)\b.{{0,6}}\bpay\b(?! (?:attention|back|homage))"),
    ("you must pay", rf"\byou (?:go )?need {AMOUNT}|\byour {AMOUNT} (?:will|shall|go) be (?:returned|refunded)\b"),
    ("a role that is sold", rf"\b(?:pick|choose) your role\b.{{0,12}}{AMOUNT}|\brole slots?\b.{{0,4}}{AMOUNT}"),
    ("a fee for taking part", rf"\b(?:training|workshop|forms?|registration|ticket|pass)\b.{{0,20}}\b(?:is|na|costs?|sells for|goes for|for just|for only)\b.{{0,6}}{AMOUNT}"),
    ("a fee for taking part", rf"\b(?:no be|not|no dey) free\b.{{0,12}}{AMOUNT}"),
    ("a form that is sold", rf"{AMOUNT} (?:audition |casting |registration )?forms?\b"),
    ("a deposit that comes back", r"\brefundable\b.{0,20}\b(?:fees?|deposits?|payments?|sum|token|caution|money|amount)\b"),
    ("a deposit that comes back", rf"\b(?:fees?|deposits?|payments?|token|{AMOUNT})\b.{{0,30}}\b(?:non[- ]?)?refundable\b"),
    ("a role that is sold", r"\b(?:sponsor|buy|pay for|purchase)\b.{0,12}\b(?:your|a|the|lead|speaking)\b.{0,12}\brole\b"),
    ("a gift for the job", r"\b(?:drop|find|bring)\b.{0,10}\b(?:something|small thing|change)\b.{0,25}\b(?:for|before|boys|registration|us|director|producer)\b"),
    ("a gift for the job", r"\b(?:roger|settle|sort|mobili[sz]e|bless|tip)\s+(?:us|me|the (?:director|producer|boys|casting)|director|producer|our|boys|small)\b"),
    ("a gift for the job", r"\b(?:wet (?:the )?ground|kola for)\b"),
    ("a payment to be picked", rf"{AMOUNT}\s*(?:only |each )?(?:to (?:register|audition|secure|join|enter|confirm|participate)|secures?|per (?:form|applicant|candidate)|for (?:the |your |una )?{HARD})\b"),
    ("a payment to be picked", rf"{AMOUNT}.{{0,15}}\b(?:to (?:register|secure (?:your|a))|secures? (?:your|a))\b"),
)  # fmt: skip
HARMLESS_NO = re.compile(
    r"\b(?:(?:no be|not|no dey) free|no (?:be (?:scam|lie)|wahala|worry|shaking|stress|long thing|time|experience|refunds?|excuses?|dulling|matter)|not a scam|feel free"
    r"|not only|not (?:much|expensive|a joke)|(?:don't|do not|never) (?:worry|miss|dull|delay|be late)|report (?:to|at)|avoid (?:delay|stress|stories))\b"
)
PLAIN_NO = re.compile(
    r"\b(?:no|not|never|without|free of|zero|dont|don't|do not|does not|doesn't|will not|won't|no go|no dey|nobody|none|beware|"
    r"avoid|scams?|scammers?|report|refuse|free|neither|nor|isn't|aren't)\b"
)
WE_PAY = re.compile(
    r"\b(?:we|production|producers?|company|they|us|studio|sponsors?)\s(?:will |go |shall |dey |would |always |gladly |also )?"
    r"(?:pay|pays|cover|covers|refund|refunds|settle|settles|provide|provides|send|sends|transfer|transfers|handle|handles|bear|bears|carry)\b"
    r"|\bpaid (?:by us|to you|by (?:the )?(?:production|company|producer)|on the day|into your|weekly|daily|monthly)\b|\b(?:on|by) us\b"
    rf"|{AMOUNT} to you\b"
    r"|\bon the (?:house|production)\b|\b(?:is|are|fully|all|will be|go be) (?:fully |all )?(?:covered|provided|refunded|reimbursed|taken care of|included)\b"
    r"|\byou (?:will|go|shall|get|would) (?:be |get )?(?:paid|receive|earn)\b|\b(?:are|is|get|gets|be) paid\b(?! (?:before|at|into our|to (?:us|our)|by (?:all|you|each|every|selected|applicants|actors|talents)))"
    r"|\bfee:? ?(?:is )?(?:₦|ngn|n|#)?\s?[\d,.]+k? (?:a|per) (?:day|week|month|scene|episode|project)\b|\b(?:into|in) your account\b|\byour (?:account|rate) is\b"
)
DENIED = re.compile(
    r"\bif (?:anybody|anyone|somebody|someone)\b|\b(?:fees?|charges?|form)\b:? ?(?:is |are |na )?(?:none|nil|zero|free)\b|\bfree of charge\b"
    r"|\bpay for (?:the|this) role is\b|\b(?:anyone|anybody) (?:who|asking|that)\b"
)
STORY = re.compile(
    r"\b(?:film|movie|story|plot|synopsis|logline|series|episode|script|documentary|comedy|drama|skit|scene|thriller|short)\b.{0,40}"
    r"\b(?:about|follows|where|in which|who|whose|tells|shows|of a)\b|\b(?:story|synopsis|logline|plot):|\b(?:you|he|she|to) play\b|\bplays (?:a|an|the)\b"
    r"|\byour character\b|\bcharacter (?:who|is a|collects)\b|\b(?:he|she|his|her|him)\b"
    r"|\ba (?:young |poor |rich )?(?:girl|boy|man|woman|student|trader|mother|father|widow|landlord|teacher|conman|family|couple|gang)\b"
)
WORK = re.compile(
    r"\b(?:manage|handle|keep|prepare|track|record|reconcile|negotiate|responsible for|duties|accountant|cashier|payroll|budgets?|petty cash|"
    r"line producer|location manager|invoices?|vendors?|suppliers?|experience (?:with|in)|oversee|process)\b"
)
TO_TALENT = re.compile(rf"\b(?:you(?! play)|your(?! character)|{TALENT}|us|our|una|to (?:audition|register|secure)|each|per head)\b")
NEVER_EXCUSED = re.compile(
    r"\bno (?:\w+ )?(?:payment|money|pay|fee)s?,? no (?:audition|role|entry|slot|registration)\b(?! ?(?:fee|form|money|charge|payment))"
    rf"|\b(?:fees?|forms?|registration|audition)\b.*, (?:na (?:just |only )?|just |only ){AMOUNT}$"
    r"|\b(?:unless|until) (?:you|they|una|payment|your)\b.{0,25}\b(?:pay|paid|payment|fee)\b|\bnot?\b.{0,40}\bwithout (?:paying|payment|the fee|proof of payment)\b"
)
SENTENCE = re.compile(r"[.!?;]+(?=\s|$)|\n+|\s[–—-]\s(?!(?:ngn|n|₦|#)?\s?\d)", re.IGNORECASE)
TURN = re.compile(
    r",?\s*\b(?:but|however|though|although|except that|and then|then|yet|and (?=you|your|applicants|pay|send|transfer|drop))\b,?\s*"
)
AFTER_COMMA = re.compile(
    rf",\s+(?!(?:na (?:just |only )?|just |only ){AMOUNT}$)(?=(?:(?:and |so |na )?(?:you|your|only|na|just|pay|send|bring|come|transfer|drop|make|buy|abeg|applicants|each)\b)|[^,]{{0,40}}{AMOUNT})"
)
ABBREVIATED = re.compile(r"\breg\.\s*", re.IGNORECASE)
SPLIT_LETTERS = re.compile(r"\b(?:[a-z]\s){2,}[a-z]\b")
PATTERNS = tuple((reason, re.compile(pattern)) for reason, pattern in ASKS)


class FeeFinding(NamedTuple):
    """What looked like asking for money: the words, and the kind of asking."""

    phrase: str
    reason: str


def asks_talent_for_money(*texts: str) -> FeeFinding | None:
    """The first suspicious clause of these texts, or None."""
    for clause in clauses("\n".join(texts)):
        if found := NEVER_EXCUSED.search(clause):
            return FeeFinding(found.group(0)[:120], "a payment before the work")
        for reason, pattern in PATTERNS:
            found = pattern.search(clause)
            if found and not is_innocent(clause, found.start()):
                return FeeFinding(found.group(0)[:120], reason)
    return None


def clauses(text: str) -> list[str]:
    """Folded sentences, parted again where one turns to something else."""
    sentences = [joined(fold(raw)) for raw in SENTENCE.split(ABBREVIATED.sub("reg ", text))]
    turned = [part for sentence in sentences for part in TURN.split(sentence)]
    return [part for whole in turned for part in AFTER_COMMA.split(whole)]


def joined(sentence: str) -> str:
    """`f e e` is `fee`: letters spelt out one by one are put together."""
    return SPLIT_LETTERS.sub(lambda found: found.group(0).replace(" ", ""), sentence)


def is_innocent(clause: str, start: int) -> bool:
    """Whether the clause says that nothing is to be paid, that the production pays, or speaks of a story or of the work."""
    before = clause[: start + 12]
    if WE_PAY.search(clause) or DENIED.search(clause) or PLAIN_NO.search(HARMLESS_NO.sub(" ", before)):
        return True
    is_told = STORY.search(before) or WORK.search(clause)
    return is_told is not None and TO_TALENT.search(clause) is None
