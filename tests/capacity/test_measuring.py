"""Measuring: only this machine, processes by what they do, statements between two looks, and once for real."""

import os
import random
from pathlib import Path
from typing import Any

import msgspec
import pytest

from nollycrewhub.capacity.measuring import line, processes, repository, running
from nollycrewhub.capacity.measuring.line import NotHere, here
from nollycrewhub.capacity.measuring.loops import LEVELS, Tally, figures
from nollycrewhub.capacity.measuring.processes import NoProcesses, Watched
from nollycrewhub.capacity.measuring.repository import Statement, ran
from nollycrewhub.capacity.measuring.running import less
from nollycrewhub.capacity.measuring.world import SHARES, World
from nollycrewhub.cli.main import main


@pytest.mark.parametrize(
    "address", ["http://example.com:80", "https://127.0.0.1:8000", "http://127.0.0.1", "http://10.0.0.1:8000", "nonsense"]
)
def test_nothing_but_this_machine_is_measured(address: str) -> None:
    with pytest.raises(NotHere, match="loopback"):
        here(address)
    with pytest.raises(NotHere):
        line.here(address)


async def test_what_a_kind_left_behind_is_done_before_the_next_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "SETTLE_SECONDS", 0.0)
    left = iter(["40000"] * 300 + ["0"])
    bench = running.Bench(
        address="http://127.0.0.1:1", folder=Path(), servers={"primary": lambda _: next(left)}, memory=lambda: (0.0, 0.0, 0),
        metrics_token="", seconds=1.0, seed=1, say=lambda _: None,
    )  # fmt: skip
    await running.settled(bench)
    assert list(left) == []
    bench.servers = {"primary": lambda _: "7"}
    with pytest.raises(running.NeverSettled, match=r"^7 background jobs"):
        await running.settled(bench)


def test_this_machine_is() -> None:
    assert here("http://127.0.0.1:8000") == ("127.0.0.1", 8000)
    assert here("http://localhost:9") == ("localhost", 9)


def test_there_are_six_levels_and_more() -> None:
    assert len(LEVELS) >= 6
    assert list(LEVELS) == sorted(set(LEVELS))
    assert sum(SHARES.values()) == pytest.approx(1.0)


def test_a_levels_figures_leave_out_what_was_refused() -> None:
    tally = Tally(times=[0.01, 0.01, 0.04], size=300)
    tally.statuses.update({"200": 3, "503": 2, "TimeoutError": 1})
    found = figures(tally, 4, 2.0)
    assert (found.per_second, found.asked, found.refused) == (1.5, 6, 3)
    assert found.mean == pytest.approx(0.02)
    assert found.spread == pytest.approx((2 * 0.0001 + 0.0004) / 3 / 0.0004)


def test_what_a_statement_took_between_two_looks_is_exact() -> None:
    early, late = [1.0, 3.0], [2.0, 2.0, 8.0]

    def seen(values: list[float]) -> Statement:
        mean = sum(values) / len(values)
        deviation = (sum((value - mean) ** 2 for value in values) / len(values)) ** 0.5
        return Statement("1", "select 1", len(values), mean, deviation)

    found = ran({"1": seen(early)}, {"1": seen(early + late)}, "primary", 3)
    assert len(found) == 1
    assert found[0].a_request == 1.0
    assert found[0].mean == pytest.approx(0.004)
    assert found[0].spread == pytest.approx(8.0 / 16.0)
    assert ran({"1": seen(early)}, {"1": seen(early)}, "primary", 3) == []


def test_idle_time_is_taken_off_and_nothing_is_less_than_nothing() -> None:
    assert less({"web": 5.0, "worker": 1.0}, {"web": 2.0}, {"web": 0.5, "worker": 0.5}, 4.0) == {"web": 1.0, "worker": 0.0}


def test_a_process_knows_its_own_time() -> None:
    stat = processes.stat_of(os.getpid())
    assert stat is not None
    assert stat[0] == os.getppid()
    assert stat[1] > 0
    assert stat[2] > 10_000_000
    assert processes.stat_of(2**22 + 1) is None
    assert processes.line_of(2**22 + 1) == ""


def test_without_a_run_there_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(NoProcesses, match="make up"):
        Watched(1, tmp_path)
    assert main(["capacity", "measure", "--data", str(tmp_path)]) == 1
    assert "Nothing runs from" in capsys.readouterr().err


def test_every_kind_of_the_mix_can_be_asked_for() -> None:
    world = World(random.Random(1), ["12345"], ["ada-obi"], tokens=["t"])
    for kind in SHARES:
        assert world.of(kind).kind == kind
    kinds = {world.mixed().kind for _ in range(5000)}
    assert kinds == set(SHARES)
    assert msgspec.json.decode(world.of("post").body)["company"]


async def test_the_questions_fit_the_servers(stack: Any, migrated: Any) -> None:
    def ask(text: str) -> str:
        found: str = stack.primary.sql(text, database="nollycrewhub")
        return found

    assert repository.statements(ask)
    found = {table.name: table for table in repository.tables(ask)}
    assert "users.person" in found
    assert found["users.person"].bytes_all > 0
    assert "jobs.job" in found
