"""The documents are held to the code: what they name exists, and what exists is named where people look for it."""

import ast
import re
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from nollycrewhub.contracts import events
from nollycrewhub.contracts.hearing import HEARERS
from nollycrewhub.kit.events import Event
from nollycrewhub.platform import sessions
from nollycrewhub.platform.db import Base
from nollycrewhub.services import monolith

TOP = Path(__file__).parents[2]
DOMAINS = TOP / "src/nollycrewhub/domains"
MECHANISMS = TOP / "docs/mechanisms"
HOUR = 3600
FILE = re.compile(r"`(src/[\w/.]+\.py)`")
NAME = re.compile(r"`([a-z_A-Z]+)`")
SHORT_HISTORY = 20
DECISION_PARTS = ("Context:", "Decision:", "Consequences:", "Rejected:")


def flat(path: Path) -> str:
    """A document with its line breaks taken out, so that a name is found wherever a line ends."""
    return " ".join(path.read_text().split())


def kinds_of(kind: type[Event]) -> list[type[Event]]:
    """All events under one, those with a name of their own."""
    found = [each for sub in kind.__subclasses__() for each in [sub, *kinds_of(sub)]]
    return [each for each in found if "name" in vars(each) and each.__module__ == events.__name__]


def defined_in(path: Path) -> set[str]:
    """The functions and classes of a module, methods included."""
    return {
        node.name
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }


def steps(text: str) -> list[str]:
    """The numbered steps of a document, each on one line."""
    return [" ".join(step.split()) for step in re.findall(r"^\d+\. .+?(?=^\d+\. |^\n*\Z|^## )", text, re.MULTILINE | re.DOTALL)]


def strange_names(text: str) -> list[str]:
    """Names in a step of the map that none of the files of that step defines."""
    found = []
    for step in steps(text):
        defined = {name for file in FILE.findall(step) if (TOP / file).exists() for name in defined_in(TOP / file)}
        found += [name for name in NAME.findall(FILE.sub("", step)) if name not in defined]
    return found


def test_the_map_names_functions_that_its_files_define() -> None:
    text = (TOP / "MAP.md").read_text()
    assert len(steps(text)) >= 8
    assert sum(len(NAME.findall(FILE.sub("", step))) for step in steps(text)) >= 8
    assert strange_names(text) == []


def test_a_name_that_is_gone_is_found() -> None:
    assert strange_names("1. `src/nollycrewhub/platform/gate.py`: `Gate`, then `Fence`.\n") == ["Fence"]


def test_every_event_is_in_the_readme_of_the_domain_that_tells_it() -> None:
    told = {path.parent.name: flat(path).partition("Events out")[2].partition("Tables:")[0] for path in DOMAINS.glob("*/README.md")}
    silent = [kind.name for kind in kinds_of(Event) if not any(f"`{kind.name}`" in text for text in told.values())]
    assert silent == []


def test_every_event_heard_is_in_the_readme_of_the_domain_that_hears_it() -> None:
    heard = {path.parent.name: flat(path).partition("Events in")[2].partition("Events out")[0] for path in DOMAINS.glob("*/README.md")}
    silent = [
        f"{domain}: {event}"
        for event, hearers in HEARERS.items()
        for domain in {hearer.partition(".")[0] for hearer in hearers}
        if f"`{event}`" not in heard[domain]
    ]
    assert silent == []


def test_every_table_is_in_the_readme_of_its_domain() -> None:
    assert monolith.MODULES, "the modules declare the tables"
    tables = [table.fullname for table in Base.metadata.tables.values() if (DOMAINS / str(table.schema)).exists()]
    assert len(tables) >= 7
    silent = [name for name in tables if f"`{name}`" not in flat(DOMAINS / name.partition(".")[0] / "README.md")]
    assert silent == []


@pytest.mark.parametrize("path", sorted((TOP / "docs/decisions").glob("*.md")), ids=lambda path: path.stem)
def test_a_decision_has_its_parts_on_one_page(path: Path) -> None:
    text = path.read_text()
    assert re.match(r"\d{4}-[a-z0-9-]+\Z", path.stem)
    assert [part for part in DECISION_PARTS if f"\n{part}" not in text] == []
    assert text.count("\n") <= 60


def test_the_commit_that_shows_the_way_is_a_real_one() -> None:
    subject = re.search(r'The commit "([^"]+)"', flat(TOP / "CONTRIBUTING.md"))
    assert subject is not None
    history = subprocess.run(["git", "log", "--format=%s"], cwd=TOP, capture_output=True, text=True, check=False).stdout.splitlines()
    assert subject.group(1) in history or len(history) < SHORT_HISTORY, "a shallow clone or an archive has no history to look in"


def blind_pictures(folder: Path) -> list[str]:
    """Drawn pictures that their page does not show, or that say nothing to who cannot see them."""
    found = []
    for picture in folder.glob("*.svg"):
        page = picture.with_suffix(".md")
        drawn = ElementTree.parse(picture).getroot()  # noqa: S314 - our own file
        if drawn.get("role") != "img" or not drawn.get("aria-label"):
            found.append(f"{picture.name} says nothing")
        if not page.exists() or f"]({picture.name})" not in page.read_text():
            found.append(f"{picture.name} is shown nowhere")
    return sorted(found)


def test_a_mechanisms_pictures_are_shown_and_say_what_they_show() -> None:
    assert (MECHANISMS / "sessions.svg").exists() and (MECHANISMS / "phone.svg").exists()
    assert blind_pictures(MECHANISMS) == []


def test_a_picture_that_nobody_shows_is_found(tmp_path: Path) -> None:
    (tmp_path / "tides.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    (tmp_path / "tides.md").write_text("# Tides")
    assert blind_pictures(tmp_path) == ["tides.svg is shown nowhere", "tides.svg says nothing"]


def test_the_page_of_sessions_has_the_programs_numbers() -> None:
    text = flat(MECHANISMS / "sessions.md")
    said = [
        f"{sessions.IDLE // HOUR} hours from the last use",
        f"{sessions.ABSOLUTE // (24 * HOUR)} days after signing in",
        f"for operators after {sessions.OPERATOR_ABSOLUTE // HOUR} hours",
        f"at most once in {sessions.RENEW_EVERY} s",
        f"by age, at most {sessions.MOST_DEVICES}",
        f"for all their devices | {sessions.MARK_SECONDS} s",
        f"within the last {sessions.CONFIRMED_SECONDS} s",
        f"`{sessions.PREFIX}`", f"`{sessions.PERSON_PREFIX}…:mark`", f"`{sessions.SPENT}…`", f"`{sessions.BORN_KEY}`", f"`{sessions.ENDED}`",
    ]  # fmt: skip
    assert [words for words in said if words not in text] == []
