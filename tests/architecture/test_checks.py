"""Every check goes red on a planted fault and stays quiet on a clean tree."""

import json
import random
from pathlib import Path

import pytest

from checks import budgets, committing, dead_paths, purity, secret_scan, tree


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    """A tiny clean tree."""
    package = tmp_path / "src" / "nollycrewhub"
    for name in tree.DOMAINS:
        (package / "domains" / name).mkdir(parents=True)
        (package / "domains" / name / "README.md").write_text(" ".join(tree.HEADINGS))
    (package / "scaling").mkdir()
    (package / "scaling" / "README.md").write_text(" ".join(tree.HEADINGS))
    (tmp_path / "docs").mkdir()
    (tmp_path / "README.md").write_text("See `src/nollycrewhub`.\n")
    return tmp_path


def test_a_clean_tree_is_quiet(planted: Path) -> None:
    checks = (tree.sizes, tree.addresses, tree.stubs, tree.readmes)
    for check in (*checks, committing.commits, dead_paths.dead_paths, purity.purity, secret_scan.secrets):
        assert check(planted) == []


def test_sizes(planted: Path) -> None:
    (planted / "src" / "long.py").write_text("x = 1\n" * 501)
    (planted / "src" / "tall.py").write_text("def tall():\n" + "    x = 1\n" * 60)
    assert len(tree.sizes(planted)) == 2


@pytest.mark.parametrize("text", ["https" + "://registry.npmjs.org/x", "/ro" + "ot/x", "sk_" + "live_0123456789abcdef"])
def test_addresses(planted: Path, text: str) -> None:
    (planted / "notes.txt").write_text(text)
    assert len(tree.addresses(planted)) == 1


def test_stubs(planted: Path) -> None:
    (planted / "src" / "late.py").write_text("# TO" + "DO later\n")
    assert len(tree.stubs(planted)) == 1


def test_readmes(planted: Path) -> None:
    (planted / "src" / "nollycrewhub" / "domains" / "ai" / "README.md").unlink()
    assert len(tree.readmes(planted)) == 1


def test_budgets(planted: Path) -> None:
    assert len(budgets.budgets(planted)) == 1, "an unbuilt tree is a fault, not a pass"
    built = planted / budgets.DIST / "assets"
    built.mkdir(parents=True)
    table = {"main.css": "main-1.css", "display.woff2": "font-1.woff2"}
    (built.parent / "assets.json").write_text(json.dumps(table))
    (built / "main-1.css").write_text("a{}")
    (built / "font-1.woff2").write_bytes(b"x" * 15_000)
    assert budgets.budgets(planted) == []
    (built / "main-1.css").write_bytes(random.Random(1).randbytes(30_000))
    table["new.js"] = "main-1.css"
    (built.parent / "assets.json").write_text(json.dumps(table))
    assert [fault.split()[0] for fault in budgets.budgets(planted)] == ["main.css", "new.js", "A"]
