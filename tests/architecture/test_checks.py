"""Every check goes red on a planted fault and stays quiet on a clean tree."""

import json
import random
from pathlib import Path

import pytest

from checks import budgets, secret_scan, tree


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
    for check in (tree.sizes, tree.commits, tree.addresses, tree.dead_paths, tree.stubs, tree.readmes, secret_scan.secrets):
        assert check(planted) == []


def test_sizes(planted: Path) -> None:
    (planted / "src" / "long.py").write_text("x = 1\n" * 501)
    (planted / "src" / "tall.py").write_text("def tall():\n" + "    x = 1\n" * 60)
    assert len(tree.sizes(planted)) == 2


def test_commits(planted: Path) -> None:
    (planted / "src" / "nollycrewhub" / "domains" / "jobs" / "service.py").write_text("async def f(session):\n    await session.commit()\n")
    assert len(tree.commits(planted)) == 1


@pytest.mark.parametrize("text", ["https" + "://registry.npmjs.org/x", "/ro" + "ot/x", "sk_" + "live_0123456789abcdef"])
def test_addresses(planted: Path, text: str) -> None:
    (planted / "notes.txt").write_text(text)
    assert len(tree.addresses(planted)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN RSA PRIV" + "ATE KEY-----",
        "key: sk_" + "live_0123456789abcdef",
        "AKIA" + "IOSFODNN7EXAMPLQ",
        "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8",
        "AIza" + "SyA-0123456789abcdefghijklmnopqrstu",
        "eyJ" + "hbGciOiJIUzI1NiJ9.eyJ" + "zdWIiOiIxMjM0NTY3ODkwIn0.dBjftJeZ4CVPmB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        "DATABASE_URL=postgres" + "ql://app:7Hq2mZx9@db/x",
        'session_secret = "' + "p0J5vQ8rX2" + 'wT7yB4nM6k"',
        "PAYSTACK_API_KEY: " + "p0J5vQ8rX2" + "wT7yB4nM6k",
    ],
)
def test_secrets(planted: Path, text: str) -> None:
    (planted / "settings.env").write_text(f"ordinary = 1\n{text}\n")
    assert len(secret_scan.secrets(planted)) >= 1
    assert text[-10:] not in " ".join(secret_scan.secrets(planted))


@pytest.mark.parametrize(
    "text",
    ["SECRET=", "token = session.new_token_for(person_id)", "password: str", "postgresql://app@db/x", "SECRET=the-lazy-dog-the-lazy-dog"],
)
def test_innocent_words_are_no_secrets(planted: Path, text: str) -> None:
    (planted / "settings.env").write_text(text)
    assert secret_scan.secrets(planted) == []


def test_dead_paths(planted: Path) -> None:
    (planted / "docs" / "guide.md").write_text("Open `src/nowhere.py`, then run `make nothing`.\n")
    assert len(tree.dead_paths(planted)) == 2


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
