"""Pure decisions about people: passwords, addresses, who sees which field."""

import itertools
import re
from collections.abc import Mapping
from typing import Any, Literal

from zxcvbn.frequency_lists import FREQUENCY_LISTS

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


def password_fault(password: str, *, name: str = "", address: str = "") -> str | None:
    """A sentence on what is wrong with a new password, or None. Length counts, not kinds of characters."""
    if len(password) < LEAST_PASSWORD:
        return f"Use at least {LEAST_PASSWORD} characters. Three or four unusual words make a good one."
    if len(password) > MOST_PASSWORD:
        return f"Use at most {MOST_PASSWORD} characters."
    low = password.lower()
    if low in COMMON or {low, TAIL.sub("", low)} & LISTED or len(set(low)) <= 2 or is_run(low):
        return "That password is among the first ones a thief tries. Use three or four unusual words."
    for part in (name.lower(), address.lower().partition("@")[0]):
        if part and low in (part, part[::-1]):
            return "Do not use your own name or address as the password."
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
    return f"Member {handle.removeprefix(NAMELESS)}" if handle.startswith(NAMELESS) else "A member"


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
