"""100 % of the branches of every rules and access module, measured by running their own tests once more."""

import json
import os
import subprocess
import sys
from pathlib import Path

DOMAINS = Path("src/nollycrewhub/domains")
TESTS = ("tests/unit", "tests/domains/test_fees.py", "tests/domains/test_doors.py", "tests/domains/test_finding_people.py")


def decisions() -> list[Path]:
    """Every file that must be covered."""
    return sorted({*DOMAINS.glob("*/rules.py"), *DOMAINS.glob("*/rules/*.py"), *DOMAINS.glob("*/access.py")})


def shortfalls(report: dict[str, object], files: list[Path]) -> list[str]:
    """What a coverage report lacks: a file it does not know, or lines and branches nobody took."""
    known = report["files"]
    assert isinstance(known, dict)
    found = [f"{path} was not loaded" for path in files if str(path) not in known]
    for path in map(str, files):
        entry = known.get(path, {"missing_lines": [], "missing_branches": []})
        found += [f"{path}:{line}" for line in entry["missing_lines"]]
        found += [f"{path}:{branch[0]} never goes to {branch[1]}" for branch in entry["missing_branches"]]
    return found


def test_the_judge_sees_a_line_a_branch_and_a_missing_file() -> None:
    files = [DOMAINS / "a" / "rules.py", DOMAINS / "b" / "rules.py"]
    report = {"files": {str(files[0]): {"missing_lines": [7], "missing_branches": [[3, 9]]}}}
    assert shortfalls(report, files) == [f"{files[1]} was not loaded", f"{files[0]}:7", f"{files[0]}:3 never goes to 9"]


def test_all_decisions_are_covered(tmp_path: Path) -> None:
    environment = {**os.environ, "COVERAGE_FILE": str(tmp_path / "coverage")}
    coverage = [sys.executable, "-m", "coverage"]
    options = ["--branch", "--concurrency=greenlet,thread", f"--include={','.join(map(str, decisions()))}"]
    inner = [*coverage, "run", *options, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--hypothesis-profile=quick", *TESTS]
    done = subprocess.run(inner, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
    subprocess.run([*coverage, "json", "-q", "-o", str(tmp_path / "report.json")], env=environment, check=True)
    assert shortfalls(json.loads((tmp_path / "report.json").read_text()), decisions()) == []
