"""`up` and `serve` over a wrong setting: one sentence that names the cause, no traceback."""

from pathlib import Path

import pytest

from nollycrewhub.cli.main import main
from nollycrewhub.devstack.postgres import free_port
from nollycrewhub.platform.settings import Settings
from tests.served import environment

Env = dict[str, str]


def told(words: list[str], env: Env, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """What the command said as it refused."""
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert main(words) == 1
    return capsys.readouterr().err


def test_up_names_a_server_that_is_down(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    down = f"postgresql://app:x@127.0.0.1:{free_port()}/nollycrewhub"
    names = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_DIRECT_URL", "DATABASE_READER_URL")
    env = environment(settings, READ_REPLICA_URLS="", **dict.fromkeys(names, down))
    said = told(["up", "--port", str(free_port()), "--data", str(tmp_path)], env, monkeypatch, capsys)
    assert "A server that DATABASE_URL, SESSION_URL or CACHE_URL names does not answer" in said
    assert "data folder" not in said


@pytest.mark.parametrize(
    ("name", "value", "sentence"), [("PORT", "70000", "PORT is a number"), ("DATABASE_URL", "notaurl", "DATABASE_URL")]
)
def test_serve_names_a_wrong_setting(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str, sentence: str
) -> None:
    assert told(["serve"], environment(settings, **{name: value}), monkeypatch, capsys).startswith(sentence)
