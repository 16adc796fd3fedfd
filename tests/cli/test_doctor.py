"""`nollycrewhub doctor` names each kind of broken set-up in a sentence, and is quiet about a sound one."""

import argparse
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from nollycrewhub.cli import doctor
from nollycrewhub.cli.main import main
from nollycrewhub.devstack.postgres import free_port
from nollycrewhub.platform.settings import Settings
from tests.architecture.test_settings_page import FIELDS, ROWS
from tests.served import environment

Ask = Callable[..., tuple[int, str]]


@pytest.fixture
def ask(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Ask:
    """Runs the command over the test servers with changed variables (None takes one away): exit code and what it said."""

    def run(**changes: str | None) -> tuple[int, str]:
        env: dict[str, str | None] = {**environment(settings, MEDIA_FOLDER=str(tmp_path)), **changes}
        for name, value in env.items():
            if value is None:
                monkeypatch.delenv(name, raising=False)
            else:
                monkeypatch.setenv(name, value)
        return doctor.run(argparse.Namespace()), capsys.readouterr().out

    return run


def elsewhere(url: str, *, port: int | None = None, password: str | None = None, path: str | None = None) -> str:
    """The address with one part changed."""
    parts = urlsplit(url)
    user = f"{parts.username or ''}:{password or parts.password}@{parts.hostname}:{port or parts.port}"
    return urlunsplit((parts.scheme, user, path or parts.path, "", ""))


def test_a_sound_set_up_is_told_so(ask: Ask) -> None:
    assert ask() == (0, "Nothing is wrong that this command can see.\n")


@pytest.mark.parametrize(
    ("name", "change", "sentence"),
    [
        ("DATABASE_URL", lambda s: elsewhere(s.database_url, port=free_port()), "DATABASE_URL: PostgreSQL at 127.0.0.1:"),
        (
            "DATABASE_URL",
            lambda s: elsewhere(s.database_url, password="wrong"),
            "does not let nollycrewhub_app in. Look at the user and the password in DATABASE_URL.",
        ),
        (
            "DATABASE_URL",
            lambda s: elsewhere(s.database_url, path="/postgres"),
            "DATABASE_URL: the schema is not there. Run `nollycrewhub migrate`.",
        ),
        ("DATABASE_URL", lambda s: s.database_owner_url, "DATABASE_URL: its role may create tables"),
        ("DATABASE_READER_URL", lambda s: s.database_url, "DATABASE_READER_URL: its role may write"),
        (
            "READ_REPLICA_URLS",
            lambda s: f"africa={elsewhere(s.database_reader_url, port=free_port())}",
            "READ_REPLICA_URLS (africa): PostgreSQL at",
        ),
        ("SESSION_URL", lambda s: elsewhere(s.session_url, port=free_port()), "SESSION_URL: Valkey at 127.0.0.1:"),
        ("SESSION_URL", lambda s: elsewhere(s.session_url, password="wrong"), "wants another password. Write it into SESSION_URL"),
        ("SESSION_URL", lambda s: s.cache_url, "SESSION_URL: this Valkey may drop sessions when it is full"),
        ("CACHE_URL", lambda s: elsewhere(s.cache_url, port=free_port()), "CACHE_URL: Valkey at 127.0.0.1:"),
        ("MAIL_URL", lambda _: f"smtp://127.0.0.1:{free_port()}", "MAIL_URL: the mail server does not answer"),
        ("MEDIA_FOLDER", lambda _: f"{__file__}/media", "MEDIA_FOLDER: "),
        ("MEDIA_FOLDER", lambda _: "/proc/nollycrewhub", "MEDIA_FOLDER: /proc/nollycrewhub cannot be written to"),
        ("DATABASE_OWNER_URL", lambda s: elsewhere(s.database_owner_url, port=free_port()), "DATABASE_OWNER_URL: PostgreSQL at 127.0.0.1:"),
        ("DATABASE_READER_URL", lambda s: f"{s.database_reader_url}?sslmode=perhaps", "DATABASE_READER_URL: something in this address"),
        ("CACHE_URL", lambda s: f"{s.cache_url}?socket_timeout=soon", "CACHE_URL: something in this address is not understood."),
        ("MAIL_URL", lambda _: "smtp://127.0.0.1:notaport", "MAIL_URL cannot be read as an address"),
        ("SESSION_URL", lambda _: "redis://127.0.0.1:99999/0", "SESSION_URL cannot be read as an address"),
        ("DATABASE_URL", lambda _: "postgresql://[::bad/z", "DATABASE_URL cannot be read as an address"),
        ("EDGE_ADDRESSES", lambda _: "10.0.0.0/8,zzz", "EDGE_ADDRESSES holds something that is no address or network"),
        ("PUBLIC_URL", lambda _: "zzz", "PUBLIC_URL is no address of such a server: it starts with https://."),
        ("PUBLIC_URL", lambda _: "https://a.example/", "PUBLIC_URL has more than a host in it"),
        ("PUBLIC_URL", lambda _: "https://", "PUBLIC_URL names no host"),
        ("HOST", lambda _: "192.0.2.7", "HOST: nothing can listen on 192.0.2.7"),
        ("VAPID_PRIVATE_KEY", lambda _: "AAAA", "VAPID_PRIVATE_KEY is not 32 bytes"),
        ("PUSH_HOSTS", lambda _: "fcm.googleapis.com,no host", "PUSH_HOSTS holds something that is no host"),
        ("POOL_WAIT", lambda _: "nan", "POOL_WAIT is a number from 0 to 60."),
        ("HASH_WORKERS", lambda _: "0", "HASH_WORKERS is a number from 1 to 256."),
        ("HASH_WORKERS", lambda _: "999999", "HASH_WORKERS is a number from 1 to 256."),
        ("PRIMARY_SHARE", lambda _: "2", "PRIMARY_SHARE is a number from 0 to 1."),
        ("REGION_ROUTING", lambda _: "far", "REGION_ROUTING"),
        ("SESSION_URL", lambda _: None, "SESSION_URL is not set"),
        ("DATABASE_URL", lambda _: "notaurl", "DATABASE_URL is no address of such a server: it starts with postgresql://."),
        ("PORT", lambda _: "70000", "PORT is a number from 1 to 65535."),
        ("PORT", lambda _: "0", "PORT is a number from 1 to 65535."),
        ("SERVICE", lambda _: "nope", "SERVICE: there is no nope. There are monolith, users, jobs,"),
        (
            "SESSION_URL",
            lambda _: "unix://:word@/nowhere/valkey.sock",
            "SESSION_URL: Valkey at /nowhere/valkey.sock does not answer at the moment (ConnectionError). Start it, or correct the path",
        ),
        ("DATABASE_READER_URL", lambda _: "postgresql:///x?host=/nowhere", "DATABASE_READER_URL: PostgreSQL at /nowhere does not answer"),
        ("WRITE_POOL", lambda _: "many", "WRITE_POOL has a value of the wrong kind. Write a number."),
    ],
)
def test_each_fault_is_a_sentence(ask: Ask, settings: Settings, name: str, change: Callable[[Settings], str | None], sentence: str) -> None:
    code, said = ask(**{name: change(settings)})
    assert code == 1
    assert sentence in said
    assert all(line.startswith("- ") and line.endswith((".", ")")) for line in said.splitlines())
    assert settings.database_url.split(":")[2].split("@")[0] not in said


# What a value must be, by the words of its row; a setting that any text may be is in none of them.
ADDRESSES = {name for name in FIELDS if name.endswith("_url") or name in ("read_replica_urls", "vapid_subject")}
PLACES = {"host", "port", "edge_addresses", "media_folder", "mail_from", "mail_bounces", "vapid_private_key", "push_hosts"}
NUMBERS = {name for name, field in FIELDS.items() if field.type in (int, float)}
CHOICES = {"shape", "region", "region_routing", "scaling_actuator"} | {name for name, field in FIELDS.items() if field.type is bool}
RUBBISH = (
    "zzz",
    "[::bad",
    "//",
    "smtp://127.0.0.1:notaport",
    "redis://127.0.0.1:99999/0",
    "postgresql://[::bad/z",
    "https://",
    "-1",
    "ọ\n",
)


@pytest.mark.parametrize("name", [name for name in FIELDS if name != "secret"])
def test_rubbish_in_any_setting_is_a_sentence_and_never_a_traceback(ask: Ask, settings: Settings, name: str) -> None:
    variable = ROWS[name][0]
    is_free = name not in ADDRESSES | PLACES | NUMBERS | CHOICES
    for value in ("zzz",) if is_free else ("/proc/zzz", "/dev/null/zzz") if name == "media_folder" else RUBBISH:
        changes = {variable: value} if name != "host" else {"HOST": value.replace("\n", "") + ".invalid"}
        code, said = ask(**changes)
        assert "Traceback" not in said, value
        assert all(line.startswith("- ") and line.endswith((".", ")")) for line in said.splitlines() if code), said
        if not is_free:
            assert (code, variable in said) == (1, True), (value, said)
        assert settings.database_url.split(":")[2].split("@")[0] not in said


def test_production_faults_are_all_told_at_once(ask: Ask) -> None:
    code, said = ask(NOLLYCREWHUB_SHAPE="production", SECRET="changeme", MAIL_URL=None)
    assert code == 1
    assert all(word in said for word in ("SECRET", "MAIL_URL", "PUBLIC_URL"))


def test_a_laptop_without_servers_of_its_own_is_sent_to_make_up(ask: Ask) -> None:
    code, said = ask(DATABASE_URL=None)
    assert (code, "`make up` brings its own" in said) == (0, True)
    assert "Nothing is wrong" not in said


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """A place where no setting at all is given."""
    others = ("RENDER", "REDIS_URL", "READ_REPLICA_URL", "SESSION_SECRET", "SERVICE")
    for variable in (*others, *(variable for variable, *_ in ROWS.values())):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.chdir(tmp_path)
    return monkeypatch


UNSET = ["DATABASE_URL is not set", "SESSION_URL is not set", "SECRET is missing", "MAIL_URL is not set", "PUBLIC_URL must be"]
SERVING = {
    "NOLLYCREWHUB_SHAPE": "production",
    "SESSION_URL": "redis://127.0.0.1:1/0",
    "SECRET": "kR8-2mQx_7vLw0ZtYb4NfJs6Gh1Dc9Ea3Pu5",
    "MAIL_URL": "smtp://127.0.0.1:9",
    "PUBLIC_URL": "https://films.example",
}


@pytest.mark.parametrize(
    ("given", "starts"),
    [
        ({"NOLLYCREWHUB_SHAPE": "production"}, UNSET),
        ({"RENDER": "true"}, UNSET),
        ({"NOLLYCREWHUB_SHAPE": "production", "SECRET": "short"}, UNSET),
        (SERVING, ["DATABASE_URL is not set"]),
        ({**SERVING, "PORT": "abc"}, ["DATABASE_URL is not set", "PORT has a value of the wrong kind"]),
    ],
    ids=["nothing but the shape", "on Render", "a short secret", "only the database forgotten", "and a port that is none"],
)
def test_production_without_a_database_is_told_what_serve_tells(
    bare: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], given: dict[str, str], starts: list[str]
) -> None:
    for name, value in given.items():
        bare.setenv(name, value)
    assert doctor.run(argparse.Namespace()) == 1
    said = [line.removeprefix("- ") for line in capsys.readouterr().out.splitlines()]
    assert [line.startswith(start) for line, start in zip(said, starts, strict=True)] == [True] * len(starts), said
    assert main(["serve"]) == 1
    assert capsys.readouterr().err.splitlines() == said


