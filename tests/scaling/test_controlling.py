"""What is seen is decided on, stored with its reasons, asked for once, and told in a sentence."""

import asyncio
import contextlib
import json
import re
from collections.abc import Awaitable, Callable

import asyncpg
import msgspec
import pytest
from structlog.testing import capture_logs

from nollycrewhub.cli.main import main
from nollycrewhub.platform import log
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.cache import connect
from nollycrewhub.platform.db import ReadSession
from nollycrewhub.platform.settings import Settings
from nollycrewhub.scaling import repository
from nollycrewhub.scaling.actuators.port import ActuatorError, Fleet
from nollycrewhub.scaling.controller import Controller
from nollycrewhub.scaling.rules.deciding import State
from nollycrewhub.scaling.rules.figuring import Figures
from nollycrewhub.scaling.status import explanation, status
from tests.scaling.conftest import POLICY, Make, Numbers, Reports, until
from tests.served import environment

EVERY_DAY = """
insert into scaling.event (name, first, last, yearly, factor, tenfold, prewarm_minutes, version)
values ('Every day', '2026-01-01', '2026-12-31', true, 3, false, 30, 1)
"""


@pytest.fixture
def read(process: Process) -> ReadSession:
    """As a page reads."""
    return process.runtime.db.read_session(primary=True)


async def leading(controller: Controller) -> Controller:
    """One that leads, and looks when it is told to."""
    assert await controller.lead.campaign()
    controller.term = await repository.begin_term(controller.lead, controller.lead.who)
    return controller


async def test_load_is_answered_stored_and_explained(make: Make, numbers: Numbers, reports: Reports, read: ReadSession) -> None:
    one = await leading(make())
    for _ in range(3):
        await reports.carry(in_flight=9.0, seconds=0.4)
        await one.look()
    assert numbers.asked == [(2, 1)], "one report alone has no difference to see"
    found = await status(read)
    assert (found.leader, found.is_watched, found.incidents) == ("first", True, [])
    assert found.figures is not None
    assert (found.figures.in_flight, found.figures.limit, found.figures.per_second) == (9.0, 10, 20.0)
    assert found.figures.p95_ms == pytest.approx(400, rel=0.2)
    told = await explanation(read)
    assert told is not None
    assert (told.web_before, told.web, told.workers, told.outcome) == (1, 2, 1, "asked")
    assert "it decided to add to 1 web process until there are 2, because 9 requests are in flight, 5 to a process; " in told.why
    assert told.why.endswith("No threshold was passed. The actuator was asked, and took it.")


async def test_what_holds_is_told_once_with_until_when(make: Make, reports: Reports, numbers: Numbers, read: ReadSession) -> None:
    one = await leading(make())
    for _ in range(5):
        await reports.carry(in_flight=4.9)
        await one.look()
    assert numbers.asked == []
    rows = await repository.decisions(read, limit=10)
    assert len(rows) == 1
    assert (rows[0].looks, rows[0].outcome) == (5, "held")
    assert rows[0].until > rows[0].at
    assert len(await repository.looks(read, limit=10)) == 5
    told = await explanation(read)
    assert told is not None
    assert "(5 looks) it decided to leave one web process as it is and to leave one worker as it is, because" in told.why


async def test_many_that_are_turned_away_bring_many_at_once(make: Make, reports: Reports, numbers: Numbers) -> None:
    one = await leading(make())
    for _ in range(3):
        await reports.carry(in_flight=10.0, answers=300, shed=2700)
        await one.look()
    assert numbers.asked[0] == (5, 1)


