"""The calendar in the database: operators keep it, each change is in the trail, two at once are told, and everybody reads it one way."""

import asyncio
import contextlib
import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import httpx
import pytest

from nollycrewhub.devstack.postgres import free_port
from nollycrewhub.kit.ids import uuid7
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.db import Query
from nollycrewhub.platform.settings import Settings
from nollycrewhub.scaling.calendar import BY_ITSELF, Calendar, read_calendar, repository, service
from nollycrewhub.scaling.errors import TooManyEvents
from nollycrewhub.scaling.rules.calendar import BUILT_IN, busy_at
from nollycrewhub.scaling.rules.entries import MOST_ENTRIES, Entry
from tests.journeys.conftest import Join
from tests.journeys.conftest import join as join  # noqa: PLC0414 - pytest finds fixtures by name
from tests.served import environment

OF_PLAN = """
insert into scaling.event (name, first, last, yearly, factor, tenfold, prewarm_minutes, version)
select name, first, last, true, 2, false, 30, 1 from (values ('AMVCA', date '2026-05-01', date '2026-05-31'),
    ('AFRIFF', '2026-10-01', '2026-10-31'), ('Award season', '2026-12-01', '2026-12-31')) as plan (name, first, last)
"""
TRAIL = Query(str, "select action || ' ' || detail::text from platform.audit where action like 'calendar.%' and actor = $1 order by id")
NIGHT = {
    "name": "Premiere  of Ọmọlará",
    "first": "2026-12-31",
    "last": "2027-01-01",
    "factor": "4",
    "tenfold": "true",
    "prewarm_minutes": "120",
}
AT = datetime.fromisoformat


@pytest.fixture
async def plan(process: Process) -> AsyncIterator[None]:
    """The calendar as a new installation has it, before and after."""

    async def renew() -> None:
        async with process.runtime.db.write_session() as session:
            await session.sql("delete from scaling.event")
            await session.sql(OF_PLAN)
            await process.runtime.db.commit(session)

    await renew()
    yield
    await renew()


class Op(NamedTuple):
    """Somebody signed in, without the form and its hashing."""

    client: httpx.AsyncClient
    person_id: UUID


Enter = Callable[..., Awaitable[Op]]


@pytest.fixture
async def enter(process: Process) -> AsyncIterator[Enter]:
    """Signs operators in, or a member."""
    async with contextlib.AsyncExitStack() as stack:

        async def one(*, operator: bool = True, confirmed: bool = True) -> Op:
            person_id = uuid7()
            token = await process.runtime.sessions.create(person_id, name="Op Erator", operator=operator, confirmed=confirmed)
            headers = {"authorization": f"Bearer {token}", "accept": "text/html"}
            url, transport = process.runtime.settings.public_url, httpx.ASGITransport(app=process)
            return Op(await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url=url, headers=headers)), person_id)

        yield one


async def calendar(process: Process) -> Calendar:
    """As the scaler reads it."""
    return await read_calendar(process.runtime.db.read_session(primary=True))


async def number_of(process: Process, name: str) -> tuple[int, int]:
    """An event's number and version."""
    found = await repository.entries(process.runtime.db.read_session(primary=True), MOST_ENTRIES)
    return next((one.id, one.version) for one in found if one.name == name)


async def trail(process: Process, person_id: UUID | str) -> list[str]:
    """What an operator did to the calendar."""
    return await process.runtime.db.read_session(primary=True).rows(TRAIL, person_id)


async def test_a_new_installation_has_the_plans_dates(plan: None, process: Process) -> None:
    found = await calendar(process)
    assert (found.source, found.table, found.is_amiss) == ("database", BUILT_IN, False)


