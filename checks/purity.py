"""Rules, contracts and the kit do no I/O and read no clock: what they may import is a list, and what a list of imports cannot say is read here."""

import ast
from collections.abc import Iterator
from pathlib import Path

from checks.tree import text_of

MAY_IMPORT = frozenset(
    {
        "__future__", "abc", "base64", "binascii", "bisect", "codecs", "collections", "contextlib", "contextvars", "dataclasses", "datetime", "decimal", "enum",
        "functools", "itertools", "math", "re", "typing", "unicodedata", "urllib.parse", "zoneinfo", "markupsafe", "msgspec", "phonenumbers", "zxcvbn",
        "nollycrewhub.kit", "nollycrewhub.contracts", "nollycrewhub.domains", "nollycrewhub.scaling.rules",
    }
)  # fmt: skip
MAY_IMPORT_NAMES = frozenset({("uuid", "UUID")})  # the type; uuid1 and uuid4 read the clock and the machine's chance
NOT_THESE = frozenset({"nollycrewhub.kit.ids"})  # makes ids of the clock and of chance
CLOCKS = frozenset({"now", "utcnow", "today"})
UNLESS_TOLD = {"lagos_day": 1, "spoken": 2, "spoken_day": 2}  # of kit.time: with fewer arguments they take now
INPUT_OUTPUT = frozenset({"open", "print", "input", "eval", "exec", "compile", "breakpoint", "__import__"})
EXCEPTIONS = {
    "kit/ids.py": {"imports os": "an id holds random bits", "imports secrets": "a token is random", "imports time": "an id sorts by its millisecond"},
    "kit/time.py": {"reads the clock by datetime.now": "the one place where the clock is read", "reads the clock by utcnow": "what its functions take when nobody says when"},
    "kit/events.py": {"imports utcnow": "an event holds the moment it was made", "imports nollycrewhub.kit.ids": "an event has an id of its own"},
}  # fmt: skip
"""What stays, with its reason. This list may only shrink."""


def purity(top: Path) -> list[str]:
    """Every import, clock and way out in a rule, a contract or the kit that has no exception."""
    package = top / "src" / "nollycrewhub"
    faults = []
    for path in sorted({*package.glob("*/*/rules.py"), *package.glob("*/*/rules/**/*.py"), *package.glob("scaling/rules/**/*.py"),
                        *package.glob("contracts/**/*.py"), *package.glob("kit/**/*.py")}):  # fmt: skip
        name = path.relative_to(package).as_posix()
        allowed = EXCEPTIONS.get(name, {})
        faults += [
            f"src/nollycrewhub/{name}:{line} {what}; rules, contracts and the kit are told."
            for line, what in impure(ast.parse(text_of(path)))
            if what not in allowed
        ]
    return faults


def impure(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and sin of all that a pure module may not do."""
    clocks = dated(tree)
    asking = taken(tree)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from ((node.lineno, f"imports {name}") for name in strangers(node))
        elif isinstance(node, ast.Attribute) and node.attr in CLOCKS and ast.unparse(node.value) in clocks:
            yield node.lineno, f"reads the clock by {ast.unparse(node)}"
        elif isinstance(node, ast.Call):
            yield from calls(node, clocks, asking)


def dated(tree: ast.Module) -> set[str]:
    """How this module calls the types that know what time it is."""
    names = {"datetime", "date", "datetime.datetime", "datetime.date"}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "datetime":
            names |= {alias.asname or alias.name for alias in node.names}
        if isinstance(node, ast.Import):
            renamed = {alias.asname for alias in node.names if alias.name == "datetime" and alias.asname}
            names |= {f"{name}.{kind}" for name in renamed for kind in ("datetime", "date")}
    return names


def strangers(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    """The modules and names of an import that are not on the list."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names if not may_import(alias.name))
        return
    module = node.module or ""
    for alias in node.names:
        full = f"{module}.{alias.name}"
        if (module, alias.name) in MAY_IMPORT_NAMES:
            continue
        if full == "nollycrewhub.kit.time.utcnow":
            yield "utcnow"
        elif full in NOT_THESE:
            yield full
        elif not may_import(module) and not may_import(full):
            yield module


def may_import(module: str) -> bool:
    """Whether a module, or a package above it, is on the list."""
    parts = module.split(".")
    above = {".".join(parts[:end]) for end in range(1, len(parts) + 1)}
    return not above & NOT_THESE and bool(above & MAY_IMPORT)


def taken(tree: ast.Module) -> dict[str, str]:
    """What this module calls the functions of kit.time that take now when nobody says when."""
    names = {f"time.{name}": name for name in UNLESS_TOLD}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "nollycrewhub.kit.time":
            names |= {alias.asname or alias.name: alias.name for alias in node.names if alias.name in UNLESS_TOLD}
    return names


def calls(node: ast.Call, clocks: set[str], asking: dict[str, str]) -> Iterator[tuple[int, str]]:
    """A call that reads a clock, or that reaches outside."""
    called = ast.unparse(node.func)
    owner, _, name = called.rpartition(".")
    if name in CLOCKS and owner not in clocks:
        yield node.lineno, f"reads the clock by {called}"
    elif called in asking and len(node.args) + len(node.keywords) < UNLESS_TOLD[asking[called]]:
        yield node.lineno, f"reads the clock by {asking[called]} without its moment"
    elif name == "open" or (name in INPUT_OUTPUT and not owner):
        yield node.lineno, f"reaches outside by {called}"
