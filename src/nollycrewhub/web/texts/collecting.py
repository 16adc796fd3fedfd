"""Every sentence of the program that people may read: from templates, from Python, and from the tables of the kit."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract, extract_python
from jinja2.ext import babel_extract

from nollycrewhub.kit import crafts, money

PACKAGE = Path(__file__).parents[2]
IN_CONTEXT = ((1, "c"), 2)
IN_PYTHON: dict[str, Any] = {"told": None, "told_about": IN_CONTEXT, "counted": (1, 2)}
IN_TEMPLATES: dict[str, Any] = {
    "_": None, "about": IN_CONTEXT, "counted": (1, 2), "gettext": None, "ngettext": (1, 2), "pgettext": IN_CONTEXT,
    "npgettext": ((1, "c"), 2, 3),
}  # fmt: skip
PYTHON: Any = extract_python  # Babel's own types for what it calls are narrower than what it calls
TEMPLATES: Any = babel_extract
AS_PAGES = {"trimmed": "true", "trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}
ELSEWHERE = frozenset({"node_modules", "static", "cli", "devstack", "__pycache__"})


def sources(package: Path, pattern: str) -> Iterator[Path]:
    """The files that hold sentences."""
    for path in sorted(package.rglob(pattern)):
        if not ELSEWHERE & set(path.relative_to(package).parts):
            yield path


def of_tables() -> Iterator[tuple[str, str, str]]:
    """Context, sentence and file of what stands in a table instead of in a call."""
    for name in (*crafts.DEPARTMENTS.values(), *(category.name for category in crafts.CATEGORIES), *crafts.LANGUAGES.values()):
        yield "", str(name), "kit/crafts.py"
    for form in money.BY_UNIT.values():
        yield "money", form, "kit/money.py"


def of_file(path: Path) -> Iterable[tuple[Any, Any, Any, Any]]:
    """What Babel finds in one file."""
    with path.open("rb") as file:
        if path.suffix == ".py":
            yield from extract(PYTHON, file, IN_PYTHON, (), {"encoding": "utf-8"})
        else:
            yield from extract(TEMPLATES, file, IN_TEMPLATES, (), {**AS_PAGES, "encoding": "utf-8"})


def collected(package: Path = PACKAGE) -> Catalog:
    """All of them, each with the files it stands in."""
    found = Catalog()
    for path in (*sources(package, "*.py"), *sources(package, "*.html")):
        where = path.relative_to(package).as_posix()
        for _, sentence, _, context in of_file(path):
            found.add(sentence, None, [(where, 0)], context=context)
    for context, sentence, where in of_tables():
        found.add(sentence, None, [(where, 0)], context=context or None)
    return found
