"""A second shell beside `make up`: the commands that look at its servers find them by themselves."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nollycrewhub.cli import running
from nollycrewhub.platform.settings import Settings
from tests.served import environment


def ask(folder: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    """A command in a folder, with nothing in its environment that names a server."""
    command = [sys.executable, "-m", "nollycrewhub.cli.main", *words]
    given = {"PATH": os.environ["PATH"], **env}
    return subprocess.run(command, cwd=folder, env=given, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("words", [("jobs", "list"), ("events", "dead"), ("operator", "add", "nobody-at-all@example.com")])
def test_the_commands_find_the_servers_of_a_run(settings: Settings, tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / ".data").mkdir()
    running.note(tmp_path / ".data", environment(settings))
    assert (tmp_path / ".data" / "running").stat().st_mode & 0o777 == 0o600
    said = ask(tmp_path, *words)
    assert "These are the servers of the `up` in .data" in said.stderr
    assert said.returncode == (1 if words[0] == "operator" else 0), said.stderr
    assert "DATABASE_URL is not set" not in said.stderr


@pytest.mark.parametrize("left", ["", "not JSON", "[]", "{}"])
def test_what_a_killed_run_left_is_no_address(tmp_path: Path, left: str) -> None:
    (tmp_path / ".data").mkdir()
    (tmp_path / ".data" / "running").write_text(left)
    said = ask(tmp_path, "jobs", "list")
    assert said.returncode == 1
    assert "DATABASE_URL is not set" in said.stderr


def test_servers_that_are_named_come_first(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / ".data").mkdir()
    running.note(tmp_path / ".data", {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/x"})
    said = ask(tmp_path, "jobs", "list", **environment(settings))
    assert (said.returncode, "These are the servers" in said.stderr) == (0, False)


def test_another_data_folder_is_found_by_its_name(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    running.note(tmp_path / "elsewhere", environment(settings))
    assert ask(tmp_path, "jobs", "list").returncode == 1
    said = ask(tmp_path, "jobs", "list", DATA="elsewhere")
    assert (said.returncode, "the `up` in elsewhere" in said.stderr) == (0, True), said.stderr
    assert "% stands for anything" in ask(tmp_path, "jobs", "--help").stdout
