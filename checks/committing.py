"""Nobody commits outside platform: not by the method, not by its name as a text, not by SQL, not by a block that commits at its end."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from checks.tree import text_of

METHODS = frozenset({"commit", "transaction", "begin"})  # the last two make blocks that commit at their end; a savepoint does not
COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
STATEMENT = re.compile(
    r"(?:commit|end)(?:\s+(?:work|transaction))?(?:\s+and\s+(?:no\s+)?chain)?|commit\s+prepared\b.*", re.IGNORECASE | re.DOTALL
)
WORD = frozenset({"end"})  # an everyday word when it stands alone in a text without a semicolon
EXCEPTIONS = {
    ("cli/jobs.py", "db.commit(session)"): "a command of one step ends its own session, through platform",
    ("cli/operator.py", "db.commit(session)"): "a command of one step ends its own session, through platform",
    ("cli/seeding/loading.py", "connection.transaction()"): "the sample goes in by COPY on a plain connection",
}
"""What stays, with its reason. This list may only shrink."""


def commits(top: Path) -> list[str]:
    """Every way to commit in the package outside platform that has no exception."""
    faults = []
    package = top / "src" / "nollycrewhub"
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package).as_posix()
        if not name.startswith("platform/"):
            faults += [
                f"src/nollycrewhub/{name}:{line} commits by {what}; only platform does."
                for line, what in committed(ast.parse(text_of(path)))
                if (name, what) not in EXCEPTIONS
            ]
    return faults


def committed(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and text of everything that commits, or that fetches what does."""
    called = {id(node.func): node for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in METHODS:
            yield node.lineno, ast.unparse(called.get(id(node), node))
        elif isinstance(node, ast.Name) and node.id == "commit":
            yield node.lineno, node.id
        elif isinstance(node, ast.ImportFrom) and any(alias.name == "commit" for alias in node.names):
            yield node.lineno, ast.unparse(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)) and says_commit(node.value):
            yield node.lineno, f"the text {node.value!r}"


def says_commit(value: str | bytes) -> bool:
    """Whether a text is SQL that commits, alone or among other statements."""
    text = COMMENT.sub(" ", value.decode(errors="replace") if isinstance(value, bytes) else value)
    statements = [part.strip() for part in text.split(";")]
    alone = len(statements) == 1
    return any(STATEMENT.fullmatch(part) and not (alone and part.lower() in WORD) for part in statements)
