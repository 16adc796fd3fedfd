"""What the edge answered itself: asked of its provider each minute, counted once, and unknown while the provider does not tell."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import structlog

from nollycrewhub.devstack.cdn import EdgeSimulator
from nollycrewhub.kit.time import utcnow
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.cache import Valkeys
from nollycrewhub.platform.db import Query
from nollycrewhub.platform.edge import Counted
from nollycrewhub.platform.httpcache import asking
from nollycrewhub.platform.httpcache.cdn import COUNTS, Cdn, Cloudflare, CountsUnknown, NoCdn
from nollycrewhub.platform.queue import Work
from nollycrewhub.scaling.console import service
from nollycrewhub.web.page import page
from tests.cdn.conftest import at_edge, listening
from tests.scaling.test_calendar_table import Enter
from tests.scaling.test_calendar_table import enter as enter  # noqa: PLC0414 - pytest finds fixtures by name
from tests.servers import FIGURES

SPANS = Query(int, "select count(*)::int from platform.edge_count")
MINUTE = timedelta(minutes=1)
RESULT = re.compile(r'result="(\w+)"')


@pytest.fixture
async def untold(clean: Process) -> AsyncIterator[Process]:
    """Nobody has told anything of an edge, before and after."""
    await forget(clean)
    yield clean
    await forget(clean)


async def forget(process: Process) -> None:
    """No span, no counter, and nothing that is known to be unknown."""
    async with process.runtime.db.write_session() as session:
        await session.sql("delete from platform.edge_count")
        await session.sql("delete from platform.tally where counter = 'nch_edge_answers'")
        await session.sql("delete from platform.alarm where name = 'edge.unknown'")
        await session.commit()


async def visited(edge: EdgeSimulator, process: Process, times: int = 1) -> None:
    """So many strangers (the first has to be asked for), as many signed-in people, and a page that no edge keeps."""
    async with at_edge(edge, process) as stranger:
        for _ in range(times + 1):
            await stranger.get("/jobs")
        for _ in range(times):
            await stranger.get("/jobs", headers={"cookie": "nch_mark=x"})
        await stranger.get("/api/jobs")


def around(seconds: float = 60) -> tuple[datetime, datetime]:
    """Before and after now."""
    return utcnow() - timedelta(seconds=seconds), utcnow() + timedelta(seconds=seconds)


# the port: what holds for whoever is behind it, an edge or none


@pytest.fixture(params=["none", "cloudflare"])
async def port(request: pytest.FixtureRequest, clean: Process, edge: EdgeSimulator) -> Cdn:
    """Each adapter."""
    return NoCdn() if request.param == "none" else clean.runtime.caches.cdn


async def test_whoever_is_asked_tells_of_a_span_or_that_there_is_no_edge(port: Cdn, edge: EdgeSimulator, clean: Process) -> None:
    await visited(edge, clean, times=3)
    told, before = await port.counted(*around()), await port.counted(utcnow() - 2 * MINUTE, utcnow() - MINUTE)
    if await port.purge(["nobody"]):
        assert told == Counted(hits=3, misses=1, passed=4)
        assert before == Counted(hits=0, misses=0, passed=0)
    else:
        assert (told, before) == (None, None)


async def test_a_span_ends_before_its_end_so_that_the_next_begins_there(clean: Process, edge: EdgeSimulator) -> None:
    moment = utcnow().replace(second=0, microsecond=0) - 5 * MINUTE
    for seconds, status in ((-1, "hit"), (0, "stale"), (59, "revalidated"), (59, "expired"), (60, "hit")):
        edge.answered[int(moment.timestamp()) + seconds, status] += 10
    counted = clean.runtime.caches.cdn.counted
    assert await counted(moment - MINUTE, moment) == Counted(hits=10, misses=0, passed=0)
    assert await counted(moment, moment + MINUTE) == Counted(hits=20, misses=10, passed=0)
    assert await counted(moment - MINUTE, moment + 2 * MINUTE) == Counted(hits=40, misses=10, passed=0)


@pytest.mark.parametrize("fault", ["busy", "broken", "gone", "page", "refused"])
async def test_whatever_is_no_answer_is_not_known(clean: Process, edge: EdgeSimulator, fault: str) -> None:
    edge.faults.append(fault)  # type: ignore[arg-type]
    with pytest.raises(CountsUnknown):
        await clean.runtime.caches.cdn.counted(*around())
    assert await clean.runtime.caches.cdn.counted(*around()) == Counted(hits=0, misses=0, passed=0)


async def test_a_wrong_token_or_zone_or_nobody_there_is_not_known(clean: Process, edge: EdgeSimulator) -> None:
    url = str(clean.runtime.caches.cdn.client.base_url)  # type: ignore[attr-defined]
    for api_url, zone, token, why in (
        (url, edge.zone, "other", "status 403"), (url, "other", edge.token, "zone 'other' does not have access"),
        ("http://127.0.0.1:1", edge.zone, edge.token, "ConnectError"),
    ):  # fmt: skip
        wrong = Cloudflare(api_url=api_url, zone=zone, token=token)
        with pytest.raises(CountsUnknown, match=why):
            await wrong.counted(*around())
        await wrong.stop()


@pytest.mark.parametrize(
    ("question", "hours", "why"),
    [
        (COUNTS, 1, None),
        (COUNTS, 25, "cannot request a time range wider"),
        (COUNTS.replace("cacheStatus", "cachedStatus"), 1, "unknown field cachedStatus"),
        (COUNTS.replace("limit: 100, ", ""), 1, "error parsing args"),
        (COUNTS.replace("$since: Time, ", ""), 1, "error parsing args"),
    ],
)
async def test_the_simulator_takes_no_question_that_the_provider_would_refuse(
    edge: EdgeSimulator, question: str, hours: int, why: str | None
) -> None:
    variables = {"zone": edge.zone, "since": (utcnow() - timedelta(hours=hours)).isoformat(), "until": utcnow().isoformat()}
    async with listening(edge.api) as url, httpx.AsyncClient(base_url=url) as asker:
        told = await asker.post(
            "/graphql", headers={"authorization": f"Bearer {edge.token}"}, json={"query": question, "variables": variables}
        )  # fmt: skip
    assert told.status_code == 200
    assert (told.json()["errors"] or [{"message": None}])[0]["message"] == why if why is None else why in told.text
    assert (told.json()["data"] is None) == (why is not None)


# each minute


class Schedule:
    """Runs of `edge.count` at given minutes after this test's beginning, and what they said; what happens now is told from the fifth on."""

    def __init__(self, process: Process, patch: pytest.MonkeyPatch) -> None:
        self.process, self.patch, self.start = process, patch, utcnow()

    async def run(self, minutes: float) -> list[str]:
        """One run: the levels of the lines it logged."""
        said = structlog.testing.CapturingLogger()
        self.patch.setattr(asking, "LOG", said)
        self.patch.setattr(asking, "utcnow", lambda: self.start + timedelta(minutes=minutes))
        runtime = self.process.runtime
        async with runtime.db.write_session() as session:
            await asking.count.run(Work(session, runtime.db.read_session(primary=True), runtime.db, runtime.ports, runtime.settings))
            await session.commit()
        return [call.method_name for call in said.calls]


