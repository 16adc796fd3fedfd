"""What operators see of the scaling: stored looks and decisions, or what the processes report where nobody scales."""

import gzip
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Awaitable, Callable
from html import unescape

import asyncpg
import httpx
import msgspec
import pytest

from checks.budgets import MOST_OF_A_PAGE
from nollycrewhub.kit.report import BOUNDS, place_of
from nollycrewhub.kit.time import utcnow
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.cache import connect
from nollycrewhub.platform.db import Query
from nollycrewhub.scaling.console import service
from tests.scaling.conftest import Make, Reports
from tests.scaling.past import HOUR
from tests.scaling.test_calendar_table import Enter
from tests.scaling.test_calendar_table import enter as enter  # noqa: PLC0414 - pytest finds fixtures by name
from tests.scaling.test_controlling import EVERY_DAY, leading

MANY = """
with term as (insert into scaling.term (leader) values ('first') returning id)
insert into scaling.decision (term, at, until, looks, web_before, workers_before, web, workers, actions, reasons, sample, outcome)
select term.id, now() - make_interval(mins => n), now() - make_interval(mins => n), 1, 2, 1, 2 + (n % 10 = 0)::int, 1, '{}', '{}',
       '{"at": 0, "web": 2, "workers": 1, "web_asked": 2, "workers_asked": 1}', 'held' from term, generate_series(40, 1, -1) n
"""
TRAIL = Query(str, "select action || ' by ' || actor::text from platform.audit where subject = $1 order by id")
PLOTTED = re.compile(r'<svg viewBox="0 0 400 236".*?</svg>', re.DOTALL)