@pytest.mark.parametrize(
    ("given", "starts"),
    [
        ({"NOLLYCREWHUB_SHAPE": "foo"}, ["NOLLYCREWHUB_SHAPE has a value of the wrong kind. It is one of laptop, test, production."]),
        ({"PORT": "abc", "SECRET": "x"}, ["SECRET is missing or shorter", "PORT has a value of the wrong kind. Write a number."]),
        ({"PORT": "abc", "WRITE_POOL": "x", "POOL_WAIT": "99"}, ["PORT has", "WRITE_POOL has", "POOL_WAIT is a number from 0 to 60."]),
        ({"READ_REPLICA_URLS": "garbage"}, ["READ_REPLICA_URLS is no address of such a server"]),
        ({"SESSION_URL": "garbage"}, ["SESSION_URL is no address of such a server", "CACHE_URL is no address of such a server"]),
        ({"SERVICE": "nope"}, ["SERVICE: there is no nope."]),
        ({"HOST": "192.0.2.7"}, ["HOST: nothing can listen on 192.0.2.7"]),
        ({"MEDIA_FOLDER": "/dev/null/media"}, ["MEDIA_FOLDER: /dev/null/media cannot be written to"]),
        ({"MAIL_URL": "smtp://127.0.0.1:1"}, ["MAIL_URL: the mail server does not answer"]),
    ],
    ids=["shape", "port and secret", "three numbers", "replicas", "sessions", "service", "host", "folder", "mail"],
)
def test_a_wrong_setting_is_told_also_where_no_database_is_named(
    bare: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], given: dict[str, str], starts: list[str]
) -> None:
    for name, value in given.items():
        bare.setenv(name, value)
    assert doctor.run(argparse.Namespace()) == 1
    said = capsys.readouterr().out.splitlines()
    assert "`make up` brings its own" in said[0]
    assert [line.startswith(f"- {start}") for line, start in zip(said[1:], starts, strict=True)] == [True] * len(starts), said


@pytest.mark.parametrize("given", [{}, {"NOLLYCREWHUB_SHAPE": "laptop", "PORT": "8001"}], ids=["nothing", "a port"])
def test_nothing_given_is_no_fault(bare: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], given: dict[str, str]) -> None:
    for name, value in given.items():
        bare.setenv(name, value)
    assert doctor.run(argparse.Namespace()) == 0
    assert capsys.readouterr().out.splitlines()[1:] == ["This machine has what it takes."]


def test_a_small_machine_is_told_what_it_lacks(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "LEAST_SPACE", 10**20)
    monkeypatch.setattr(doctor, "LEAST_FILES", 10**9)
    code, said = ask()
    assert code == 1
    assert "of disk are free here" in said and "open files a process" in said