@pytest.fixture
def schedule(untold: Process, monkeypatch: pytest.MonkeyPatch) -> Schedule:
    """The schedule."""
    return Schedule(untold, monkeypatch)


async def told(app_client: httpx.AsyncClient) -> dict[str, float]:
    """What /metrics says of the edge: its counters by result, and the age."""
    lines = [line for line in (await app_client.get("/metrics", headers=FIGURES)).text.splitlines() if line.startswith("nch_edge_")]
    return {next(iter(RESULT.findall(line)), "age"): float(line.rpartition(" ")[2]) for line in lines}


async def test_what_the_edge_answered_is_counted_once_however_often_it_is_asked_for(
    untold: Process, edge: EdgeSimulator, app_client: httpx.AsyncClient, schedule: Schedule
) -> None:
    assert await told(app_client) == {}
    await visited(edge, untold, times=5)
    await asyncio.gather(*(schedule.run(5) for _ in range(3)))
    calls = edge.calls
    await schedule.run(5)
    assert edge.calls == calls, "nothing is new, so nobody is asked"
    first = await told(app_client)
    assert (first["hit"], first["miss"], first["passed"]) == (5, 1, 6)
    edge.answered[int(schedule.start.timestamp()) + 240, "hit"] = 7
    await asyncio.gather(*(schedule.run(9) for _ in range(3)))
    again = await told(app_client)
    assert (again["hit"], again["miss"], again["passed"]) == (12, 1, 6)
    assert await untold.runtime.db.read_session(primary=True).value(SPANS) == 2


