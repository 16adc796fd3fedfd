"""Code that lets somebody's text become a command: own reading of every module's syntax (bar S11)."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from checks.tree import text_of

SQL = re.compile(
    r"\b(?:select\b.+\bfrom|insert\s+into|update\b.+\bset|delete\s+from|(?:create|alter|drop)\s+(?:table|index|role|user|database|schema|extension|view)|grant\b.+\bto)\b",
    re.IGNORECASE | re.DOTALL,
)
FORBIDDEN_IMPORTS = frozenset({"pickle", "cPickle", "marshal", "shelve", "dill", "jsonpickle"})
FORBIDDEN_CALLS = {
    "eval": "evaluates text", "exec": "runs text", "os.system": "starts a shell", "os.popen": "starts a shell",
    "yaml.load": "loads objects from YAML", "yaml.unsafe_load": "loads objects from YAML", "subprocess.getoutput": "starts a shell",
    "subprocess.getstatusoutput": "starts a shell", "ssl._create_unverified_context": "believes any certificate",
    "asyncio.create_subprocess_shell": "starts a shell",
}  # fmt: skip
FORBIDDEN_OPTIONS = {
    ("shell", True): "starts a shell",
    ("verify", False): "believes any certificate",
    ("ssl_verify", False): "believes any certificate",
}
CONSTANT_ARGUMENTS = {
    ("domains/jobs/repository/__init__.py", "list_sql", "shape"),
    *(("platform/pruning.py", "delete_old", part) for part in ("table", "key", "column", "age")),
}
"""Arguments that hold constant clauses only, though a function cannot know it. This list may only shrink."""


def dangers(top: Path) -> list[str]:
    """Every place in the package that builds SQL from what it was given, or does what no module here may."""
    faults = []
    package = top / "src" / "nollycrewhub"
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package).as_posix()
        tree = ast.parse(text_of(path))
        found = [*forbidden(tree), *built_sql(tree, name)]
        faults += [f"src/nollycrewhub/{name}:{line} {what}" for line, what in found]
    return faults


def forbidden(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Imports, calls and options that are refused wherever they stand."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            yield from ((node.lineno, f"imports {name}") for name in names if name.split(".")[0] in FORBIDDEN_IMPORTS)
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called in FORBIDDEN_CALLS:
                yield node.lineno, f"{called} {FORBIDDEN_CALLS[called]}"
            for option in node.keywords:
                if isinstance(option.value, ast.Constant) and isinstance(option.value.value, bool):
                    what = FORBIDDEN_OPTIONS.get((option.arg or "", option.value.value))
                    if what:
                        yield node.lineno, f"{option.arg}={option.value.value} {what}"


def built_sql(tree: ast.Module, name: str) -> Iterator[tuple[int, str]]:
    """SQL texts put together with something the function was given; constants and its own locals are fine."""
    for function in ast.walk(tree):
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            given = arguments(function) - {
                argument for file, where, argument in CONSTANT_ARGUMENTS if (file, where) == (name, function.name)
            }
            spread(function, given)
            for node in own_nodes(function):
                if isinstance(node, ast.expr) and is_built(node) and SQL.search(constant_text(node)) and carries(node, given):
                    yield node.lineno, f"{function.name} builds SQL from what it was given; pass a parameter instead"


def arguments(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """The names a function is called with."""
    given = function.args
    every = [*given.posonlyargs, *given.args, *given.kwonlyargs, *filter(None, (given.vararg, given.kwarg))]
    return {one.arg for one in every} - {"self", "cls"}


def own_nodes(function: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function without those of functions inside it."""
    for child in ast.iter_child_nodes(function):
        if not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            yield child
            yield from own_nodes(child)


def spread(function: ast.AST, given: set[str]) -> None:
    """Adds the locals that are made of what was given, until no more are found."""
    before = -1
    while before != len(given):
        before = len(given)
        for node in own_nodes(function):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    given |= reached(target, node.value, given)
            if isinstance(node, ast.For) and carries(node.iter, given):
                given |= {leaf.id for leaf in ast.walk(node.target) if isinstance(leaf, ast.Name)}


def reached(target: ast.AST, value: ast.AST, given: set[str]) -> set[str]:
    """The names an assignment gives something that was given; of two tuples, part by part."""
    if isinstance(value, ast.IfExp):
        return reached(target, value.body, given) | reached(target, value.orelse, given)
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        return set().union(*(reached(left, right, given) for left, right in zip(target.elts, value.elts, strict=True)))
    return {leaf.id for leaf in ast.walk(target) if isinstance(leaf, ast.Name)} if carries(value, given) else set()


def is_built(node: ast.AST) -> bool:
    """Whether the text is put together: an f-string with a hole, a sum, a percent, a format."""
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in node.values)
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, (ast.Add, ast.Mod))
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("format", "replace", "join")


def constant_text(node: ast.AST) -> str:
    """The literal parts, in order."""
    return " ".join(str(leaf.value) for leaf in ast.walk(node) if isinstance(leaf, ast.Constant) and isinstance(leaf.value, str))


def carries(node: ast.AST, given: set[str]) -> bool:
    """Whether a value holds text that was given. A lookup in a table gives the table's text, `:d` a number; a called function answers for itself."""
    if isinstance(node, ast.Name):
        return node.id in given
    if isinstance(node, ast.Subscript):
        return carries(node.value, given)
    if isinstance(node, ast.FormattedValue) and node.format_spec is not None and ast.unparse(node.format_spec) in ("f'd'", "'d'"):
        return False
    if isinstance(node, ast.IfExp):
        return carries(node.body, given) or carries(node.orelse, given)
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Name):
            return False
        return carries(node.func, given) or any(carries(each, given) for each in (*node.args, *(option.value for option in node.keywords)))
    return any(carries(child, given) for child in ast.iter_child_nodes(node))
