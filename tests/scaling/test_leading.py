"""One leads, and stops at once when it has lost the lead, however it lost it; the next one goes on where it was."""

import asyncio
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from nollycrewhub.cli.fleet import Crew, Fleet, FleetDoor
from nollycrewhub.cli.supervisor import Child
from nollycrewhub.platform.db import Leadership, LeadLost, Query
from nollycrewhub.platform.settings import Settings
from nollycrewhub.scaling import repository
from nollycrewhub.scaling.actuators.port import ActuatorError
from nollycrewhub.scaling.controller import LOCK
from nollycrewhub.scaling.rules.deciding import Decision, Sample, Wish
from nollycrewhub.scaling.rules.figuring import Figures
from tests.conftest import FULL
from tests.measuring import Measure
from tests.scaling.conftest import Make, Numbers, Reports, until
from tests.served import Served, environment

END = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1"
PID = Query(int, "select pg_backend_pid()")
TURNS = 20 if FULL else 2
SAMPLE = Sample(at=1.0, web=1, workers=1, web_asked=1, workers_asked=1)


async def pid_of(lead: Leadership) -> int:
    """The server's process behind the leader's connection."""
    return (await lead.rows(PID))[0]


@pytest.fixture
async def app(settings: Settings, owner: asyncpg.Connection) -> AsyncIterator[asyncpg.Connection]:
    """The role of the scaler, which may end its own connections."""
    assert not owner.is_closed()
    connection = await asyncpg.connect(settings.database_direct_url)
    yield connection
    await connection.close()


async def test_one_of_two_leads_and_the_other_follows_at_once(settings: Settings, app: asyncpg.Connection) -> None:
    one, two = (Leadership(settings.database_direct_url, LOCK, who=who) for who in ("one", "two"))
    assert await one.campaign()
    assert not await two.campaign()
    assert await one.campaign(), "asked again it still leads"
    with pytest.raises(LeadLost):
        await two.run("select 1")
    assert await app.fetchval("select pg_terminate_backend($1)", await pid_of(one))
    await asyncio.wait_for(one.lost.wait(), 2)
    assert not one.is_leading
    with pytest.raises(LeadLost):
        await one.run("select 1")
    assert await two.campaign()
    assert not await one.campaign()
    await two.resign()
    assert await one.campaign(), "whoever resigns lets another one lead at once"
    await one.resign()


async def test_a_leader_that_is_frozen_loses_the_lead(settings: Settings, owner: asyncpg.Connection) -> None:
    """Its machine answers for it, so only its silence tells."""
    one = Leadership(settings.database_direct_url, LOCK, who="one", idle=0.5)
    two = Leadership(settings.database_direct_url, LOCK, who="two")
    assert await one.campaign()
    for _ in range(4):
        await asyncio.sleep(0.25)
        await one.run("select 1")
    assert not await two.campaign(), "who asks now and then goes on leading"
    await until(two.campaign, within=3)
    with pytest.raises(LeadLost):
        await one.run("select 1")
    await two.resign()


async def test_a_leader_that_rests_for_long_is_still_there(make: Make, numbers: Numbers, monkeypatch: pytest.MonkeyPatch) -> None:
    one = make()
    one.lead.idle = 0.6

    async def away() -> None:
        raise ActuatorError("It is away.", retry_after=60.0)

    monkeypatch.setattr(numbers, "fleet", away)
    running = asyncio.create_task(one.run())
    await until(lambda: one.term)
    await asyncio.sleep(1.5)
    assert (one.lead.is_leading, one.lead.lost.is_set()) == (True, False)
    one.stopping.set()
    await running


async def test_a_wrong_statement_costs_nobody_the_lead(settings: Settings, owner: asyncpg.Connection) -> None:
    lead = Leadership(settings.database_direct_url, LOCK, who="one")
    assert await lead.campaign()
    with pytest.raises(asyncpg.UndefinedColumnError):
        await lead.run("select nothing_of_the_kind")
    assert lead.is_leading
    await lead.resign()


async def test_a_database_that_is_away_is_nobodys_lead(settings: Settings) -> None:
    lead = Leadership("postgresql://app@127.0.0.1:1/x", LOCK, who="one")
    assert not await lead.campaign()
    await lead.resign()


