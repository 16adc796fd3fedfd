"""`make up`, killed and stopped: what was posted is found again, what died is started again, and nothing stays behind."""

import shutil
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from nollycrewhub.cli.up import BEHIND
from nollycrewhub.devstack.account import SYSTEM_FOLDER
from tests.journeys.running import Up, wait_for, words_of

DYING = {"primary", "replica", "sessions Valkey", "cache Valkey", "web worker", "job worker"}


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """A run of its own, with one member."""
    found = Up(tmp_path_factory.mktemp("up") / "data")
    found.start()
    try:
        yield found
    finally:
        if found.process is not None and found.process.poll() is None:
            found.interrupt()
        if found.place().parent == SYSTEM_FOLDER:
            shutil.rmtree(found.place())


@pytest.fixture(scope="module")
def member(up: Up) -> dict[str, str]:
    return up.join("ada@example.test")


def test_a_second_run_of_the_same_folder_is_one_sentence(up: Up) -> None:
    assert up.refusal() == f"NollyCrewHub already runs from {up.data}. Stop it first, or choose another folder: DATA=…\n"


def test_a_taken_port_is_one_sentence_that_names_the_option(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = Up(tmp_path / "other", port=port).refusal()
    assert said == f"Port {port} is taken by another program. Choose another one: make up PORT={port + 1}\n"


def test_the_worker_lets_pages_go_first(up: Up) -> None:
    parts = up.parts()
    assert parts["web worker"].nice() == parts["supervisor"].nice()
    assert parts["job worker"].nice() == min(parts["supervisor"].nice() + BEHIND, 19)


def test_what_dies_is_started_again_at_the_same_address(up: Up, member: dict[str, str]) -> None:
    number = up.post_job(member, "Posted before servers died")
    before = up.parts()
    up.kill(*DYING)
    wait_for("the revival", lambda: up.new_parts(before) >= DYING)
    assert up.title_of(number) == "Posted before servers died"
    up.post_job(member, "Posted after servers died")


def test_after_killing_everything_the_next_run_finds_the_job_just_posted(up: Up, member: dict[str, str]) -> None:
    number = up.post_job(member, "Posted just before the end")
    up.kill()
    up.start()
    assert up.title_of(number) == "Posted just before the end"


def test_a_killed_supervisor_takes_its_processes_along(up: Up, member: dict[str, str]) -> None:
    number = up.post_job(member, "Posted before the supervisor died")
    parts = up.parts()
    up.kill("supervisor")
    wait_for("their end", lambda: not parts["web worker"].is_running() and not parts["job worker"].is_running(), within=10)
    up.start()
    assert up.title_of(number) == "Posted before the supervisor died"


def test_interrupted_it_leaves_no_process_no_socket_and_no_port(up: Up) -> None:
    parts = up.parts()
    said = up.interrupt()
    assert said.endswith("Everything is stopped.\n")
    assert up.process is not None
    assert up.process.returncode == 0
    assert up.remains(parts) == []


def test_told_to_end_while_it_starts_it_leaves_nothing_either(up: Up) -> None:
    process = up.launch()
    wait_for("the primary", (up.place() / "primary/postmaster.pid").exists)
    process.send_signal(signal.SIGTERM)
    process.wait(60)
    assert up.remains({}) == []


def test_told_to_end_while_the_sample_loads_it_goes_quietly_and_the_next_start_loads_all_of_it(tmp_path: Path) -> None:
    found = Up(tmp_path / "sampled")
    found.command.remove("--no-sample")
    process = found.launch()
    try:
        wait_for("the loading", lambda: loader_of(process.pid) is not None)
        loader = loader_of(process.pid)
        assert loader is not None
        wait_for("its connection", lambda: any(line.status == "ESTABLISHED" for line in loader.net_connections("inet")))
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 130
        said = found.log.read_text()
        assert said.endswith("Everything is stopped.\n"), said
        assert not any(word in said for word in ("Traceback", "Exception", "Task was", "Error")), said
        assert (loader.is_running(), found.remains({})) == (False, [])
        found.start(within=150)
        assert "sample data  loaded in" in found.log.read_text()
        assert found.api("GET", "/api/users?role=agent&limit=100").json()["users"]
        found.interrupt()
        assert found.start() < 60
        assert "sample data  already there" in found.log.read_text()
    finally:
        if found.process is not None and found.process.poll() is None:
            found.interrupt()
        if found.place().parent == SYSTEM_FOLDER:
            shutil.rmtree(found.place())


def loader_of(pid: int) -> psutil.Process | None:
    """The process that loads the sample."""
    return next((child for child in psutil.Process(pid).children() if "seed" in words_of(child)), None)