async def test_an_operator_adds_changes_and_removes_an_event_and_the_history_says_so(plan: None, process: Process, join: Join) -> None:
    operator = await join("Op Erator", operator=True)
    handle = (await operator.client.get("/api/profile")).json()["user"]["handle"]
    assert (await operator.client.post("/ops/calendar", data=NIGHT)).status_code == 303
    event_id, version = await number_of(process, "Premiere of Ọmọlará")
    page = (await operator.client.get("/ops/calendar")).text
    for words in (
        "31 Dec 2026 to 01 Jan 2027",
        "10 (tenfold)",
        "120 min",
        f"@{handle}",
        "added “Premiere of Ọmọlará”",
        "ready before: 120 min",
    ):
        assert words in page, words
    table = (await calendar(process)).table
    assert [busy_at(AT(at), table).ready_for for at in ("2026-12-30T20:59:59Z", "2026-12-30T21:00:00Z")] == [2.0, 10.0]
    assert [busy_at(AT(at), table).factor for at in ("2026-12-31T23:30:00Z", "2027-01-01T22:59:59Z", "2027-01-01T23:00:00Z")] == [
        10.0,
        10.0,
        1.0,
    ]
    form = (await operator.client.get(f"/ops/calendar?event={event_id}")).text
    assert 'value="Premiere of Ọmọlará"' in form
    assert re.search(r'name="tenfold" value="true" checked', form)
    assert not re.search(r'name="yearly" value="true" checked', form)
    changed = {**NIGHT, "name": "Premiere of Ọmọlará", "last": "2027-01-02", "tenfold": "", "version": version}
    assert (await operator.client.post(f"/ops/calendar/{event_id}", data=changed)).status_code == 303
    assert busy_at(AT("2027-01-02T12:00:00Z"), (await calendar(process)).table).factor == 4.0
    page = (await operator.client.get("/ops/calendar")).text
    assert "days: 31 Dec 2026 to 01 Jan 2027 → 31 Dec 2026 to 02 Jan 2027; factor: 10 (marked tenfold) → 4" in page
    assert (await operator.client.post(f"/ops/calendar/{event_id}/remove", data={"version": version + 1})).status_code == 303
    assert busy_at(AT("2027-01-02T12:00:00Z"), (await calendar(process)).table).factor == 1.0
    actions = [line.partition(" ")[0] for line in await trail(process, operator.person_id)]
    assert actions == ["calendar.add", "calendar.change", "calendar.remove"]
    assert (await operator.client.get(f"/ops/calendar?event={event_id}")).status_code == 404


async def test_the_trail_holds_an_event_as_it_was_and_as_it_is(plan: None, process: Process, enter: Enter) -> None:
    operator = await enter()
    event_id, version = await number_of(process, "AMVCA")
    given = {"name": "AMVCA", "first": "2026-05-01", "last": "2026-05-31", "yearly": "true", "factor": "2.5", "version": version}
    await operator.client.post(f"/ops/calendar/{event_id}", data=given)
    await operator.client.post(f"/ops/calendar/{event_id}", data={**given, "version": version + 1})  # the same again is no change
    (line,) = await trail(process, operator.person_id)
    detail = json.loads(line.partition(" ")[2])
    assert (detail["before"]["factor"], detail["after"]["factor"]) == (2.0, 2.5)
    assert {name: value for name, value in detail["before"].items() if name != "factor"} == {
        "name": "AMVCA", "first": "2026-05-01", "last": "2026-05-31", "yearly": True, "tenfold": False, "prewarm_minutes": 30,
    }  # fmt: skip


