"""The checks themselves. Each returns sentences, one per fault."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

LONGEST_FILE = 500
LONGEST_FUNCTION = 60
CODE = frozenset({".py", ".js", ".css", ".html"})
DOMAINS = ("users", "jobs", "projects", "payments", "notifications", "messages", "analytics", "ai")
HEADINGS = ("What it owns", "Events in", "Events out", "Tables", "Limits")
STUB = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX|NotImplemented" r"Error|coming so" r"on|lorem ip" r"sum)\b", re.IGNORECASE)
ADDRESS = re.compile(r"https?://[^\s\"']*(?:pypi|npmjs|pythonhosted|npm\.|registry)[^\s\"']*", re.IGNORECASE)
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:ro" r"ot|wo" r"rk|ho" r"me/\w+|far" r"m)/")
SECRET = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----|\bsk_(?:live|test)_[0-9a-z]{10,}|\bAKIA[0-9A-Z]{16}\b")


def tracked(top: Path) -> Iterator[Path]:
    """The files git knows, or all files where there is no checkout."""
    if (top / ".git").exists():
        done = subprocess.run(["git", "ls-files", "-z"], cwd=top, capture_output=True, check=True)
        yield from (top / name for name in done.stdout.decode().split("\0") if name and (top / name).is_file())
    else:
        yield from (path for path in top.rglob("*") if path.is_file())


def text_of(path: Path) -> str:
    """The file as text; empty for a picture or a font."""
    try:
        return path.read_text()
    except UnicodeDecodeError:
        return ""


def sizes(top: Path) -> list[str]:
    """Files past 500 lines and functions past 60."""
    faults = []
    for path in tracked(top):
        if path.suffix not in CODE:
            continue
        text = text_of(path)
        if text.count("\n") > LONGEST_FILE:
            faults.append(f"{path.relative_to(top)} has {text.count(chr(10))} lines; look for the concept that wants a name.")
        if path.suffix == ".py":
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    length = (node.end_lineno or node.lineno) - node.lineno + 1
                    if length > LONGEST_FUNCTION:
                        faults.append(f"{path.relative_to(top)}:{node.lineno} {node.name} has {length} lines.")
    return faults


def addresses(top: Path) -> list[str]:
    """Addresses of package registries, paths of one machine, and secrets."""
    faults = []
    for path in tracked(top):
        text = text_of(path)
        for what, pattern in (("a registry's address", ADDRESS), ("a machine's path", MACHINE_PATH), ("a secret", SECRET)):
            found = pattern.search(text)
            if found and path.name != "tree.py":
                faults.append(f"{path.relative_to(top)} holds {what}: {found.group(0)[:60]}")
    return faults


def stubs(top: Path) -> list[str]:
    """Notes of unfinished work in place of work."""
    faults = []
    for path in tracked(top):
        if path.suffix in CODE and path.relative_to(top).parts[0] in ("src", "tests"):
            found = STUB.search(text_of(path))
            if found:
                faults.append(f"{path.relative_to(top)} says {found.group(0)}.")
    return faults


def readmes(top: Path) -> list[str]:
    """Each domain, and scaling, says what it owns, hears, tells, stores, and where it ends."""
    package = top / "src" / "nollycrewhub"
    faults = []
    for folder in [*(package / "domains" / name for name in DOMAINS), package / "scaling"]:
        path = folder / "README.md"
        if not path.exists():
            faults.append(f"{folder.relative_to(top)} has no README.md.")
            continue
        faults += [f"{path.relative_to(top)} does not say: {heading}." for heading in HEADINGS if heading not in text_of(path)]
    return faults
