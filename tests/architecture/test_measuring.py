"""Figures of a run are kept with their circumstances, and writing them never breaks the run."""

import os
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from tests.measuring import FILES, TOP, Measure, earlier, turn


def lines_of(path: Path) -> list[tuple[str, str, dict[str, object]]]:
    return [(line["bar"], line["test"], line["figures"]) for line in earlier(path)]


def test_lines_of_tests_that_ran_are_replaced_and_the_others_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "results" / "test.json"
    first, second = Measure(tier="ordinary"), Measure(tier="ordinary")
    for name, figures in (
        ("tests/a.py::one (call)", {"ms": 1}),
        ("tests/b.py::two (call)", {"ms": 2}),
        ("tests/b.py::two (call)", {"ms": 3}),
    ):
        monkeypatch.setenv("PYTEST_CURRENT_TEST", name)
        first("M1", **figures)
    first.write(path)
    second("M1", ms=4)
    second.failed.add("tests/b.py::two")
    second.write(path)
    assert lines_of(path) == [("M1", "tests/a.py::one", {"ms": 1}), ("M1", "tests/b.py::two", {"ms": 4})]
    assert [line["passed"] for line in earlier(path)] == [True, False]
    assert msgspec.json.decode(path.read_bytes())["tier"] == "ordinary"
    assert {"cores", "python", "system"} == set(earlier(path)[0]["machine"])


def test_a_place_that_cannot_be_written_is_only_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    measure = Measure(tier="ordinary")
    measure("M1", ms=1)
    measure.write(tmp_path / "file" / "test.json")
    assert "figures not written" in capsys.readouterr().out


def test_two_processes_that_end_together_keep_each_others_lines(tmp_path: Path) -> None:
    path, program = (
        tmp_path / "test.json",
        "import sys; from tests.measuring import *; m = Measure(tier='ordinary'); m('M1', ms=1); m.write(Path(sys.argv[1]))",
    )
    with turn(tmp_path):
        writers = [
            subprocess.Popen(
                [sys.executable, "-c", program, str(path)],
                cwd=TOP,
                env={**os.environ, "PYTEST_CURRENT_TEST": f"tests/{name}.py::one (call)"},
            )
            for name in "ab"
        ]
        with pytest.raises(subprocess.TimeoutExpired):
            writers[0].wait(0.5)
        assert not path.exists()
    assert [writer.wait(60) for writer in writers] == [0, 0]
    assert [test for _, test, _ in lines_of(path)] == ["tests/a.py::one", "tests/b.py::one"]


def test_the_full_tier_names_only_tests_that_exist() -> None:
    for line in earlier(FILES["full"]):
        file, _, rest = line["test"].partition("::")
        function = re.split(r"[\[:]", rest.rpartition("::")[2])[0]
        assert f"def {function}(" in (TOP / file).read_text(), f"{line['test']} is gone; take its line out"