async def test_two_operators_at_once_are_told_of_each_other(plan: None, process: Process, enter: Enter) -> None:
    one, two = await enter(), await enter()
    event_id, version = await number_of(process, "AFRIFF")
    given = {"name": "AFRIFF", "first": "2026-10-01", "last": "2026-10-31", "yearly": "true", "version": version}
    answers = await asyncio.gather(
        one.client.post(f"/ops/calendar/{event_id}", data={**given, "factor": "3"}),
        two.client.post(f"/ops/calendar/{event_id}", data={**given, "factor": "5"}),
    )
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    late = next(answer for answer in answers if answer.status_code == 409)
    assert "Somebody changed this event meanwhile." in late.text
    assert f'value="{version + 1}"' in late.text
    assert len(await trail(process, one.person_id)) + len(await trail(process, two.person_id)) == 1
    removed = await two.client.post(f"/ops/calendar/{event_id}/remove", data={"version": version})
    assert removed.status_code == 409
    assert await number_of(process, "AFRIFF") == (event_id, version + 1)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "Name: "), ({"first": "yesterday"}, "First day: "), ({"last": "2026-12-30"}, "This is before the first day."),
        ({"factor": "0"}, "Write a number from 1 to 100."), ({"factor": "nan"}, "Write a number from 1 to 100."),
        ({"prewarm_minutes": "99999"}, "Write minutes from 0 to 10,080"), ({"name": "AMVCA", "first": "2026-05-01", "last": "2026-05-31",
         "yearly": "true"}, "There is an event of this name on these days already."),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else "",
)  # fmt: skip
async def test_what_is_wrong_is_said_and_nothing_is_stored(
    plan: None, process: Process, enter: Enter, changes: dict[str, str], sentence: str
) -> None:  # fmt: skip
    operator = await enter()
    answer = await operator.client.post("/ops/calendar", data={**NIGHT, **changes})
    assert (answer.status_code, sentence in answer.text) == (422, True), answer.text
    assert ((await calendar(process)).table, await trail(process, operator.person_id)) == (BUILT_IN, [])
    if "yearly" not in changes:
        assert 'value="2027-01-01"' in answer.text or "last" in changes, "what was typed is still there"


async def test_changing_into_an_events_twin_is_refused(plan: None, process: Process, enter: Enter) -> None:
    operator = await enter()
    event_id, version = await number_of(process, "AFRIFF")
    given = {"name": "AMVCA", "first": "2026-05-01", "last": "2026-05-31", "yearly": "true", "version": version}
    answer = await operator.client.post(f"/ops/calendar/{event_id}", data=given)
    assert (answer.status_code, "on these days already" in answer.text) == (422, True)
    assert (await calendar(process)).table == BUILT_IN


async def test_only_operators_and_with_their_password_typed_lately(plan: None, process: Process, enter: Enter) -> None:
    member, operator = await enter(operator=False), await enter(confirmed=False)
    assert (await member.client.get("/ops/calendar")).status_code == 404
    assert (await member.client.post("/ops/calendar", data=NIGHT)).status_code == 404
    assert "Changes need your password again" in (await operator.client.get("/ops/calendar")).text
    assert (await operator.client.post("/ops/calendar", data=NIGHT)).status_code == 403
    assert (await calendar(process)).table == BUILT_IN


async def test_the_calendar_has_a_bound(plan: None, process: Process) -> None:
    async with process.runtime.db.write_session() as session:
        await session.sql(
            "insert into scaling.event (name, first, last, yearly, factor, tenfold, prewarm_minutes, version) "
            f"select 'Day ' || n, '2027-01-01', '2027-01-01', false, 2, false, 30, 1 from generate_series(1, {MOST_ENTRIES - 4}) n"
        )
        last = Entry(name="The last one", first=date(2027, 1, 1), last=date(2027, 1, 1))
        await service.add(session, None, last)
        with pytest.raises(TooManyEvents):
            await service.add(session, None, Entry(name="One more", first=date(2027, 1, 1), last=date(2027, 1, 1)))
        await session.rollback()


async def test_an_emptied_calendar_is_empty_and_not_the_plans(plan: None, process: Process) -> None:
    async with process.runtime.db.write_session() as session:
        await session.sql("delete from scaling.event")
        await process.runtime.db.commit(session)
    found = await calendar(process)
    assert (found.source, found.table) == ("database", ())


class Away:
    """A database that does not answer."""

    async def rows(self, *_: Any) -> list[Any]:
        """Nothing."""
        raise ConnectionRefusedError