async def test_an_actuator_that_refuses_is_left_alone_for_as_long_as_it_wishes(
    make: Make, reports: Reports, numbers: Numbers, read: ReadSession
) -> None:
    one = await leading(make())
    numbers.refusal = ActuatorError("Render says that it has had enough.", retry_after=60)
    for _ in range(3):
        await reports.carry(in_flight=9.0)
        await one.look()
    rows = await repository.decisions(read, changes_only=True, limit=10)
    assert [row.outcome for row in rows] == ["it wants to be left alone for 60 s more.", "Render says that it has had enough."]
    told = await explanation(read, decision_id=rows[-1].id)
    assert told is not None
    assert told.why.endswith("The actuator did not do it: Render says that it has had enough.")
    numbers.refusal, one.not_before = None, 0.0
    await one.look()
    assert numbers.asked == [(2, 1)], "it is asked again, because the number still is not what it should be"


async def test_a_fleet_that_cannot_be_seen_is_not_decided_about(
    make: Make, numbers: Numbers, read: ReadSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await leading(make())

    async def away() -> None:
        raise ActuatorError("It is away.", retry_after=0.5)

    monkeypatch.setattr(numbers, "fleet", away)
    with pytest.raises(ActuatorError):
        await one.look()
    assert await repository.decisions(read) == []
    running = asyncio.create_task(one.run())
    await asyncio.sleep(0.5)
    assert one.lead.is_leading, "it goes on leading"
    one.stopping.set()
    await running


async def test_a_library_that_forgets_to_stop_is_told_again(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    one, asked = make(), asyncio.Event()

    async def forgetful(_: object) -> Figures:
        """As what has its answer at the moment it is told to stop, the first time."""
        if not asked.is_set():
            asked.set()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(60)
        return Figures()

    monkeypatch.setattr(one.collector, "look", forgetful)
    running = asyncio.create_task(one.run())
    await asyncio.wait_for(asked.wait(), 10)
    one.stopping.set()
    done, _ = await asyncio.wait({running}, timeout=5)
    assert done == {running}
    assert not one.lead.is_leading


async def test_a_leader_that_looks_in_vain_goes_on_leading_and_says_so(
    make: Make, numbers: Numbers, read: ReadSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What shows that it is there is what it asks the database, and of a fleet that it cannot see it has nothing to store."""
    one = make()
    one.lead.idle, one.every, one.gives_up = 1.2, 0.25, 2.5

    async def away() -> Fleet:
        raise ActuatorError("It is away.")

    monkeypatch.setattr(numbers, "fleet", away)
    running = asyncio.create_task(one.run())
    await until(lambda: one.stuck_since)
    term = one.term

    async def incidents() -> list[repository.Incident]:
        return (await status(read)).incidents

    (found,) = await until(incidents)
    assert (found.action, one.term) == ("actuator_away", term)
    one.stopping.set()
    await running


async def test_a_controller_that_can_do_nothing_says_so_and_says_when_it_can_again(
    make: Make, reports: Reports, numbers: Numbers, read: ReadSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = make()
    one.gives_up = 0.5
    can_be_seen = numbers.fleet

    async def away() -> Fleet:
        raise ActuatorError("Render says that the key is wrong.")

    monkeypatch.setattr(numbers, "fleet", away)
    running = asyncio.create_task(one.run())
    await until(lambda: one.stuck_since)
    assert (await status(read)).incidents == [], "a short absence is no incident"

    async def incidents() -> list[repository.Incident]:
        return (await status(read)).incidents

    (found,) = await until(incidents)
    assert (found.action, found.what) == ("actuator_away", "numbers: The fleet cannot be seen: Render says that the key is wrong.")
    monkeypatch.setattr(numbers, "fleet", can_be_seen)

    async def none_is_open() -> bool:
        return not await incidents()

    await until(none_is_open)
    numbers.refusal = ActuatorError("It takes no more.")
    for _ in range(3):
        await reports.carry(in_flight=9.0)
        await asyncio.sleep(0.25)
    (found,) = await until(incidents)
    assert found.what == "numbers: What was decided is not done: It takes no more."
    one.stopping.set()
    await running
    two = make("second")
    two.gives_up, numbers.refusal = 60.0, None
    following = asyncio.create_task(two.run())
    await until(none_is_open)
    two.stopping.set()
    await following


async def test_without_reports_the_numbers_stay(make: Make, numbers: Numbers, read: ReadSession) -> None:
    numbers.web = 7
    one = make()
    one.collector.client = connect("redis://127.0.0.1:1/0", patience=0.1)
    await leading(one)
    for _ in range(4):
        decision = await one.look()
    assert (decision.web, numbers.asked) == (7, [])
    assert any("nothing is known of the web processes" in reason for reason in decision.reasons)
    await one.collector.client.aclose()


async def test_failures_open_one_incident_which_is_told_and_is_over_in_its_time(
    make: Make, reports: Reports, numbers: Numbers, read: ReadSession, owner: asyncpg.Connection, worker_drain: Callable[[], Awaitable[int]]
) -> None:
    one = await leading(make())
    for _ in range(3):
        await reports.carry(in_flight=1.0, failed=10)
        await one.look()
    assert numbers.asked == []
    (incident,) = (await status(read)).incidents
    assert (incident.action, incident.what) == ("investigate_issues", "10.0 % of the requests fail")
    await worker_drain()
    assert (
        await owner.fetchval(
            "select count(*) from platform.event where name = 'incident.opened' and (body->>'incident')::int = $1", incident.id
        )
        == 1
    )
    two = make("second")
    await one.lead.resign()
    await leading(two)
    now = await repository.clock(two.lead)
    two.state = await repository.remembered(two.lead, now=now, window=POLICY.window, stabilisation=POLICY.stabilisation)
    assert two.state.is_incident
    await reports.carry(failed=10)
    await two.look()
    await reports.carry(failed=10)
    assert (await two.look()).incident == "", "a new leader opens no second one"
    await asyncio.sleep(POLICY.window + POLICY.quiet)
    for _ in range(8):
        await reports.carry()
        await two.look()
        await asyncio.sleep(0.5)
    assert (await status(read)).incidents == []
    await worker_drain()
    assert (
        await owner.fetchval(
            "select count(*) from platform.event where name = 'incident.closed' and (body->>'incident')::int = $1", incident.id
        )
        == 1
    )


async def test_the_next_leader_remembers_what_the_last_one_saw(make: Make, reports: Reports, numbers: Numbers) -> None:
    one = await leading(make())
    for _ in range(3):
        await reports.carry(in_flight=9.0)
        await one.look()
    two = make("second")
    await one.lead.resign()
    await leading(two)
    now = await repository.clock(two.lead)
    state = await repository.remembered(two.lead, now=now, window=POLICY.window, stabilisation=POLICY.stabilisation)
    assert state.samples == one.state.samples
    assert [(wish.web, wish.workers) for wish in state.wishes] == [(wish.web, wish.workers) for wish in one.state.wishes[1:]]
    assert state.web_changed == pytest.approx(one.state.web_changed, abs=0.01)
    assert (state.workers_changed, state.is_incident) == (State().workers_changed, False)


async def test_the_operators_calendar_is_asked(make: Make, reports: Reports, numbers: Numbers, owner: asyncpg.Connection) -> None:
    await owner.execute(EVERY_DAY)
    one = await leading(make())
    await reports.carry()
    decision = await one.look()
    assert numbers.asked == [(3, 1)]
    assert "the calendar asks for at least 3 (factor 3)" in decision.reasons


async def test_looks_and_decisions_go_when_they_are_old(make: Make, reports: Reports, owner: asyncpg.Connection) -> None:
    one = await leading(make())
    await reports.carry()
    await one.look()
    for table, column, kept, gone in (("look", "at", "47 hours", "49 hours"), ("decision", "until", "89 days", "91 days")):
        await owner.execute(f"update scaling.{table} set {column} = now() - interval '{kept}'")
        await repository.forget(one.lead)
        assert await owner.fetchval(f"select count(*) from scaling.{table}") == 1
        await owner.execute(f"update scaling.{table} set {column} = now() - interval '{gone}'")
        await repository.forget(one.lead)
        assert await owner.fetchval(f"select count(*) from scaling.{table}") == 0


async def test_the_commands_tell_it_in_words_and_to_programs(
    make: Make,
    reports: Reports,
    settings: Settings,
    owner: asyncpg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in environment(settings).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(log, "set_up", lambda **_: None)  # else the log of all later tests would go where this one's is read

    async def say(*words: str) -> tuple[int, str]:
        capsys.readouterr()
        with capture_logs():  # where no test before has set the log up it would be printed among the words
            code = await asyncio.to_thread(main, ["scale", *words])
        told = capsys.readouterr()
        return code, told.out + told.err

    assert await say("status") == (0, "Nobody has looked yet. `nollycrewhub scale run --actuator local` does.\n")
    code, said = await say("explain")
    assert (code, "There is no such decision" in said) == (1, True)
    one = await leading(make())
    for number in range(3):
        reports.last = msgspec.structs.replace(reports.last, served=(("africa", "phone", 2, 165 * number),))  # 65 of them by memory
        await reports.carry(in_flight=9.0)
        await one.look()
    code, said = await say("status")
    assert code == 0
    assert re.match(r"first leads; it looked \d s ago", said)
    assert "web processes  2 ready of 2 asked for; workers 1 of 1\n" in said
    assert (
        "load           9.0 requests in flight (10 a process at most), 33 answers a second of which 20 were not in memory, 0.0 % turned away\n"
        in said
    )
    assert "until there are 2, because 9 requests are in flight" in said
    code, said = await say("status", "--json")
    told = json.loads(said.splitlines()[-1])
    assert (code, told["leader"], told["change"]["web"], told["figures"]["limit"], told["is_watched"]) == (0, "first", 2, 10, True)
    code, said = await say("explain", "--json")
    told = json.loads(said.splitlines()[-1])
    assert (code, told["web_before"], told["web"], told["outcome"]) == (0, 1, 2, "asked")
    code, said = await say("explain", "--id", str(told["id"]))
    assert (code, said.splitlines()[0]) == (0, told["why"])
    assert (await say("explain", "--at", "2020-01-01T00:00:00Z"))[0] == 1
    assert (await say("explain", "--id", str(10**20)))[0] == 1
    for at, why in (("", "is not a moment with a zone"), ("0001-01-01T00:00:00+01:00", "is not in the years")):
        code, said = await say("explain", "--at", at)
        assert (code, why in said) == (2, True)
    await owner.execute("update scaling.look set at = now() - interval '5 minutes'")
    assert "Nobody scales now: is `scale run` running?" in (await say("status"))[1]


async def test_numbers_that_cannot_be_are_refused(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in environment(settings).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(log, "set_up", lambda **_: None)
    slow = "--every is a number of seconds above 0, and at most 30: after those without a look nobody scales."
    for words, why in (
        (("--least-web", "5", "--most-web", "3"), "--least-web 5 is more than --most-web 3."), (("--connections", "0"), "--connections 0 is too little."),
        (("--every", "0"), slow), (("--every", "nan"), slow), (("--every", "60"), slow), (("--window", "inf"), "--window inf is more than 3600."),
        (("--in-flight-target", "nan"), "--in-flight-target nan is no number."), (("--in-flight-target", "5"), "--in-flight-target 5.0 is more than 1."),
    ):  # fmt: skip
        monkeypatch.setenv("FLEET_SOCKET", "/nowhere")
        assert await asyncio.to_thread(main, ["scale", "run", "--actuator", "local", *words]) == 1
        assert capsys.readouterr().err == f"{why}\n"
    monkeypatch.delenv("FLEET_SOCKET")
    assert await asyncio.to_thread(main, ["scale", "run", "--actuator", "local"]) == 1
    assert capsys.readouterr().err.startswith("FLEET_SOCKET is not set")
