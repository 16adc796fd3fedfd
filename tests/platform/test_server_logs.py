"""The servers' own logs: no personal data in them, and no end to their growth but ours."""

import os
import shutil
from pathlib import Path

import asyncpg
import pytest

from nollycrewhub.devstack.logs import shorten
from nollycrewhub.devstack.stack import Stack
from nollycrewhub.devstack.watch import Watch
from nollycrewhub.kit.ids import uuid7
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.db import Query

FOLDER = Query(str, "select current_setting('data_directory')")
JOIN = "insert into users.person (id, handle, name, email) values ($1, $2, 'Canary Person', $3)"


async def test_a_refused_row_is_not_in_the_databases_log(process: Process) -> None:
    mark = uuid7().hex
    for email in (f"first.{mark}@canary.test", f"second.{mark}@canary.test"):
        async with process.runtime.db.write_session() as session:
            await session.sql(JOIN, uuid7(), f"canary-{mark}", f"kept.{email}")
            with pytest.raises(asyncpg.UniqueViolationError):
                await session.sql(JOIN, uuid7(), f"canary-{mark}", email)
    folder = await process.runtime.db.read_session(primary=True).one(FOLDER)
    assert folder is not None
    text = (Path(folder) / "server.log").read_text()
    assert 'violates unique constraint "uq_person_handle"' in text, "the failure itself is told"
    assert mark not in text


def test_a_log_keeps_its_newest_lines_while_its_server_writes_on(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    with log.open("ab", buffering=0) as server:
        for number in range(1000):
            server.write(b"line %d\n" % number)
        shorten(log, largest=log.stat().st_size, kept=100)
        assert log.read_bytes().startswith(b"line 0\n"), "not too large yet"
        shorten(log, largest=5000, kept=100)
        server.write(b"line 1000\n")
    lines = log.read_text().splitlines()
    assert lines[-1] == "line 1000" and lines[-2] == "line 999" and 5 < len(lines) < 15
    assert all(line.startswith("line ") for line in lines), "no half line"
    shorten(tmp_path / "none.log")


def test_a_running_stack_keeps_every_servers_log_short(tmp_path: Path) -> None:
    stack = Stack(tmp_path, replicas=1)
    for server in stack.servers():
        server.log.parent.mkdir(parents=True, exist_ok=True)
        server.log.write_bytes(b"a line\n" * 700_000)
    watch = Watch(stack, say=lambda _: None)
    watch.shorten_logs()
    watch.stop()
    sizes = [os.path.getsize(server.log) for server in stack.servers()]
    shutil.rmtree(stack.account.data)
    assert len(sizes) == 4 and max(sizes) < 1_100_000