def words_of(page: str) -> str:
    """What a person reads."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page)).split())


def rows_of(page: str) -> list[list[str]]:
    """The cells of all rows but the headings."""
    rows = [row for row in re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL) if 'scope="col"' not in row]
    return [[words_of(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)] for row in rows]


def row_of(page: str, start: str) -> list[str]:
    """The cells of the row whose first cell begins so."""
    return next(cells for cells in rows_of(page) if cells[0].startswith(start))


@pytest.fixture
async def operator(enter: Enter) -> httpx.AsyncClient:
    """An operator at the front door."""
    return (await enter()).client


async def console(operator: httpx.AsyncClient, path: str = "/ops/scaling") -> str:
    """The page."""
    answer = await operator.get(path)
    assert answer.status_code == 200
    return answer.text


async def test_every_figure_is_that_of_the_newest_look(make: Make, reports: Reports, operator: httpx.AsyncClient) -> None:
    one = await leading(make())
    for _ in range(3):
        await reports.carry(in_flight=4.0, failed=0, seconds=0.15)
        await one.look()
    page = await console(operator)
    assert "first leads, and looked 0 s ago." in words_of(page)
    assert row_of(page, "Processors")[1:5] == ["10.0 %", "10.0 %", "70 %", "Below it"]
    assert row_of(page, "Answers, p95")[3] == "500 ms"
    assert row_of(page, "Memory")[4] == "Not known"
    cells = row_of(page, "one, web")
    assert (cells[1], cells[2], cells[3], cells[5], cells[7]) == ("Ready", "4.0 of 10", "20.0", "0.0 %", "10 %")
    assert "1 ready, 1 asked for" in words_of(page)
    assert "it decided to leave one web process as it is" in words_of(page)
    pictures = PLOTTED.findall(page)
    assert len(pictures) == 6
    for picture in pictures:
        assert ElementTree.fromstring(picture)[0].tag == "title"
    assert len(gzip.compress(page.encode(), 5)) < MOST_OF_A_PAGE


async def test_a_plot_without_a_figure_does_not_say_that_nobody_looked(make: Make, operator: httpx.AsyncClient) -> None:
    await (await leading(make())).look()
    page = words_of(await console(operator))
    assert "first leads, and looked 0 s ago." in page
    assert ("Nothing to tell from the last hour." in page, "Nobody looked" in page) == (True, False)


async def test_where_nobody_scales_the_processes_reports_are_shown_as_they_are(
    reports: Reports, owner: asyncpg.Connection, operator: httpx.AsyncClient
) -> None:
    await reports.carry(in_flight=4.0)
    page = await console(operator)
    assert "Nobody has looked yet." in words_of(page)
    assert "these are the reports of this moment, without rates" in words_of(page)
    cells = row_of(page, "one, web")
    assert (cells[1], cells[2], cells[3]) == ("Ready", "– of 10", "–")
    assert row_of(page, "Processors")[4] == "Not known"
    assert "Nothing was decided yet" in page
    for what in ("traffic", "history"):
        assert (await operator.get(f"/ops/scaling/{what}")).status_code == 200


async def test_an_old_look_is_not_taken_for_now(
    make: Make, reports: Reports, owner: asyncpg.Connection, operator: httpx.AsyncClient
) -> None:
    one = await leading(make())
    for _ in range(3):
        await reports.carry(in_flight=4.0)
        await one.look()
    await owner.execute("update scaling.look set at = at - interval '2 minutes'")
    page = await console(operator)
    assert "Nobody scales now." in words_of(page)
    assert row_of(page, "one, web")[2] == "– of 10"
    assert "1 ready, 1 asked for" not in words_of(page)


async def test_without_valkey_the_page_says_that_nobody_knows(
    process: Process, owner: asyncpg.Connection, operator: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = connect("redis://127.0.0.1:1/0", patience=0.1)
    monkeypatch.setattr(process.runtime.valkeys, "telling", away)
    page = await console(operator)
    assert "Something is wrong" in page
    assert "Nobody knows: no process reports." in words_of(page)
    assert "0 processes tell of themselves in the cache’s Valkey: is it away?" in words_of(page)
    await away.aclose()


async def test_failures_are_past_their_threshold_and_an_incident_with_its_history(
    make: Make, reports: Reports, operator: httpx.AsyncClient, owner: asyncpg.Connection
) -> None:
    one = await leading(make())
    for _ in range(3):
        await reports.carry(failed=10)
        await one.look()
    page = await console(operator)
    assert "Something is wrong" in page
    assert "10.0 % of the requests fail" in words_of(page)
    assert row_of(page, "Requests that fail")[1:] == ["10.0 %", "10.0 %", "1 %", "Past it", "investigate_issues"]
    await owner.execute("update scaling.incident set closed = now()")
    assert "10.0 % of the requests fail" not in words_of(await console(operator)).partition("Triggers")[0]
    shown = await console(operator, "/ops/scaling/history")
    (told,) = [cells for cells in rows_of(shown) if "investigate_issues" in cells]
    assert (told[1] != "still open", told[2]) == (True, "10.0 % of the requests fail")


async def test_the_calendar_says_for_how_many_times_the_usual_there_is_room(
    make: Make, reports: Reports, owner: asyncpg.Connection, operator: httpx.AsyncClient
) -> None:
    await owner.execute(EVERY_DAY)
    one = await leading(make())
    await reports.carry()
    await one.look()
    page = words_of(await console(operator))
    assert "Every day is under way until" in page
    assert "Factor of today 3 Room for 3 times the usual" in page
    assert "the calendar asks for at least 3 (factor 3)" in page


async def test_decisions_are_read_page_by_page_and_only_those_that_changed_a_number(
    owner: asyncpg.Connection, operator: httpx.AsyncClient
) -> None:
    await owner.execute(MANY)
    numbers_of = re.compile(r'<th scope="row" data-head="Decision">(\d+)</th>')
    first = await console(operator, "/ops/scaling/history?hours=48")
    ids = [int(one) for one in numbers_of.findall(first)]
    assert len(ids) == 30
    (link,) = re.findall(r'href="(/ops/scaling/history\?[^"]*cursor=\d+[^"]*)#decisions"', first)
    older = [int(one) for one in numbers_of.findall(await console(operator, unescape(link)))]
    assert [*ids, *older] == sorted({*ids, *older}, reverse=True)
    assert len(older) == 10
    changed = numbers_of.findall(await console(operator, "/ops/scaling/history?changes=true"))
    assert len(changed) == 4
    for wrong in ("hours=7", "cursor=-1", "cursor=x", f"cursor={2**64}"):
        assert (await operator.get(f"/ops/scaling/history?{wrong}")).status_code in (400, 422), wrong


async def test_an_hour_is_a_point_a_minute_and_a_gap_where_nobody_looked(owner: asyncpg.Connection, process: Process) -> None:
    await owner.execute(HOUR)
    found = await service.history(process.runtime.db.read_session(primary=True), utcnow(), hours=1)
    assert [one.key for one in found.plots] == ["answers", "throughput", "backlog", "oldest", "failures", "processes"]
    throughput, made = found.plots[1].lines
    assert (throughput.name, made.name, throughput.path.count("M")) == ("all", "made", made.path.count("M"))
    assert [round(peak.most / 440, 1) for peak in found.plots[1].peaks] == [3.0, 1.0]
    assert throughput.path.count("M") == 2, "the five minutes without a look are no line"
    assert 50 <= len(re.findall("[ML]", throughput.path)) <= 57
    assert found.plots[0].peaks[1].most == pytest.approx(588, rel=0.02)
    assert len(found.rows) == 12
    assert max(row.told.p95_ms or 0 for row in found.rows) == found.plots[0].peaks[1].most
    assert all(one.digits or all("." not in mark.text for mark in one.up) for one in found.plots)


async def test_traffic_is_told_by_region_device_cache_level_status_and_failing_route(
    make: Make, reports: Reports, owner: asyncpg.Connection, operator: httpx.AsyncClient
) -> None:
    one = await leading(make())
    for n in range(3):
        served = (("africa", "phone", 2, 40 * n), ("europe", "desktop", 2, 8 * n), ("africa", "phone", 5, 2 * n))
        reports.last = msgspec.structs.replace(
            reports.last,
            served=served,
            found={"hit": 30 * n, "filled": 10 * n},
            took_by={"africa": tuple(25 * n if place == place_of(0.2) else 0 for place in range(len(BOUNDS) + 1))},
            broken={"/api/jobs/{job_id}": 2 * n},
        )
        await reports.carry()
        await one.look()
    await owner.execute("delete from scaling.look where figures->>'per_second' is null")
    page = await console(operator, "/ops/scaling/traffic")
    assert row_of(page, "Africa")[1:4] == ["8.40", "84.0 %", "4.8 %"]
    assert float(row_of(page, "Africa")[4].removesuffix(" ms")) == pytest.approx(200, rel=0.2)
    assert row_of(page, "Europe")[1:] == ["1.60", "16.0 %", "0.0 %", "–"]
    assert row_of(page, "Phones")[1:3] == ["8.40", "84.0 %"]
    assert row_of(page, "Desktops and tablets")[1] == "1.60"
    assert row_of(page, "Failed")[1:3] == ["0.40", "4.0 %"]
    assert row_of(page, "In the process’s memory")[1:3] == ["6.00", "75.0 %"]
    assert row_of(page, "/api/jobs/{job_id}")[1] == "24.0"
    assert "Found without being made 75 % of what is everyone’s" in words_of(page)


@pytest.mark.parametrize("path", ["/ops/scaling", "/ops/scaling/traffic", "/ops/scaling/history"])
async def test_nobody_but_operators_sees_it(enter: Enter, app_client: httpx.AsyncClient, path: str) -> None:
    member = (await enter(operator=False)).client
    assert (await member.get(path)).status_code == 404
    assert (await app_client.get(path)).status_code == 401


async def test_an_operator_closes_an_incident_once_with_a_line_in_the_trail_and_everybody_is_told(
    process: Process, owner: asyncpg.Connection, enter: Enter, worker_drain: Callable[[], Awaitable[int]]
) -> None:
    opened = "insert into scaling.incident (action, what, decision, opened) values ('investigate_issues', $1, 1, now()) returning id"
    number = await owner.fetchval(opened, "7.5 % of the requests fail")
    read, where = process.runtime.db.read_session(primary=True), f"/ops/scaling/incidents/{number}/close"
    hasty, calm = await enter(confirmed=False), await enter()
    assert "Type your password" in await console(hasty.client)
    assert (await hasty.client.post(where)).status_code == 403
    assert await owner.fetchval("select closed from scaling.incident where id = $1", number) is None
    assert where in await console(calm.client)
    assert [(await calm.client.post(where)).status_code for _ in range(2)] == [303, 303]
    closed = await owner.fetchval("select closed from scaling.incident where id = $1", number)
    assert closed is not None
    assert await read.rows(TRAIL, f"incident:{number}") == [f"incident.close by {calm.person_id}"]
    assert where not in await console(calm.client)
    await worker_drain()
    told = "select count(*) from platform.event where name = 'incident.closed' and (body->>'incident')::int = $1"
    assert await owner.fetchval(told, number) == 1
    for unknown in (number + 1, 2**70):
        assert (await calm.client.post(f"/ops/scaling/incidents/{unknown}/close")).status_code == 404
