"""The laptop's own key for pushes: made at the first start, private, the same ever after, and of no use until somebody says whose pushes they are."""

import os
from argparse import Namespace
from pathlib import Path

import msgspec
import pytest

from nollycrewhub.cli.up import environment
from nollycrewhub.platform.carriers import Carriers
from nollycrewhub.platform.carriers.push import WebPush
from nollycrewhub.platform.settings import Settings


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has set anything."""
    for name in ("VAPID_PRIVATE_KEY", "VAPID_SUBJECT"):
        monkeypatch.delenv(name, raising=False)


def started(folder: Path) -> dict[str, str]:
    """The children's environment of one start."""
    return environment(Namespace(port=8000, data=folder, workers=2))


def test_the_first_start_makes_a_key_that_stays(tmp_path: Path) -> None:
    started(tmp_path)
    kept = tmp_path / "vapid-key"
    assert kept.stat().st_mode & 0o777 == 0o600
    before = kept.read_text()
    started(tmp_path)
    assert kept.read_text() == before and len(before) == 43
    assert started(tmp_path / ".." / tmp_path.name).get("VAPID_PRIVATE_KEY") is None


def test_a_start_that_was_killed_before_it_wrote_the_key_is_made_up_for(tmp_path: Path) -> None:
    (tmp_path / "vapid-key").touch(mode=0o600)
    started(tmp_path)
    assert len((tmp_path / "vapid-key").read_text()) == 43


def test_without_a_word_nothing_is_pushed_outside_and_with_one_the_key_is_used(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "VAPID_PRIVATE_KEY" not in started(tmp_path)
    monkeypatch.setenv("VAPID_SUBJECT", "mailto:you@here.example")
    key = started(tmp_path)["VAPID_PRIVATE_KEY"]
    assert key == (tmp_path / "vapid-key").read_text()
    carriers = Carriers(msgspec.structs.replace(settings, vapid_private_key=key, vapid_subject=os.environ["VAPID_SUBJECT"]))
    assert isinstance(carriers.push, WebPush) and len(carriers.push.public_key) == 87


def test_a_key_of_ones_own_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("VAPID_PRIVATE_KEY", "one's own"), ("VAPID_SUBJECT", "mailto:you@here.example")):
        monkeypatch.setenv(name, value)
    assert started(tmp_path)["VAPID_PRIVATE_KEY"] == "one's own"
    assert not (tmp_path / "vapid-key").exists()
