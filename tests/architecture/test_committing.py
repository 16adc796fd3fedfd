"""Nobody commits outside platform, by whatever way: each is planted and found, and what only sounds like it is left alone."""

import shutil
from pathlib import Path

import pytest

from checks import committing

TOP = Path(__file__).parents[2]
SINS = [
    "await session.commit()",
    "await db.commit()",
    "await db.commit(session)",
    "ending = session.commit",
    'await getattr(session, "commit")()',
    'await session.sql("commit")',
    'await session.sql("COMMIT;")',
    'await session.sql("end;")',
    'await session.sql("end work")',
    'await session.sql("commit and chain")',
    "await session.sql(\"commit prepared 'x'\")",
    'await session.sql("update jobs.job set views = 1; commit")',
    'await session.sql("/* at last */ commit")',
    'await session.sql("-- at last\\n commit")',
    'await session.sql(f"commit; select {x}")',
    'await session.sql("com" "mit")',
    'await connection.execute(b"commit")',
    "async with session.begin(): pass",
    "async with connection.transaction(): pass",
    "from nollycrewhub.platform.db.writing import commit",
    "commit(session)",
]
FINE = [
    "session.after_commit(forget)",
    "async with session.begin_nested(): pass",
    'f("""Counts a cost; the row stays locked until the commit.""")',
    'words = {"stop", "end"}',
    'rules = "the end; and a beginning"',
    'await session.sql("select 1 as committed")',
]


def planted(top: Path, place: str, text: str) -> list[str]:
    """What the check says of a function that holds one line, in a package of one file."""
    path = top / "src" / "nollycrewhub" / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"async def f(session, db, connection, x):\n    {text}\n")
    return committing.commits(top)


@pytest.mark.parametrize("place", ["domains/jobs/service/applying.py", "web/forms.py", "cli/up.py"])
@pytest.mark.parametrize("sin", SINS)
def test_a_commit_is_found(tmp_path: Path, place: str, sin: str) -> None:
    found = planted(tmp_path, place, sin)
    assert len(found) >= 1
    assert found[0].startswith(f"src/nollycrewhub/{place}:2 commits by ")


@pytest.mark.parametrize("text", FINE)
def test_what_only_sounds_like_it_is_fine(tmp_path: Path, text: str) -> None:
    assert planted(tmp_path, "domains/jobs/service.py", text) == []


def test_platform_commits(tmp_path: Path) -> None:
    assert planted(tmp_path, "platform/gate.py", SINS[0]) == []


def test_a_file_with_an_exception_may_do_nothing_else(tmp_path: Path) -> None:
    assert planted(tmp_path, "cli/jobs.py", "await db.commit(session)") == []
    assert len(planted(tmp_path, "cli/jobs.py", "await session.commit()")) == 1
    assert len(planted(tmp_path, "cli/jobs.py", "await db.commit()")) == 1


def test_every_exception_is_still_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, _ in committing.EXCEPTIONS:
        (tmp_path / "src/nollycrewhub" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(TOP / "src/nollycrewhub" / name, tmp_path / "src/nollycrewhub" / name)
    assert committing.commits(tmp_path) == []
    exceptions = committing.EXCEPTIONS
    monkeypatch.setattr(committing, "EXCEPTIONS", {})
    found = committing.commits(tmp_path)
    assert [(name, way) for name, way in exceptions if not any(f"/{name}:" in each and f" {way};" in each for each in found)] == []
