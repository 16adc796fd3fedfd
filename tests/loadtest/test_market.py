"""A scaler beside a market: one that cannot work is said at once, with its own words, and none is left behind."""

import json
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from nollycrewhub.cli.loadtesting import market as module
from nollycrewhub.cli.loadtesting.market import LoadtestFailed, Market, scaler
from nollycrewhub.cli.running import FILE


@pytest.fixture
def market(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Market:
    """Where one would be."""
    (tmp_path / FILE).write_text(json.dumps({"DATABASE_URL": "postgresql://nobody@127.0.0.1:9/x"}))
    monkeypatch.setattr(module, "BEGINS", 1.0)
    return Market("http://127.0.0.1:9", tmp_path, subprocess.Popen([sys.executable, "-c", ""]))


def begins(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    """What stands where the scaler's command is."""
    monkeypatch.setattr(module, "own_command", lambda *_: [sys.executable, "-c", program])


def test_a_scaler_that_cannot_work_is_said_with_its_own_words(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    begins(monkeypatch, "import sys; sys.exit('FLEET_SOCKET is not set.')")
    with pytest.raises(LoadtestFailed, match=r"ended by itself. It said: FLEET_SOCKET is not set\."), scaler(market):
        pytest.fail("the run would have begun")


def test_one_that_works_is_stopped_at_the_end_and_has_the_markets_small_rooms(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    begins(
        monkeypatch,
        "import os, time; print(os.getpid(), os.environ['MOST_IN_FLIGHT'], os.environ['DATABASE_URL'], flush=True); time.sleep(60)",
    )
    with scaler(market):
        pid, *given = (market.folder / "scaler.log").read_text().split()
        assert given == ["30", "postgresql://nobody@127.0.0.1:9/x"] and psutil.pid_exists(int(pid))
    assert not psutil.pid_exists(int(pid))


def test_one_that_dies_on_the_way_makes_the_run_fail(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    begins(monkeypatch, "import time; time.sleep(1.5)")
    with pytest.raises(LoadtestFailed, match="ended by itself"), scaler(market):
        time.sleep(1.5)
