"""A server that does not answer at the moment `serve` starts is one sentence, whatever stands between it and us; no stack frames."""

from pathlib import Path

import pytest

from nollycrewhub.cli.main import main
from nollycrewhub.devstack.postgres import free_port
from nollycrewhub.platform.settings import Settings
from tests.cli.test_doctor import elsewhere
from tests.served import PATIENCE, Served, environment


@pytest.mark.parametrize("names", [("DATABASE_URL", "DATABASE_READER_URL"), ("DATABASE_READER_URL",)], ids=["the pooler", "the reader"])
def test_serve_says_in_a_sentence_who_does_not_answer(settings: Settings, tmp_path: Path, names: tuple[str, ...]) -> None:
    port = free_port()
    away = {name: elsewhere(getattr(settings, name.lower()), port=port) for name in names}
    served = Served(tmp_path, ["serve"], environment(settings, READ_REPLICA_URLS="", **away))
    try:
        assert served.process.wait(PATIENCE) == 1, served.said()
        said = served.said()
        for name in names:
            assert f"{name}: PostgreSQL at 127.0.0.1:{port} does not answer at the moment (ConnectionRefusedError). Start it, or" in said
        assert [word for word in ("Traceback", '"frames"', '"exception"', "asyncpg/") if word in said] == []
    finally:
        served.stop()


def test_a_file_that_cannot_be_read_is_no_server_that_is_away(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["loadtest", "report", str(tmp_path)]) == 1
    assert capsys.readouterr().err == f"{tmp_path}: Is a directory.\n"


@pytest.mark.parametrize("words", [("jobs", "show"), ("jobs", "retry"), ("jobs", "cancel"), ("events", "replay")])
def test_a_number_that_no_job_has_is_refused_in_a_sentence(words: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main([*words, str(10**20)])
    assert refused.value.code == 2
    assert f"no job has the number {10**20}" in capsys.readouterr().err
