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
ASSIGNED = re.compile(
    r"(?i)[\w.-]*(?:secret|token|passw|api[_-]?key|credential|private[_-]?key)[\w.-]*[\"']?\s*(?:[:=]|:\s*str\s*=)\s*[\"']?([A-Za-z0-9+/_=.$-]{20,})"
)
LEAST_BITS = 3.7  # bits a character; English words joined by dashes stay below, 20 random characters lie above
PLAIN = re.compile(r"^[A-Za-z_.]+$")  # a name or a path of attributes, not a value
BINARY = frozenset({".lock", ".svg", ".woff2", ".png", ".webp", ".ico"})
KNOWN = frozenset(
    {  # SHA-256 beginnings of invented values that tests need
        "e5c0d79a8a523753",
        "1a298d3242de84be",
        "057ba03d6c441048",
        "5e884898da280471",
        "b843d33013516e1b",
    }
)


def bits(text: str) -> float:
    """Shannon's entropy in bits a character."""
    return -sum(text.count(c) / len(text) * math.log2(text.count(c) / len(text)) for c in set(text))


def mark(value: str) -> str:
    """How KNOWN names a value without holding it."""
    return hashlib.sha256(value.encode()).hexdigest()[:16]


def suspects(text: str) -> Iterator[tuple[int, str, str]]:
    """Line, kind and value of everything that looks like a secret."""
    for number, line in enumerate(text.splitlines(), start=1):
        for kind, pattern in FORMATS.items():
            if found := pattern.search(line):
                yield number, kind, found.group(0)
        for found in IN_ADDRESS.finditer(line):
            yield number, "a password in an address", found.group(1)
        for found in ASSIGNED.finditer(line):
            value = found.group(1)
            if not PLAIN.match(value) and bits(value) >= LEAST_BITS:
                yield number, "a random-looking value", value


def secrets(top: Path) -> list[str]:
    """Every suspect that is not on the list of invented ones."""
    faults = []
    for path in tracked(top):
        if path.suffix in BINARY or path.name == "package-lock.json":
            continue
        for number, kind, value in suspects(text_of(path)):
            if mark(value) not in KNOWN:
                faults.append(f"{path.relative_to(top)}:{number} holds {kind} ({mark(value)}).")
    return faults
