"""Links in messages: where they really lead, said before anybody taps. Nothing is ever fetched.

A host with letters that look like others is shown in its ASCII form (RFC 3492) beside it, with a warning.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from nollycrewhub.kit.told import told_about

LINK = re.compile(r"(?i)\bhttps?://[^\s<>\"'“”]+")
TAIL = ".,;:!?)]}…"
HOST = re.compile(r"^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$")
# What people here lose money by when it is imitated.
KNOWN = (
    "nollycrewhub", "paystack", "flutterwave", "interswitch", "remita", "opayweb", "palmpay", "moniepoint", "kuda", "gtbank", "zenithbank",
    "accessbankplc", "firstbanknigeria", "ubagroup", "google", "facebook", "instagram", "whatsapp", "paypal", "netflix", "amazon",
)  # fmt: skip
SECOND_LEVEL = frozenset({"ac", "co", "com", "edu", "gov", "i", "mil", "mobi", "name", "ne", "net", "or", "org", "sch"})
"""Labels under a country's own that registries keep for themselves: com.ng, co.uk, co.za."""
LOOKS_LIKE = str.maketrans({
    "а": "a", "е": "e", "о": "o", "р": "p", "с": "c", "у": "y", "х": "x", "і": "i", "ј": "j", "ѕ": "s", "һ": "h", "ԁ": "d", "ԛ": "q", "ԝ": "w",
    "в": "b", "к": "k", "м": "m", "н": "h", "т": "t", "ɡ": "g", "ӏ": "l", "α": "a", "ο": "o", "ρ": "p", "ν": "v", "τ": "t", "υ": "u",
    "ι": "i", "κ": "k", "ı": "i", "0": "o", "1": "l", "3": "e", "5": "s", "|": "l", "ɑ": "a",
})  # fmt: skip


class Piece(NamedTuple):
    """A stretch of a message: text, or a link with what is to be said of it."""

    text: str
    href: str = ""
    warning: str = ""


def pieces(text: str) -> list[Piece]:
    """The message cut at its links; joined, the texts are the message."""
    found: list[Piece] = []
    at = 0
    for match in LINK.finditer(text):
        shown = match.group().rstrip(TAIL)
        start = match.start()
        link = link_of(shown)
        if link is None:
            continue
        if start > at:
            found.append(Piece(text[at:start]))
        found.append(link)
        at = start + len(shown)
    if at < len(text):
        found.append(Piece(text[at:]))
    return found


def first_warning(text: str) -> str:
    """What is to be said of a message's links where it is shown in one line."""
    return next((piece.warning for piece in pieces(text) if piece.warning), "")


def link_of(shown: str) -> Piece | None:
    """A link that may be tapped, or None for what is none."""
    try:
        parts = urlsplit(shown)
        host = parts.hostname or ""
        plain = ascii_host(host)
        port = f":{parts.port}" if parts.port is not None else ""
    except ValueError:
        return None
    if not plain:
        return None
    query = f"?{parts.query}" if parts.query else ""
    fragment = f"#{parts.fragment}" if parts.fragment else ""
    href = f"{parts.scheme.lower()}://{plain}{port}{parts.path}{query}{fragment}"
    return Piece(shown, href, warning_of(host, plain, has_user="@" in parts.netloc))


def ascii_host(host: str) -> str:
    """The host in ASCII; empty when it is none."""
    try:
        plain = unicodedata.normalize("NFKC", host).encode("idna").decode().lower()
    except UnicodeError:
        return ""
    return plain if HOST.match(plain) and "." in plain else ""


def warning_of(host: str, plain: str, *, has_user: bool) -> str:
    """A sentence that names the true host, or nothing."""
    if has_user:
        return told_about("safety", "The part before the @ is no address. This leads to %(host)s.", host=plain)
    if "xn--" in plain:
        return told_about("safety", "This address has letters that look like others. Written plainly it is %(host)s.", host=plain)
    if imitates(plain) or imitates(host.lower()):
        return told_about("safety", "This address looks like a well-known one and is not. It is %(host)s.", host=plain)
    return ""


def skeleton(label: str) -> str:
    """What a hurried eye reads."""
    stripped = "".join(c for c in unicodedata.normalize("NFKD", label.lower()) if not unicodedata.combining(c))
    return stripped.translate(LOOKS_LIKE).replace("rn", "m").replace("vv", "w").replace("i", "l")


NAMES = {skeleton(name): name for name in KNOWN}


def owned(labels: Sequence[str]) -> int:
    """How many labels at the end are an owner's own: two, or three under a suffix such as .com.ng, below which anybody registers."""
    return 3 if len(labels[-1]) == 2 and len(labels) > 2 and labels[-2] in SECOND_LEVEL else 2


def imitates(host: str) -> bool:
    """Whether a label reads like a well-known name without being it, or hides one in front of another address."""
    labels = host.split(".")
    for label in labels:
        for part in (label, *label.split("-")):
            name = NAMES.get(skeleton(part))
            if name is not None and part != name:
                return True
    return any(label in KNOWN for label in labels[: -owned(labels)])
