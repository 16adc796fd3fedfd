"""The heartbeat: whoever waits for it outside hears of a site whose workers are gone, whom no alert of our own could leave."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from nollycrewhub.domains.notifications.module import MODULE
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.carriers import Carriers
from nollycrewhub.platform.settings import Settings
from nollycrewhub.services import monolith
from tests.events.test_counting import work_of
from tests.measuring import Measure
from tests.served import Served, environment, stopped, wait_until
from tests.simulators.providers import Answer, Simulator

(BEAT,) = (cron for cron in MODULE.cron if cron.name == "alert.heartbeat")
SILENT = 3.0
DUE = """
insert into platform.job_tick (name, due) values ($1, now() - interval '1 hour') on conflict (name) do update set due = excluded.due
"""
STUCK = "insert into platform.pgqueuer (priority, entrypoint, payload, status, execute_after) values (0, $1, '{}', 'queued', now() - $2::interval)"


class Switch(Simulator):
    """A dead man's switch: whoever keeps it is told when nobody has called for too long."""

    def __init__(self) -> None:
        super().__init__()
        self.at: list[float] = []

    def take(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """A call at the address that only we know."""
        if path != "/beats/ours" or body:
            return 404, {}, {}
        self.at.append(time.monotonic())
        return 200, {}, {}


@pytest.fixture
async def beating(settings: Settings) -> AsyncIterator[tuple[Process, Switch]]:
    """The program, told where to beat."""
    switch = Switch()
    process = monolith.create_app(msgspec.structs.replace(settings, alert_heartbeat_url=f"{switch.url}/beats/ours"))
    await process.runtime.start()
    async with process.runtime.db.write_session() as session:
        await session.sql("delete from platform.pgqueuer")
        await process.runtime.db.commit(session)
    yield process, switch
    await process.runtime.stop()
    switch.stop()


async def beat(process: Process) -> None:
    """What a worker does each minute."""
    async with process.runtime.db.write_session() as session:
        await BEAT.run(work_of(process, session))
        await process.runtime.db.commit(session)


async def store(process: Process, statement: str, *given: object) -> None:
    """A row of the queue."""
    async with process.runtime.db.write_session() as session:
        await session.sql(statement, *given)
        await process.runtime.db.commit(session)


async def test_a_killed_worker_is_heard_of_by_its_silence(beating: tuple[Process, Switch], tmp_path: Path, measured: Measure) -> None:
    process, switch = beating
    env = environment(process.runtime.settings, ALERT_HEARTBEAT_URL=f"{switch.url}/beats/ours")
    for life in ("first", "second"):
        heard = len(switch.at)
        (tmp_path / life).mkdir()
        await store(process, DUE, BEAT.name)
        worker = Served(tmp_path / life, ["worker"], env)
        worker.working()
        with stopped(worker):
            await asyncio.to_thread(wait_until, lambda before=heard: len(switch.at) > before, what="no beat")  # type: ignore[misc]
            worker.process.kill()
        heard = len(switch.at)
        await store(process, DUE, BEAT.name)
        await asyncio.sleep(SILENT)
        assert len(switch.at) == heard, "it was due, and nobody was there"
    measured("heartbeat", beats=len(switch.at), silent_s=SILENT)


@pytest.mark.parametrize(("queue", "minutes", "beats"), [
    ("alert.webhook", 11, 0), ("event:notifications.alert_raised", 11, 0), ("alert.webhook", 9, 1), ("script-analysis", 120, 1),
])  # fmt: skip
async def test_nobody_beats_while_alerts_do_not_leave(beating: tuple[Process, Switch], queue: str, minutes: int, beats: int) -> None:
    process, switch = beating
    await store(process, STUCK, queue, timedelta(minutes=minutes))
    await beat(process)
    assert len(switch.at) == beats


@pytest.mark.parametrize("fault", ["refuse", "lose"])
async def test_a_switch_that_is_away_fails_no_job_and_is_asked_again(beating: tuple[Process, Switch], fault: str) -> None:
    process, switch = beating
    setattr(switch.faults, fault, 500 if fault == "refuse" else True)
    await beat(process)
    setattr(switch.faults, fault, 0)
    await beat(process)
    assert (switch.asked, len(switch.at)) == (2, 1 + (fault == "lose"))


async def test_a_site_that_is_told_no_address_beats_nowhere(process: Process) -> None:
    assert process.runtime.ports.get(Carriers).heartbeat is None
    await beat(process)
