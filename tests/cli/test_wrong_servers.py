"""`up` and `serve` over a wrong setting: one sentence that names the cause, no traceback."""

from pathlib import Path

import pytest

from nollycrewhub.cli.main import main
from nollycrewhub.devstack.postgres import free_port
from nollycrewhub.platform.settings import Settings
from tests.cli.test_doctor import elsewhere
from tests.served import environment

Env = dict[str, str]


def told(words: list[str], env: Env, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """What the command said as it refused."""
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert main(words) == 1
    said = capsys.readouterr()
    return said.out + said.err if words == ["doctor"] else said.err


def test_up_names_a_server_that_is_down(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    down = f"postgresql://app:x@127.0.0.1:{free_port()}/nollycrewhub"
    names = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_DIRECT_URL", "DATABASE_READER_URL")
    env = environment(settings, READ_REPLICA_URLS="", **dict.fromkeys(names, down))
    said = told(["up", "--port", str(free_port()), "--data", str(tmp_path)], env, monkeypatch, capsys)
    assert "PostgreSQL at 127.0.0.1:" in said
    assert "does not answer at the moment" in said
    assert "data folder" not in said


COMMANDS = [["up", "--port", "0"], ["serve"], ["worker"], ["migrate"], ["seed", "--users", "1"], ["jobs", "list"]]


@pytest.mark.parametrize(
    ("name", "value"), [("PUBLIC_URL", "zzz"), ("SESSION_URL", "redis://127.0.0.1:99999/0"), ("MEDIA_FOLDER", "/dev/null/media")]
)
def test_up_names_a_setting_that_cannot_be(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str
) -> None:
    words = ["up", "--port", str(free_port()), "--data", str(tmp_path)]
    assert told(words, environment(settings, **{name: value}), monkeypatch, capsys).startswith(name)


@pytest.mark.parametrize("words", COMMANDS, ids=[words[0] for words in COMMANDS])
@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"password": "wrong"}, "does not let nollycrewhub_owner in. Look at the user and the password in DATABASE_OWNER_URL."),
        ({"path": "/films"}, "has no database films. Create it, or name the right one in DATABASE_OWNER_URL."),
    ],
    ids=["a wrong password", "no such database"],
)
def test_every_command_says_how_the_database_turned_it_away(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    words: list[str], change: dict[str, str], sentence: str,
) -> None:  # fmt: skip
    names = {"DATABASE_URL": settings.database_url, "DATABASE_DIRECT_URL": settings.database_direct_url}
    names |= {"DATABASE_OWNER_URL": settings.database_owner_url, "DATABASE_READER_URL": settings.database_reader_url}
    env = environment(
        settings, READ_REPLICA_URLS="", PORT=str(free_port()), **{name: elsewhere(url, **change) for name, url in names.items()}
    )
    if words[0] == "up":
        words = ["up", "--port", str(free_port()), "--data", str(tmp_path)]
    said = told(words, env, monkeypatch, capsys)
    assert "DATABASE_URL: PostgreSQL at 127.0.0.1:" in said
    assert sentence in said or words[0] in ("serve", "worker"), said
    assert "Traceback" not in said


@pytest.mark.parametrize("words", [["up"], ["migrate"], ["doctor"]], ids=["up", "migrate", "doctor"])
def test_a_role_that_may_not_change_the_schema_is_named(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    given = {"READ_REPLICA_URLS": "", "PORT": str(free_port()), "DATABASE_OWNER_URL": "", "DATABASE_DIRECT_URL": ""}
    more = ["--port", str(free_port()), "--data", str(tmp_path)] if words == ["up"] else []
    said = told([*words, *more], environment(settings, **given), monkeypatch, capsys)
    assert "DATABASE_OWNER_URL: nollycrewhub_app may not change the schema" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("words", [["up"], ["serve"], ["worker"]], ids=["up", "serve", "worker"])
def test_a_valkey_that_wants_a_password_is_named(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    env = environment(settings, PORT=str(free_port()), SESSION_URL=elsewhere(settings.session_url, password="wrong"))
    more = ["--port", str(free_port()), "--data", str(tmp_path)] if words == ["up"] else []
    said = told([*words, *more], env, monkeypatch, capsys)
    assert said.startswith("SESSION_URL: Valkey at 127.0.0.1:")
    assert "wants another password" in said


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("PORT", "70000", "PORT is a number"),
        ("DATABASE_URL", "notaurl", "DATABASE_URL"),
        ("EDGE_ADDRESSES", "zzz", "EDGE_ADDRESSES holds something that is no address"),
        ("MAIL_URL", "smtp://127.0.0.1:notaport", "MAIL_URL cannot be read as an address"),
        ("MEDIA_FOLDER", "/dev/null/media", "MEDIA_FOLDER: /dev/null/media cannot be written to"),
        ("DATABASE_READER_URL", "postgresql://127.0.0.1:1/x?sslmode=perhaps", "DATABASE_READER_URL: something in this address"),
    ],
)
def test_serve_names_a_wrong_setting(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str, sentence: str
) -> None:
    assert told(["serve"], environment(settings, **{name: value}), monkeypatch, capsys).startswith(sentence)


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"NOLLYCREWHUB_SHAPE": "production"}, ("MAIL_URL is not set", "PUBLIC_URL must be the https:// address")),
        ({"SERVICE": "nope"}, ("SERVICE: there is no nope. There are monolith,",)),
        ({"WEB_PROCESSES": "many"}, ("WEB_PROCESSES has a value of the wrong kind. Write a number.",)),
        ({"HASH_WORKERS": "999999"}, ("HASH_WORKERS is a number from 1 to 256.",)),
    ],
    ids=["production without what it needs", "no such service", "no number", "out of all sense"],
)
def test_up_refuses_settings_before_it_starts_a_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], changes: dict[str, str], names: tuple[str, ...]
) -> None:
    for name in ("DATABASE_URL", "SESSION_URL", "MAIL_URL", "PUBLIC_URL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in changes.items():
        monkeypatch.setenv(name, value)
    assert main(["up", "--port", str(free_port()), "--data", str(tmp_path / "data")]) == 1
    said = capsys.readouterr()
    assert all(name in said.err for name in names), said.err
    assert "Starting PostgreSQL" not in said.out
    assert {path.name for path in (tmp_path / "data").iterdir()} <= {"secret", "metrics-token", "vapid-key"}, "no server has a place yet"
