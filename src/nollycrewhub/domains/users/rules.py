"""Pure decisions about people: passwords, addresses, who sees which field."""

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

from zxcvbn.frequency_lists import FREQUENCY_LISTS

from nollycrewhub.contracts.users import CodePart
from nollycrewhub.kit.told import told, told_about
from nollycrewhub.kit.words import either, joins, quote, spellings, words_of

Audience = Literal["stranger", "member", "owner"]
LEAST_PASSWORD = 8
MOST_PASSWORD = 256
LONGEST_ONWARD = 300
LONGEST_SHOWN = 24
EMAIL = re.compile(r"^[^@\s\"'<>(),;:\\\[\]]{1,64}@[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?\.[a-z]{2,24}$")
VISIBILITIES = ("public", "members", "private")
HIDEABLE = (
    "name", "headline", "roles", "departments", "bio", "state", "town", "photo", "availability", "available_from", "rate", "skills",
    "languages", "credits", "links",
)  # fmt: skip
NAMELESS = "member-"
# The parts of a search's answer: the whole name, all words in the name, all of them in the craft, some there, none.
WHOLE, NAME, CRAFT, SOME, REST = 4, 3, 2, 1, 0
# What people here choose, beside the list of what the world chooses. Its other lists are let go of: 13 MB a process.
LISTED = frozenset(FREQUENCY_LISTS.pop("passwords"))
FREQUENCY_LISTS.clear()
TAIL = re.compile(r"[0-9!@#$.]{1,4}$")
COMMON = frozenset(
    f"{word}{tail}"
    for word in ["password", "nigeria", "nollywood", "lagos", "abuja", "naija", "welcome", "qwerty", "letmein", "iloveyou", "jesus", "jesuschrist", "godisgood", "goodluck", "blessing", "chelsea", "arsenal", "manchester", "liverpool", "football", "princess", "sunshine", "monday", "secret", "admin", "administrator", "user", "test", "login", "master", "dragon", "shadow", "superman", "michael", "daniel", "jordan", "family", "mother", "father", "success", "believe", "heaven", "prayer", "testing", "changeme", "default", "computer", "internet", "samsung", "whatsapp", "facebook", "instagram", "tiktok", "youtube", "google", "airtel", "glo", "mtn", "etisalat", "qwertyuiop", "asdfgh", "asdfghjkl", "zxcvbnm", "abc", "abcd", "abcde", "abcdef", "iloveu", "loveyou", "mylove", "mummy", "daddy", "baby", "honey", "sweet", "angel", "queen", "king", "destiny", "favour", "favor", "grace", "glory", "emmanuel", "victor", "samuel", "joseph", "david", "peter", "john", "paul", "mary", "esther", "ruth", "sarah", "joy", "peace", "love", "hope", "faith", "mercy"]
    for tail in ("", "1", "12", "123", "1234", "12345", "123456", "2020", "2021", "2022", "2023", "2024", "2025", "2026",
                 "!", "1!", "123!", "@123", "01", "007", "00", "11", "22", "99", "100")
)  # fmt: skip


class Spot(NamedTuple):
    """Where a page of the directory ended: in which part of the answer, and its last row's place there."""

    part: int
    updated_at: datetime
    person_id: UUID


class Findable(NamedTuple):
    """The fields a person can be found by, and who may see each."""

    name: str
    headline: str
    roles: Sequence[str]
    departments: Sequence[str]
    skills: Sequence[str]
    town: str
    state: str
    language_codes: Sequence[str]
    credits: Sequence[Mapping[str, Any]]
    visibility: Mapping[str, str]


def password_fault(password: str, *, name: str = "", address: str = "") -> str | None:
    """A sentence on what is wrong with a new password, or None. Length counts, not kinds of characters."""
    if len(password) < LEAST_PASSWORD:
        return told("Use at least %(least)s characters. Three or four unusual words make a good one.", least=LEAST_PASSWORD)
    if len(password) > MOST_PASSWORD:
        return told("Use at most %(most)s characters.", most=MOST_PASSWORD)
    low = password.lower()
    if low in COMMON or {low, TAIL.sub("", low)} & LISTED or len(set(low)) <= 2 or is_run(low):
        return told_about("safety", "That password is among the first ones a thief tries. Use three or four unusual words.")
    for part in (name.lower(), address.lower().partition("@")[0]):
        if part and low in (part, part[::-1]):
            return told_about("safety", "Do not use your own name or address as the password.")
    return None


def is_run(text: str) -> bool:
    """Whether the characters follow each other by ones: 12345678, abcdefgh, 87654321."""
    steps = {ord(after) - ord(before) for before, after in itertools.pairwise(text)}
    return steps in ({1}, {-1})


def normal_email(text: str) -> str | None:
    """The e-mail in lower case, or None when it is not one."""
    lowered = text.strip().lower()
    return lowered if len(lowered) <= 254 and EMAIL.match(lowered) and ".." not in lowered else None


def is_visible(field: str, visibility: Mapping[str, str], audience: Audience) -> bool:
    """Whether an audience sees a field: the owner all, members what is not private, strangers what is public."""
    setting = visibility.get(field, "public")
    if audience == "owner":
        return True
    if audience == "member":
        return setting in ("public", "members")
    return setting == "public"


def visible(fields: Mapping[str, Any], visibility: Mapping[str, str], audience: Audience) -> dict[str, Any]:
    """The fields an audience may see; hidden ones are absent, not empty."""
    return {name: value for name, value in fields.items() if is_visible(name, visibility, audience)}