async def test_who_led_before_can_store_nothing_any_more(settings: Settings, owner: asyncpg.Connection) -> None:
    """Even with a connection that lives: only the newest term is written in."""
    lead = Leadership(settings.database_direct_url, LOCK, who="old")
    assert await lead.campaign()
    term = await repository.begin_term(lead, "old")
    await repository.store_look(lead, term, SAMPLE, figures=Figures(), wish=Wish(1.0, 1, 1))
    decision_id = await repository.store_decision(lead, term, SAMPLE, decision=Decision(web=1, workers=1), held=None)
    await repository.begin_term(lead, "new")
    with pytest.raises(LeadLost):
        await repository.store_look(lead, term, SAMPLE, figures=Figures(), wish=Wish(1.0, 1, 1))
    for held in (None, decision_id):
        with pytest.raises(LeadLost):
            await repository.store_decision(lead, term, SAMPLE, decision=Decision(web=1, workers=1), held=held)
    assert await owner.fetchval("select count(*) from scaling.look") == 1
    assert await owner.fetchval("select max(looks) from scaling.decision") == 1
    await lead.resign()


async def test_a_leader_whose_connection_is_ended_stops_at_once_and_another_takes_over(
    make: Make, reports: Reports, owner: asyncpg.Connection, app: asyncpg.Connection, measured: Measure
) -> None:
    await reports.carry()
    one, two = make("one"), make("two")
    running = [asyncio.create_task(each.run()) for each in (one, two)]
    slowest = 0.0
    for _ in range(TURNS):
        leader = await until(lambda: next((each for each in (one, two) if each.lead.is_leading and each.term), None))
        other = two if leader is one else one
        term = leader.term
        await until(lambda term=term: owner.fetchval("select count(*) from scaling.look where term = $1", term))
        assert not other.lead.is_leading
        began = asyncio.get_running_loop().time()
        assert await app.fetchval(END, f"lead {leader.lead.who}")
        ended = await owner.fetchval("select clock_timestamp()")
        await until(lambda term=term: owner.fetchval("select count(*) from scaling.look where term > $1", term))
        slowest = max(slowest, asyncio.get_running_loop().time() - began)
        late = await owner.fetchval("select count(*) from scaling.look where term = $1 and at > $2", term, ended)
        assert late == 0, "it decided after its lead was lost"
    leaders = await owner.fetch("select id, leader from scaling.term order by id")
    assert len(leaders) > TURNS
    measured("the scaler's lead", how="pg_terminate_backend", turns=TURNS, slowest_s=round(slowest, 2), every_s=0.2)
    for each in (one, two):
        each.stopping.set()
    await asyncio.gather(*running)


@pytest.fixture
def far_end() -> Iterator[str]:
    """A supervisor's door, with one child that serves."""
    with tempfile.TemporaryDirectory(prefix="nch-") as folder:
        child = Child("1", ["true"], {}, serves=True)
        door = FleetDoor(
            Fleet([Crew("web", lambda _: child, 1, least=1), Crew("workers", lambda _: child, 0, least=0)]), Path(folder) / "fleet"
        )
        yield str(door.path)
        door.close()


async def test_a_killed_scaler_is_followed_by_another_within_seconds(
    settings: Settings, owner: asyncpg.Connection, far_end: str, tmp_path: Path, measured: Measure
) -> None:
    words = ["scale", "run", "--actuator", "local", "--every", "0.5", "--least-web", "1"]
    scalers = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        scalers.append(Served(tmp_path / name, words, environment(settings, INSTANCE_ID=name, FLEET_SOCKET=far_end)))
    try:

        async def leads() -> Any:
            return await owner.fetchrow(
                "select term.id, leader from scaling.term where id = (select max(id) from scaling.term) "
                "and exists (select 1 from scaling.look where term = term.id)"
            )  # fmt: skip

        first = await until(leads, within=40)
        await until(lambda: all("leads" in each.said() or each.process.poll() is None for each in scalers))
        leader = scalers[("one", "two").index(first["leader"])]
        began = asyncio.get_running_loop().time()
        leader.process.send_signal(signal.SIGKILL)
        await until(lambda: owner.fetchval("select count(*) from scaling.look where term > $1", first["id"]), within=20)
        seconds = asyncio.get_running_loop().time() - began
        second = await leads()
        assert second["leader"] != first["leader"]
        measured("the scaler's lead", how="SIGKILL", seconds=round(seconds, 2), every_s=0.5)
        assert seconds < 10
    finally:
        codes = [each.stop() for each in scalers]
    assert sorted(codes) == [-signal.SIGKILL, 0], [each.said()[-500:] for each in scalers]
