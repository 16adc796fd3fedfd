"""What a run measured against the bars, written down at its end: never a reason for a test to fail.

A line says bar, test, figures, date, commit, machine and whether the test passed. A run replaces the lines
of the tests it ran and keeps the others, so a long tier can be run in pieces.
"""

import contextlib
import fcntl
import os
import platform
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

TOP = Path(__file__).resolve().parents[1]
FILES = {
    "ordinary": TOP / ".results" / "test.json", "full": TOP / "docs" / "results" / "test-full.json",
    "drill": TOP / "docs" / "results" / "drills.json",
}  # fmt: skip


class Measure:
    """Collects figures; called as `measured("M1", keys=200, effects=200)` from any test."""

    def __init__(self, *, tier: str) -> None:
        self.tier = tier
        self.lines: list[dict[str, Any]] = []
        self.failed: set[str] = set()

    def __call__(self, bar: str, **figures: Any) -> None:
        """Keeps one line; several for one bar are fine."""
        self.lines.append({"bar": bar, "test": running_test(), "figures": figures})

    def write(self, path: Path) -> None:
        """Puts this run's lines in place of what the same tests said before; says so when it cannot."""
        if not self.lines:
            return
        circumstances = {"date": datetime.now(UTC).isoformat(timespec="seconds"), "commit": commit(), "machine": machine()}
        new = [{**line, "passed": line["test"] not in self.failed, **circumstances} for line in self.lines]
        again = {line["test"] for line in new}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with turn(path.parent):
                kept = [line for line in earlier(path) if line["test"] not in again]
                lines = sorted(kept + new, key=lambda line: (line["bar"], line["test"]))
                part = path.with_suffix(".part")
                part.write_text(as_text(self.tier, lines))
                part.replace(path)
        except (OSError, TypeError, msgspec.MsgspecError) as error:
            print(f"\nfigures not written to {path}: {error}")


@contextlib.contextmanager
def turn(folder: Path) -> Iterator[None]:
    """One process of a run at a time: each keeps what the others have written."""
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def as_text(tier: str, lines: list[dict[str, Any]]) -> str:
    """JSON with one measured line a line, so that two people's runs merge."""
    body = ",\n".join(msgspec.json.encode(line, enc_hook=str).decode() for line in lines)
    return f'{{"tier": "{tier}", "lines": [\n{body}\n]}}\n'


def earlier(path: Path) -> list[dict[str, Any]]:
    """The lines of earlier runs; none when there is no file or it cannot be read."""
    try:
        found: list[dict[str, Any]] = msgspec.json.decode(path.read_bytes())["lines"]
    except (OSError, KeyError, TypeError, msgspec.MsgspecError):
        return []
    return found


def running_test() -> str:
    """The test that is running, as pytest names it."""
    return os.environ.get("PYTEST_CURRENT_TEST", "outside a test").rpartition(" (")[0] or "outside a test"


def machine() -> dict[str, Any]:
    """What it ran on, as far as it matters to a figure."""
    return {"cores": os.cpu_count(), "python": platform.python_version(), "system": f"{platform.system()} {platform.machine()}"}


def commit() -> str:
    """The commit under test, marked when the tree differs from it; results files themselves do not count."""
    try:
        head = git("rev-parse", "--short=12", "HEAD")
        changed = git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs/results")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{head} with changes" if changed else head


def git(*words: str) -> str:
    """What git says about this checkout."""
    return subprocess.run(["git", *words], cwd=TOP, capture_output=True, check=True, text=True).stdout.strip()
