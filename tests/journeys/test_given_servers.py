"""`up` with DATABASE_URL and the rest set: it uses those servers, and brings none of its own."""

import secrets
from pathlib import Path

from nollycrewhub.platform.settings import Settings
from tests.journeys.running import Up, descendants, words_of
from tests.served import environment


def test_up_uses_the_servers_it_is_given(settings: Settings, tmp_path: Path) -> None:
    up = Up(tmp_path / "data", env=environment(settings, NOLLYCREWHUB_SHAPE="laptop"))
    up.start()
    assert up.process is not None
    try:
        who = up.join(f"{secrets.token_hex(5)}@example.test")
        assert up.title_of(up.post_job(who, "Posted to given servers")) == "Posted to given servers"
        programs = {Path(words[0]).name for each in descendants(up.process.pid) if (words := words_of(each))}
        assert programs <= {"python", "python3", "python3.11", "python3.12", "python3.13"}, programs
        assert not [*tmp_path.glob("data/primary"), *tmp_path.glob("data/valkey*"), *tmp_path.glob("data/WHERE")]
    finally:
        said = up.interrupt()
    assert "Starting PostgreSQL" not in said