async def test_while_the_database_is_away_what_it_said_last_holds(plan: None, process: Process) -> None:
    known = await calendar(process)
    nothing = await read_calendar(Away(), known=BY_ITSELF)
    assert (nothing.source, nothing.table, nothing.is_amiss) == ("built-in", BUILT_IN, True)
    assert nothing.why == "The database does not answer, so these are the plan's dates."
    async with process.runtime.db.write_session() as session:
        await service.add(session, None, Entry(name="Night", first=date(2027, 2, 1), last=date(2027, 2, 1), tenfold=True))
        known = await read_calendar(Inside(session))
        await session.rollback()
    kept = await read_calendar(Away(), known=known)
    assert (kept.source, len(kept.table), kept.is_amiss) == ("database", 4, True)
    assert (await read_calendar(Away(), known=kept)).table == known.table
    assert await read_calendar(None, known=known) == BY_ITSELF


class Inside:
    """Reads what a transaction has not committed."""

    def __init__(self, session: Any) -> None:
        self.session = session

    async def rows(self, query: Query[Any], *args: Any) -> list[Any]:
        """All rows."""
        return [query.of(record) for record in await self.session.sql(query.sql, *args)]


def ask(env: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """The command."""
    return subprocess.run(
        [sys.executable, "-m", "nollycrewhub.cli.main", "scale", "calendar", *words], capture_output=True, text=True, check=False, env=env
    )  # fmt: skip


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
async def test_the_command_asks_the_operators_table(plan: None, process: Process, settings: Settings, enter: Enter, zone: str) -> None:
    operator = await enter()
    assert (await operator.client.post("/ops/calendar", data=NIGHT)).status_code == 303
    said = await asyncio.to_thread(ask, environment(settings, TZ=zone), "--at", "2026-12-31T23:30:00Z", "--json")
    assert json.loads(said.stdout) == {
        "at": "2026-12-31T23:30:00Z", "lagos": "2027-01-01T00:30:00+01:00", "factor": 10.0, "event": "Premiere of Ọmọlará",
        "prewarm": None, "source": "database", "why": "Premiere of Ọmọlará is under way, from 2026-12-31 to 2027-01-01.",
    }  # fmt: skip
    assert said.stderr == ""
    before = await asyncio.to_thread(ask, environment(settings, TZ=zone), "--at", "2026-12-30T21:00:00Z")
    assert "factor 2. Award season is under way" in before.stdout
    assert "Premiere of Ọmọlará (factor 10) begins within 120 minutes: be ready." in before.stdout
    assert "From the operators' table" in before.stdout


async def test_a_database_that_does_not_answer_is_said_and_the_plans_dates_stand_in(settings: Settings) -> None:
    away = environment(settings, DATABASE_READER_URL=f"postgresql://reader@127.0.0.1:{free_port()}/nowhere")
    said = await asyncio.to_thread(ask, away, "--at", "2026-12-31T22:30:00Z", "--json")
    answer = json.loads(said.stdout)
    assert (said.returncode, answer["source"], answer["factor"]) == (0, "built-in", 2.0)
    assert "does not answer at the moment" in said.stderr
    assert "So these are the plan's dates." in said.stderr
    said = await asyncio.to_thread(ask, environment(settings, PORT="none"), "--at", "2026-12-31T22:30:00Z")
    assert "From the built-in table" in said.stdout
    assert "PORT has a value of the wrong kind" in said.stderr


async def test_the_page_at_its_limits(plan: None, enter: Enter) -> None:
    operator = await enter()
    for query in ("event=999999999999", f"event={2**63 - 1}"):
        answer: httpx.Response = await operator.client.get(f"/ops/calendar?{query}")
        assert answer.status_code == 404
    assert (await operator.client.get(f"/ops/calendar?event={2**64}")).status_code in (400, 422)
    assert (await operator.client.post(f"/ops/calendar/{2**70}/remove", data={"version": "1"})).status_code == 404
    assert (await operator.client.get("/ops/calendar?cursor=00000000-0000-0000-0000-000000000000")).status_code == 200