def is_narrower(after: str, before: str) -> bool:
    """Whether fewer people may see a field under `after` than under `before`."""
    return VISIBILITIES.index(after) > VISIBILITIES.index(before)


def label(name: str, handle: str, visibility: Mapping[str, str], audience: Audience) -> str:
    """What to call a person: the name, or for whom it is hidden from `Member 482913`, made of a handle that tells nothing."""
    if is_visible("name", visibility, audience):
        return name
    return told("Member %(number)s", number=handle.removeprefix(NAMELESS)) if handle.startswith(NAMELESS) else told("A member")


def hides_more(after: Mapping[str, str], before: Mapping[str, str]) -> bool:
    """Whether some field is seen by fewer than before."""
    return any(is_narrower(after.get(name, "public"), before.get(name, "public")) for name in HIDEABLE)


def photo_setting(visibility: Mapping[str, str], *, is_listed: bool) -> str:
    """Who may see the photo: what the owner chose, but nobody outside while the profile is in no directory."""
    setting = visibility.get("photo", "public")
    return "members" if setting == "public" and not is_listed else setting


def clean_visibility(given: Mapping[str, str]) -> dict[str, str]:
    """Only known fields with known settings; public is the default and not stored. ValueError names the culprit."""
    out = {}
    for name, setting in given.items():
        if name not in HIDEABLE:
            raise ValueError(f"There is no field {name} to hide.")
        if setting not in VISIBILITIES:
            raise ValueError(f"{name} can be public, members or private.")
        if setting != "public":
            out[name] = setting
    return out


def safe_next(path: str | None) -> str:
    """A local path to go on to after signing in; anything else leads home."""
    return onward(path) or "/me"


def onward(path: object) -> str:
    """A path of this site as it may stand in a Location header and a link; nothing for anything else."""
    if not isinstance(path, str) or not path.startswith("/") or path.startswith("//") or len(path) > LONGEST_ONWARD:
        return ""
    return "" if "\\" in path or " " in path or not (path.isascii() and path.isprintable()) else path


def part_of(*, is_confirmed: bool, has_password: bool = False) -> CodePart:
    """Which part pays for a code: strangers can have one sent to any number, so only what a confirmed one is sent is in the reserve.

    Half of that is for who typed the right password, since strangers can ask for new passwords of numbers that they know.
    """
    if not is_confirmed:
        return "joining"
    return "signing_in" if has_password else "recovery"


def last_year(today: date) -> int:
    """The latest year a credit can have: films of next year are announced, and some take five more."""
    return today.year + 6


def short_name(name: str) -> str:
    """The name as it fits beside two buttons: whole, or its first word, or the beginning of that."""
    if len(name) <= LONGEST_SHOWN:
        return name
    first = name.split()[0]
    return first if len(first) <= LONGEST_SHOWN else first[: LONGEST_SHOWN - 1] + "…"


def device_label(user_agent: str) -> str:
    """`Chrome on Android` from a User-Agent: enough to know one's own devices by."""
    systems = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
               ("Mac OS", "Mac"), ("Linux", "Linux"))  # fmt: skip
    browsers = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
    system = next((name for sign, name in systems if sign in user_agent), "")
    browser = next((name for sign, name in browsers if sign in user_agent), "A program")
    return f"{browser} on {system}" if system else browser


def document(name: str, craft: Iterable[str], rest: Iterable[str]) -> str:
    """What the directory finds somebody by, as the text of a tsvector: the words of each text, alone and joined.

    Those of the name are there as `n=word` too, those of the craft as `c=word`, and the whole name as one term. Terms of
    their own and no weights: the index would have to look at every row that has the word anywhere.
    """
    terms: dict[str, None] = {}
    for mark, texts in (("n=", (name,)), ("c=", craft), ("", rest)):
        for text in texts:
            words = words_of(text)
            for term in (*words, *joins(words)):
                terms[term] = terms[f"{mark}{term}"] = None
    whole = [whole_name(words)] if (words := words_of(name)) else []
    return " ".join((*whole, *map(quote, terms)))


def whole_name(words: Sequence[str]) -> str:
    """The term of a whole name; the `=` keeps it apart from any word."""
    return quote("=" + " ".join(words))


def parts(words: Sequence[str], last: int | None) -> tuple[int, ...]:
    """The parts still to be read, best first; one word cannot be there in part."""
    every = (WHOLE, NAME, CRAFT, SOME, REST) if len(words) > 1 else (WHOLE, NAME, CRAFT, REST)
    return every if last is None else tuple(part for part in every if part <= last)


def part_terms(words: Sequence[str], part: int) -> str:
    """One part as the text of a tsquery. Everybody who has all the words is in exactly one part."""
    whole, name, craft = whole_name(words), all_of(words, "n="), all_of(words, "c=")
    some = either(f"c={term}" for choice in spellings(words) for term in choice)
    if part == WHOLE:
        return whole
    if part == NAME:
        return f"{name} & !{whole}"
    if part == CRAFT:
        return f"{craft} & !({name})"
    if part == SOME:
        return f"{all_of(words)} & {some} & !({craft}) & !({name})"
    return f"{all_of(words)} & !{some} & !({name})"


def all_of(words: Sequence[str], mark: str = "") -> str:
    """Every word, in any of its spellings, with this mark."""
    return " & ".join(either(mark + term for term in choice) for choice in spellings(words))
