"""Secrets that must not be in the tree: known formats, passwords in addresses, and random-looking values of telling names."""

import hashlib
import math
import re
from collections.abc import Iterator
from pathlib import Path

from checks.tree import text_of, tracked

FORMATS = {
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "a payment key": re.compile(r"\b[sr]k_(?:live|test)_[0-9A-Za-z]{10,}"),
    "a cloud key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a code host's token": re.compile(r"\b(?:gh[pousr]_[0-9A-Za-z]{30,}|glpat-[0-9A-Za-z_-]{20,})"),
    "a chat token": re.compile(r"\bxox[abprs]-[0-9A-Za-z-]{10,}"),
    "a Google key": re.compile(r"\bAIza[0-9A-Za-z_-]{35}\b"),
    "a model provider's key": re.compile(r"\bsk-[0-9A-Za-z_-]{32,}"),
    "a mail provider's key": re.compile(r"\bSG\.[0-9A-Za-z_-]{16,}\.[0-9A-Za-z_-]{16,}"),
    "a signed token": re.compile(r"\beyJ[0-9A-Za-z_-]{10,}\.eyJ[0-9A-Za-z_-]{10,}\.[0-9A-Za-z_-]{10,}"),
}
IN_ADDRESS = re.compile(r"\b[a-z][a-z0-9+]{2,}://[^\s:/@\"'{}]*:([^\s:/@\"'{}$<…]{6,})@")
NAME = r"[\w.-]*(?:secret|token|passw|pwd|credential|bearer|pepper|salt|key)s?(?:[_-]?[\w-]*)?"
GIVEN = rf"(?i)(?<![\w.-]){NAME}[\"'\])]*\s*(?::\s*[\w\[\], |.]+=|[:=]|,(?=\s*[\"']))\s*(?:[\w.]*\(\s*)?"
ASSIGNED = re.compile(rf"{GIVEN}(?:[rbfu]{{0,2}}([\"'])|)([A-Za-z0-9+/_=.$-]{{16,}})")
PASSWORD = re.compile(rf"{GIVEN}[rbfu]{{0,2}}([\"'])([^\s\"'{{}}()<>]{{12,}})\1")  # any signs, as a generator of passwords makes them
BEARER = re.compile(r"(?i)\bbearer\s+([A-Za-z0-9+/_=.~-]{16,})")
LEAST_LENGTH = 20
LEAST_BITS = 3.7  # bits a character; English words joined by dashes stay below, 20 random characters lie above
HEX = re.compile(r"(?:0x)?([0-9a-fA-F]{16,}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})")
LEAST_HEX_BITS = 2.8  # of 4 at most; 0123456789abcdef over and over has them too, 00ff00ff has not
LEAST_MIXED_BITS = 3.2  # of 3.6 that twelve different signs have
PLAIN = re.compile(r"[A-Za-z_./=-]+")  # a name, a path or words joined by signs, not a value
LETTERS = re.compile(r"[A-Za-z]+")
CODE = frozenset({".py", ".js", ".mjs", ".html", ".css", ".md"})  # where a bare word after = is a name, not a value
BINARY = frozenset({".lock", ".svg", ".woff2", ".png", ".webp", ".ico"})
INVENTED = "invented by a test, and so written that the settings let it pass or must refuse it"
KNOWN = {  # SHA-256 beginnings of values that are meant to be in the tree, each with its reason
    "e5c0d79a8a523753": "the tests' own servers sign with it",
    "1a298d3242de84be": INVENTED,
    "15cef4b629cc2d07": "the nonce that RFC 6455 shows, sent by tests and the bench as everybody's",
    "f764791bd6e33f27": INVENTED,
    "81366a8c2ff12525": INVENTED,
    "5490d647bf21a923": INVENTED,
    "215caf7c5ac1a499": INVENTED,
    "02a4d751a7678d81": INVENTED,
    "4b0145420e6f67ee": INVENTED,
    "b3f326d3f89376a6": INVENTED,
    "5e884898da280471": "the word itself, where an address' form is shown",
    "057ba03d6c441048": "a placeholder that a test shows to be refused",
    "b843d33013516e1b": "a placeholder that a test shows to be refused",
}
"""A value that is gone from the tree must leave this list too."""


def bits(text: str) -> float:
    """Shannon's entropy in bits a character."""
    return -sum(text.count(c) / len(text) * math.log2(text.count(c) / len(text)) for c in set(text))


def is_random(value: str, *, is_text: bool) -> bool:
    """Whether a value looks drawn by lot: hex digits, mixed characters, or letters alone that are no name of the code."""
    if found := HEX.fullmatch(value):
        return not value.isdigit() and bits(found.group(1).lower().replace("-", "")) >= LEAST_HEX_BITS
    if len(value) < LEAST_LENGTH or bits(value) < LEAST_BITS:
        return False
    return not PLAIN.fullmatch(value) or (is_text and LETTERS.fullmatch(value) is not None)


def is_mixed(value: str) -> bool:
    """Whether small letters, capitals and digits stand together, and hardly one of them twice."""
    return all(re.search(kind, value) for kind in ("[a-z]", "[A-Z]", "[0-9]")) and bits(value) >= LEAST_MIXED_BITS


def mark(value: str) -> str:
    """How KNOWN names a value without holding it."""
    return hashlib.sha256(value.encode()).hexdigest()[:16]


def suspects(text: str, *, is_code: bool = False) -> Iterator[tuple[int, str, str]]:
    """Line, kind and value of everything that looks like a secret."""
    for number, line in enumerate(text.splitlines(), start=1):
        for kind, pattern in FORMATS.items():
            if found := pattern.search(line):
                yield number, kind, found.group(0)
        for found in IN_ADDRESS.finditer(line):
            yield number, "a password in an address", found.group(1)
        for found in BEARER.finditer(line):
            if is_random(found.group(1), is_text=False):
                yield number, "a random-looking token", found.group(1)
    met = set()
    for found in ASSIGNED.finditer(text):
        if is_random(found.group(2), is_text=bool(found.group(1)) or not is_code):
            met.add(found.start(2))
            yield text.count("\n", 0, found.start(2)) + 1, "a random-looking value", found.group(2)
    for found in PASSWORD.finditer(text):
        if found.start(2) not in met and is_mixed(found.group(2)):
            yield text.count("\n", 0, found.start(2)) + 1, "a password", found.group(2)


def secrets(top: Path) -> list[str]:
    """Every suspect that is not on the list of known ones."""
    faults = []
    for path in tracked(top):
        if path.suffix in BINARY or path.name == "package-lock.json":
            continue
        for number, kind, value in suspects(text_of(path), is_code=path.suffix in CODE):
            if mark(value) not in KNOWN:
                faults.append(f"{path.relative_to(top)}:{number} holds {kind} ({mark(value)}).")
    return faults
