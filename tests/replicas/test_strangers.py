"""A replica that copies another primary answers nobody and says why; one that is away from the start is told of too."""

from pathlib import Path

import pytest
import structlog

from nollycrewhub.cli import doctor
from nollycrewhub.devstack.postgres import free_port
from nollycrewhub.platform.db import Database, Query
from nollycrewhub.platform.db import server as watched
from nollycrewhub.platform.settings import Settings
from tests.replicas.conftest import eventually, with_changes

NUMBER = Query(int, "select 7")


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> structlog.testing.CapturingLogger:
    """What is logged of the servers."""
    found = structlog.testing.CapturingLogger()
    monkeypatch.setattr(watched, "LOG", found)
    return found


def told(said: structlog.testing.CapturingLogger, server: str) -> list[tuple[str, str]]:
    """The lines of one server that say it does not serve."""
    return [(call.args[0], call.kwargs["why"]) for call in said.calls if call.kwargs["server"] == server and "why" in call.kwargs]


async def test_a_replica_of_another_cluster_answers_nobody(
    fleet_settings: Settings, settings: Settings, said: structlog.testing.CapturingLogger, tmp_path: Path
) -> None:
    strange = with_changes(
        fleet_settings, media_folder=str(tmp_path),
        read_replica_urls={"africa": settings.read_replica_urls["africa"], "europe": fleet_settings.read_replica_urls["europe"]},
    )  # fmt: skip
    db = Database(strange)
    await db.start()
    try:
        assert await eventually(lambda: db.replicas[1].is_in)
        for _ in range(3):  # as often as makes any other replica serve
            await db.replicas[0].probe(db.trail, cluster=db.primary.cluster)
        read = db.read_session(region="africa")
        assert (await read.value(NUMBER), read.server) == (7, "europe")
        state = db.states()[1]
        assert (state.is_in, state.why, state.position) == (False, watched.STRANGER, "")
        assert told(said, "africa") == [("server is out", watched.STRANGER)]
    finally:
        await db.stop()
    assert [fault for fault in await doctor.server_faults(strange) if "another primary" in fault] == [
        "READ_REPLICA_URLS (africa): this server is a copy of another primary, so nobody is answered from it. "
        "Name a replica of the server in DATABASE_URL."
    ]


async def test_a_replica_that_is_away_from_the_start_is_told_of_once(
    fleet_settings: Settings, said: structlog.testing.CapturingLogger
) -> None:
    db = Database(with_changes(fleet_settings, read_replica_urls={"africa": f"postgresql://nobody@127.0.0.1:{free_port()}/nowhere"}))
    await db.start()
    try:
        for _ in range(3):
            await db.replicas[0].probe(db.trail, cluster=db.primary.cluster)
        assert told(said, "africa") == [("server is out", "does not answer (ConnectionRefusedError)")]
        assert (db.states()[1].lag_bytes, db.states()[1].lag_seconds) == (None, None)
        assert db.states()[0].lag_bytes == 0
    finally:
        await db.stop()
