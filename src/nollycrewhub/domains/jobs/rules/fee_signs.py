"""The signs of asking talent for money, and of what excuses a sum: who pays, for what, and how it is said.

Each sign is a name, its points and the words it is known by. fees.py adds them up; nothing here decides.
"""

import re
from typing import NamedTuple

TALENT = (
    r"(?:applicants?|talents?|act(?:ors?|resses|ress)|models?|candidates?|participants?|contestants?|finalists?|housemates?|auditionees?"
    r"|entrants?|winners?|trainees?|newcomers?|new faces|faces|creators?|influencers?|interns?|runners?|artistes?|performers?|dancers?|singers?"
    r"|minors|members|students|cast(?: members?)?|extras|crew(?: members?)?|assistants?|drivers?|shortlisted|selected|intending|interested"
    r"|whoever|anyone|anybody|everybody|everyone|every ?one|every \w+|each \w+|each|all of (?:you|una|them)|all who|those|(?:first \d+ )?people|person wey|people wey"
    r"|who never|top \d+|the lucky|successful)"
)
YOU = r"(?:you|una|u|your|yours|they|e?nyin|yin)"
MODAL = (
    r"(?:will|shall|must|should|go|gats|gatz|fit|to|can|are to|is to|are expected to|is expected to|have to|has to|need to|needs to|only|just"
    r"|will be|be|are|is|also|however|simply|first|kindly|please|now|always|still|then|each|all|would|may|dey|wan|suppose|supposed to|required to|asked to|advised to|ought to)"
)
STRONG = (
    r"(?:pay|pays|paying|remit|remits|contribute|contributes|co-?fund|invest|sponsor|sponsors|part with|cough (?:out|up)|foot|shell out)"
)
WEAK = (
    r"(?:drops?|dropping|brings?|bringing|sends?|sending|transfers?|deposits?|settles?|clears?|credits?|supports?|mobili[sz]es?|lands?|runs?|roger|sorts?|gifts?"
    r"|redeems?|sows?|subscribes?|buys?|buying|purchases?|gets?|carry|carries|come (?:along )?with|comes (?:along )?with|come in with|holds?|gives?|finds?|san|top ?up|put|budget|do a transfer"
    r"|submit|handles?|hands?|keeps?|takes? care of|bears?|covers?|needs?|needing|gather|raise|tender|arrange|load|recharge|spend|donate|offer|forward|provide|make (?:a )?(?:payment|transfer|deposit)s?|wire|lodge|register with|deposit|back)"
)
PURPOSE = (
    r"(?:regist\w*|reg|onboarding|enrol\w*|auditions?|auditioning|forr?ms?|screening|camp(?:ing)?|boot ?camps?|hall|venue|costumes?|portfolios?|id|id[ -]?cards?|insurance"
    r"|visas?|biometrics|logistics|accommodation|hotel|hostel|feeding|consent|processing|paper ?work|slots?|roles?|parts?|spots?|space|place|seat|medicals?|verification|validation|activation|profile|contracts?|agreement"
    r"|scripts?|handbook|uniforms?|t-?shirts?|polos?|attire|robes?|comp cards?|votes?|voting|access code|codes?|tickets?|pass|tags?|stickers?|badges?|membership|clearance|guild|attachment|workshops?|masterclass"
    r"|class(?:es)?|academy|tuition|training|admin\w*|acceptance|commitment|caution|consultation|participation|joining|agency|visibility|entry|accreditation|data capture|casting|interview|appointment"
    r"|toiletries|security|upload|database|starter pack|pack|kit|movie card|passport|flight|boat|travel|transport(?:ation)?|make-?up|welfare|introduction|photo ?shoot|photos?|pictures|headshots?|poster|line in|cameo|character|lead|leads|supporting"
    r"|waka ?pass|extras|number|sponsorship|medical|test|kyc|background checks?|police report|list|shirt|bus|rehearsals?|fuel|data|certificates?|link|group|catalog(?:ue)?|booking|materials?|manual|props|equipment|gate|dashboard|account opening)"
)
FEE = (
    r"(?:fees?|levy|levies|dues|charges?|tokens?|contributions?|tuition|pledges?|seed|offering|price|cost|costs|teller|deposit|payments?|money|cash|caution|commitment|(?<!in )(?<!at )(?<!to )owo|ego|kudi|tariff|subscription|support|appreciation|kola|airtime"
    r"|recharge card|scratch card|top-?up|amount|bill)"
)
MONEY = r"(?:<\d+>|fees?|levy|dues|tokens?|money|cash|something|small thing|small change|some change|airtime|recharge card|owo|ego|kudi|payment|bill|caution)"
OPEN = r"^(?:(?:kindly|please|pls|abeg|oya|note(?: that)?|just|only|make you|make una|make|then|and|so|also|now|biko|jowo|ejo|first|simply|do|or|to \w+(?: \w+){0,6}?|if you \w+(?: \w+){0,6}?|step \d)[,:]? ){0,4}"


