"""What a runbook tells somebody to type at night exists: commands with their options, make targets, metrics, settings and pages."""

import argparse
import contextlib
import io
import re
import shlex
from importlib import import_module
from pathlib import Path

import pytest

from nollycrewhub.cli.main import COMMANDS
from tests.drills.__main__ import DRILLS

TOP = Path(__file__).parents[2]
PAGES = sorted((TOP / "docs/runbooks").glob("*.md"))
SPAN = re.compile(r"`([^`\n]+)`")
METRIC = re.compile(r"\bnch_[a-z_]+")
SETTING = re.compile(r"^[A-Z][A-Z_]{4,}$")
NOT_OURS = frozenset({"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "FOLDER", "QUEUE"})
SOURCE = "\n".join(path.read_text() for path in (TOP / "src/nollycrewhub").rglob("*.py"))
METRICS = frozenset(re.findall(r"[\"'](nch_[a-z_]+)[\"']", SOURCE))
OPS = frozenset(re.findall(r"\"(/ops[a-z/]*)\"", SOURCE))
TARGETS = frozenset(re.findall(r"^([a-z-]+):", (TOP / "Makefile").read_text(), re.MULTILINE))
SETTINGS = (TOP / "docs/SETTINGS.md").read_text()


def command_fault(words: list[str]) -> str | None:
    """Why a `nollycrewhub` command line would not be understood."""
    if words[0] not in COMMANDS:
        return "there is no such command"
    if len(words) == 1:
        return None  # it is named, not typed
    parser = argparse.ArgumentParser()
    import_module(COMMANDS[words[0]][0]).add_arguments(parser)
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            parser.parse_args(words[1:])
    except SystemExit:
        return said.getvalue().strip().splitlines()[-1]
    return None


def make_fault(words: list[str]) -> str | None:
    """Why `make` would not know what to do."""
    names = [word for word in words if "=" not in word]
    if len(names) != 1 or names[0] not in TARGETS:
        return "there is no such target"
    drill = next((word.partition("=")[2] for word in words if word.startswith("NAME=")), "")
    return "there is no such drill" if names[0] == "drill" and drill and drill not in DRILLS else None


def faults(text: str) -> list[str]:
    """Everything a page names that is not there."""
    found = []
    for span in SPAN.findall(text):
        words = shlex.split(span.split(" and ")[0]) if span.startswith(("nollycrewhub ", "make ")) else []
        fault = None
        if words:
            fault = (command_fault if words[0] == "nollycrewhub" else make_fault)(words[1:])
        elif span.startswith("/ops") and span not in OPS:
            fault = "there is no such page"
        elif SETTING.match(span) and f"`{span}`" not in SETTINGS and span not in NOT_OURS:
            fault = "there is no such setting"
        found += [f"{span}: {fault}"] if fault else []
    found += [f"{name}: there is no such metric" for name in METRIC.findall(text) if not is_metric(name)]
    return found


def is_metric(name: str) -> bool:
    """Whether the program tells a metric of this name; counters are asked for with `_total`."""
    return name in METRICS or name.removesuffix("_total") in METRICS


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_everything_a_runbook_names_is_there(path: Path) -> None:
    assert faults(path.read_text()) == []


@pytest.mark.parametrize("path", [path for path in PAGES if path.stem not in ("README", "alerts", "rotation")], ids=lambda path: path.stem)
def test_a_runbook_has_its_three_parts(path: Path) -> None:
    text = path.read_text()
    assert [part for part in ("## What you see", "## What to do", "## How you know that it is over") if part not in text] == []


def test_the_list_names_every_runbook() -> None:
    listed = (TOP / "docs/runbooks/README.md").read_text()
    assert [path.name for path in PAGES if path.stem not in ("README", "alerts") and f"({path.name})" not in listed] == []


@pytest.mark.parametrize(
    "text",
    [
        "`nollycrewhub backups list`", "`nollycrewhub backup lost`", "`nollycrewhub restore --into /x`", "`make drills`",
        "`make drill NAME=flood`", "`/ops/nothing`", "`nch_no_such_thing`", "`nch_requests_seconds{route=\"x\"}`", "`BACKUP_TO`",
    ],
)  # fmt: skip
def test_what_is_not_there_is_found(text: str) -> None:
    assert len(faults(text)) == 1


def test_every_drill_is_described_and_has_its_file() -> None:
    page = (TOP / "docs/mechanisms/drills.md").read_text()
    assert re.findall(r"^\| `([a-z]+)` \|", page, re.MULTILINE) == list(DRILLS)
    assert [name for name in DRILLS if not (TOP / f"tests/drills/test_{name}.py").exists()] == []