async def test_a_provider_that_does_not_tell_is_noted_once_and_what_it_missed_is_made_up_for(
    untold: Process, edge: EdgeSimulator, app_client: httpx.AsyncClient, schedule: Schedule
) -> None:
    assert await schedule.run(0) == []
    known = await told(app_client)
    assert 175 < known["age"] < 300
    await visited(edge, untold, times=4)
    edge.faults.extend(("refused", "gone", "page"))
    assert [await schedule.run(minutes) for minutes in (5, 6, 7)] == [["warning"], [], []]
    aged = await told(app_client)
    assert aged["age"] >= known["age"]
    assert (aged["hit"], aged["miss"], aged["passed"]) == (0, 0, 0)
    assert await schedule.run(8) == ["info"]
    assert await schedule.run(9) == []
    found = await told(app_client)
    assert (found["hit"], found["miss"], found["passed"], found["age"]) == (4, 1, 5, 0)


async def test_without_an_edge_nobody_is_asked_and_nothing_is_told(
    untold: Process, app_client: httpx.AsyncClient, schedule: Schedule
) -> None:
    assert isinstance(untold.runtime.caches.cdn, NoCdn)
    assert await schedule.run(5) == []
    assert await told(app_client) == {}
    assert await untold.runtime.db.read_session(primary=True).value(SPANS) == 0


def test_no_more_is_asked_for_than_a_provider_tells() -> None:
    now = datetime(2026, 11, 30, 12, 0, 40, tzinfo=UTC)
    until = datetime(2026, 11, 30, 11, 57, tzinfo=UTC)
    assert asking.span(None, now) == (until - 5 * MINUTE, until)
    assert asking.span(until - MINUTE, now) == (until - MINUTE, until)
    assert asking.span(until - timedelta(days=3), now) == (until - timedelta(hours=23), until)


# for operators


async def test_operators_see_the_edges_hits_beside_the_others(
    untold: Process, edge: EdgeSimulator, enter: Enter, schedule: Schedule
) -> None:
    operator = (await enter()).client

    async def shown() -> str:
        answer = await operator.get("/ops/scaling/traffic")
        assert answer.status_code == 200
        return " ".join(answer.text.partition('id="edge"')[2].partition("</section>")[0].split())

    assert "are not set" in await shown()
    await visited(edge, untold, times=3)
    await schedule.run(5)
    seen = await shown()
    assert "What the edge’s provider counted in the last hour, 0 s ago at the newest." in seen
    for words in ("37.5 %", "12.5 %", "50.0 %", "75.0 %"):
        assert words in seen
    async with untold.runtime.db.write_session() as session:
        await session.sql("update platform.edge_count set since = since - interval '30 minutes', until = until - interval '30 minutes'")
        await session.commit()
    assert "it tells nothing any more, so these figures age" in await shown()


async def test_an_edge_that_has_told_nothing_lately_is_not_known(untold: Process, edge: EdgeSimulator, schedule: Schedule) -> None:
    runtime = untold.runtime

    async def shown() -> str:
        read = runtime.db.read_session(primary=True)
        props = await service.traffic_page(read, runtime.ports.get(Valkeys).telling, utcnow(), has_edge=True)
        return " ".join(page("scaling/traffic.html", props, title="Traffic").content.decode().split())

    assert "Not known: the edge’s provider has told nothing in the last hour. The workers’ log says why." in await shown()
    await visited(edge, untold)
    await schedule.run(5)
    async with runtime.db.write_session() as session:
        await session.sql("update platform.edge_count set since = since - interval '3 hours', until = until - interval '3 hours'")
        await session.commit()
    assert "has told nothing in the last hour, and last 3 h ago" in await shown()