class Sign(NamedTuple):
    """One sign: what it is called, how much it weighs, and its words."""

    name: str
    points: int
    pattern: re.Pattern[str]


def sign(name: str, points: int, *patterns: str) -> Sign:
    """A sign known by any of these."""
    return Sign(name, points, re.compile("|".join(patterns)))


ASKING = (
    sign("you pay", 3, rf"\b(?:{TALENT}|{YOU})\b(?:(?! (?:we|production|play|plays|paid)\b).){{0,45}}?\b{STRONG}\b(?! (?:attention|back|homage|heed))",
         rf"{OPEN}{STRONG}\b(?!:| (?:dey|na|attention|is|was|per|range|package|rate))", rf"\b(?:go|gats|must) {STRONG}\b",
         rf"\b(?:paid|settled|cleared|borne|handled|covered|provided) (?:for )?by (?:the |all |each |every |any )?(?:{TALENT}|{YOU})\b", r"\b(?:who|that|wey) (?:have |has )?(?:pay|paid)\b"),
    sign("you bring money", 2, rf"\b(?:{TALENT}|{YOU})\b(?:(?! (?:we|production|play|plays)\b).){{0,40}}?\b{WEAK}\b.{{0,30}}?{MONEY}",
         rf"{OPEN}{WEAK}\b.{{0,35}}?{MONEY}", r"\b(?:want|ask|asking|request|require|requires|expect|expected|charge|charges|charged|collect|collects|collecting|hold|takes?|need)\b.{0,25}<\d+>"
         r".{0,20}(?:\bfrom\b|$|\bto\b|\bper\b|\bfor\b|\bwhich\b)", r"<\d+>.{0,25}\b(?:is|are) (?:needed|required|expected|compulsory|collected|deducted|charged|payable|due)\b", r"<\d+>.{0,20}\bgo enter\b"),
    sign("a fee", 2, rf"\b{FEE}\b", r"\bpayable\b"),
    sign("something sold", 2, r"\b(?:sells?|sold|for sale|on sale|buy|purchase|costs?|goes for|price of|priced|own a role|upfront from you|is for)\b.{0,30}(?:<\d+>|$)", r"\b(?:costs?|goes for|sells for)\b", r"\bper (?:form|head|applicant|candidate|person|cast|role|producer|entry|vote|talent|actor|slot)\b"),
    sign("a price for taking part", 2, rf"\b{PURPOSE}\b ?(?:fees? |money )?(?:is|na|be|:|=|-|at|costs?|goes for|go for|for|of|attracts)? ?(?:just |only |also )?<\d+>", rf"\b{PURPOSE}\b.{{0,25}}\b(?:is|na|be) (?:just |only )?<\d+>", rf"<\d+> (?:only )?(?:{PURPOSE}|for (?:the |your |una |a )?{PURPOSE})\b", r"\byour <\d+>"),
    sign("bought through us", 2, r"\b(?:through|from|with|at) (?:us|our (?:desk|agents?|office|store|shop|clinic|lawyer|welfare|travel desk|tailor))\b.{0,30}<\d+>", r"<\d+>.{0,40}\b(?:through|from|to|at) our (?:desk|agents?|office|store|shop|clinic|lawyer|welfare|tailor)"),
    sign("it is not free", 2, r"\b(?:no be|not|no dey|is not) free\b", r"\b(?:no stories|no excuses?|no long thing|no dulling|sharp(?: sharp)?|no refunds?)\b"),
    sign("for taking part", 1, rf"\b{PURPOSE}\b"),
    sign("from each", 1, rf"\b(?:each|every|per (?:head|person|cast|applicant|form|candidate|actor)|from (?:you|every\w*|each|all|una)|everybody|everyone|all (?:talents|cast|actors|models|applicants)|{YOU}|{TALENT})\b"),
    sign("an account", 2, r"\b\d{10,11}\b", r"\b(?:account|acct|aza|opay|palmpay|kuda|moniepoint|pos)\b.{0,30}(?:\d{6}|below|before|to join|to register)", r"\b(?:this|our|company|below) (?:account|acct|aza|opay|palmpay|moniepoint|pos)\b", r"\bthe account below\b"),
    sign("before the work", 1, r"\b(?:before|upfront|first$|first,|(?:pay|go) first|secures?|confirms?|reserves?|qualif\w+|validates?|to (?:enter|join|book|accept|activate|start)|on arrival|non-?negotiable|compulsory|a must|na must|mandatory|refundable|returned|refund|comes? back|get it back|added to your pay)\b"),
)  # fmt: skip
PLAIN = (
    sign("a payment to be seen", 4, r"\b(?:proof|evidence|alert|receipt|screenshot|slip|teller) of (?:your )?(?:payment|transfer|<\d+>)", r"\b(?:pay|paid|payment|payments|transfer|<\d+>)\b.{0,60}\b(?:screenshot|receipt|teller|slip|alert)\b", r"\b(?:receipt|teller|alert|slip)\b.{0,40}(?:<\d+>|\bsold\b|\bjoin\b|\bgate\b)"),
    sign("only who pays is seen", 4, r"\b(?:only|first|those|people|person|persons|anyone|applicants?) (?:the )?(?:\w+ )?(?:who|that|wey) (?:have |has |don |did )?(?:pays?|paid|ma(?:k|d)e payments?|settled?)\b", r"\bpaid forms?\b|\b(?:drop|bring|pay) pass\b|\b(?:only )?paid (?:applicants|candidates|members|entries|participants|talents|actors)\b",
         r"\b(?:if|unless|until|once|after|when|before|ensure|sure|as soon as) (?:that )?(?:you|they|una|u) (?:have |has |don |never |no |do not |don't |did not )?(?:pay|paid|make (?:the )?payment|settle)\b", r"\bpayment (?:validates|secures|confirms|guarantees|qualifies|before)\b", r"\b(?:unpaid|without payment)\b.{0,15}\b(?:applications?|forms?|entr(?:y|ies)|candidates)\b"),
    sign("a role for money", 4, r"\b(?:role|roles|part|parts|slot|slots|character|screen time|casting)\b.{0,40}\b(?:(?:you|they) can afford|to the highest|for (?:those|people|actors) (?:who|that) can (?:pay|fund|support|sponsor)|according to your (?:support|budget|money|pocket|contribution))\b",
         r"\bpay to play\b|\b(?:roles?|lead|parts?|act|be in the (?:film|movie|series)|names?)\b.{0,50}\b(?:how much|support the budget|sponsors?\b|what you (?:bring|drop|pay))|\b(?:how much|support the budget|sponsors?)\b.{0,40}\b(?:for the (?:lead|role)|to act|want to act|your role)", r"\b(?:support|fund|sponsor|finance|back|co-?fund) (?:the|our|this) (?:project|movie|film|production)\b.{0,25}\b(?:financially|money|<\d+>|preference|role)\b", r"\bbring (?:a |your )?(?:own )?sponsors?\b",
         r"\b(?:sponsor|buy|(?<!the )pay for|purchase|own|afford)\b.{0,12}\b(?:your|a|the|lead|speaking)\b.{0,12}\b(?:role|part|slot|cameo)\b", r"\b(?:financial(?:ly)?)\b.{0,40}\b(?:support|strong|preference|role)\b", r"\binvest\b.{0,40}\b(?:role|play|star|act|screen)\b"),
    sign("a sum from each", 4, r"<\d+>.{0,20}\bfrom (?:each|every\w*|you|all|una|both)\b"),
    sign("a better chance for money", 7, rf"\b{PURPOSE} (?:goes|go|going) for <\d+>", r"\b(?:and|to) (?:be cast|receive a (?:role|part)|get a (?:role|part|slot))\b", r"\b(?:premium|vip|upgrade|unlock\w*|subscri\w+|early bird|instal+ments?|discount\w*|subsidi[sz]ed|half price|reduced to)\b.{0,40}<\d+>", r"<\d+>.{0,30}\b(?:comes? with|gets you|gives you|earns you|buys) (?:a|the|your) (?:\w+ )?(?:role|part|line|scene|slot)\b",
         r"\bpush (?:your name|it|you|am)\b|\bpays? half\b|<\d+> covers (?:all|everything)\b|\bthe (?:higher|bigger|more) (?:your|you) (?:donation|pay|support|money|give|contribution)"),
    sign("a sum that comes back", 6, r"\b(?:refund|return|give back) (?:you )?your <\d+>", r"\byour <\d+> (?:will|shall|go|is|are)\b.{0,12}\b(?:returned|refunded|given back|paid back)\b", r"\bhalf of your (?:registration|fee|money|payment)\b"),
    sign("a fee for a course", 3, r"\b(?:training|workshop|camp|tuition|academy|class(?:es)?|attachment|masterclass) (?:fees?|charges?|levy|money)\b"),
    sign("a payment before the prize", 10, r"\b(?:clear|pay|settle|remit)s?\b.{0,30}\b(?:processing|clearance|tax|delivery|insurance|handling)\b.{0,30}\bbefore\b"),
    sign("a gift for the job", 4, r"\b(?:settle|roger|sort|mobili[sz]e|bless|tip|appreciate|oil|wet)\s+(?:us|me|him|am|the (?:director|producer|boys|casting|ground|pm)|director|producer|our|boys|small|casting|oga)\b(?! at| out the)",
         r"\b(?:drop|find|bring|give|run|send) (?:us |me |am |him |them )?(?:something|small thing|small change|small money|change|(?:better|correct|good) (?:thing|something|money))\b", r"\b(?:kola|water|fuel money|pepper soup|drink) (?:for|dey)\b.{0,25}\b(?:us|casting|director|boys|producer|job)\b", r"\bcarry empty hand\b", r"\b(?:casting people|director|producer|oga) (?:need|want|go need|go want) (?:water|drink|something|kola)\b", r"\bgive us something\b|\b(?:little|small) (?:something|thing|token) (?:for|to)\b|\bdo the needful\b", r"\bone small something\b"),
    sign("a cost that is put on you", 3, r"\b(?:costumes?|insurance|feeding|transport(?:ation)?|accommodation|welfare|uniforms?|medicals?|make-?up|hotel(?: bill)?|training|visa|flight|ticket|id card|background checks?|logistics)\b.{0,45}\b(?:on you|na you|na your|at (?:your|the applicant'?s?|own|their own) (?:own )?(?:expense|cost)|from your (?:own )?pocket|your (?:own )?responsibility|is your own|na una|your own cost)\b",
         r"\b(?:you|una) (?:only |just |go |will |must |shall )?(?:take care of|handle|bear|cover|sort|carry)\b.{0,30}\b(?:visa|flight|ticket|transport|hotel|accommodation|feeding|medicals?|cost|bill|insurance|logistics)\b", r"\b(?:talents?|you|actors|applicants|models|cast) (?:are|is|will be) responsible for\b.{0,30}\b(?:own|cost|permit|visa|flight|ticket|accommodation|feeding|transport)\b", r"\bat (?:the applicant'?s|the talent'?s|candidate'?s|your) (?:own )?expense\b"),
    sign("no money, no entry", 4, r"\bno (?:\w+ )?(?:payment|money|pay|fee|receipt|ticket|form)s?,? no (?:audition|role|entry|slot|registration|script|interview)\b(?! ?(?:fees?|form|money|charge|payment))",
         r"\b(?:unless|until) (?:you|they|una|payment|your)\b.{0,25}\b(?:pay|paid|payment|fee)\b", r"\bnot?\b.{0,40}\bwithout (?:paying|payment|the fee|proof of payment)\b", r"\b(?:if you no get|who never pay|if you no pay|anybody wey no pay|who no pay)\b", r"\b(?:send|bring|gift|top up|load)\b.{0,30}\b(?:airtime|recharge card|card \d+|data before)\b|\b(?:drop|load) (?:card|airtime|recharge)\b", r"\bbuy your votes\b", r"\bpay(?:ment)?s? (?:at|to) the (?:desk|gate|counter|door|venue|coordinator|welfare)\b", r"\bpayment (?:details|link|instructions?) (?:will|go|would)\b"),
)  # fmt: skip
