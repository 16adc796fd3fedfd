"""One trace from a request to the jobs it causes, without a word of anybody's; nothing where it is off, and no wait where nobody collects."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import UUID

import httpx
import msgspec
import pytest

from nollycrewhub.platform import log, tracing
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.settings import Settings
from nollycrewhub.platform.worker.ticking import tasks_of
from nollycrewhub.services import monolith
from tests.journeys.conftest import JOB, Join, join
from tests.served import Served, environment, stopped, wait_until
from tests.simulators.collector import Collector, Span

__all__ = ["join"]
SERVER, CLIENT, PRODUCER, CONSUMER = 2, 3, 4, 5  # of OTLP's SpanKind
TOKEN = "token-of-the-collector"


@pytest.fixture
def collector() -> Iterator[Collector]:
    """A fresh one."""
    found = Collector()
    yield found
    found.faults.delay = 0.0
    found.stop()


def traced(settings: Settings, collector: Collector, **changes: str) -> dict[str, str]:
    """The environment of a process that traces everything, and believes its neighbour on this machine."""
    return environment(
        settings, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, OTEL_TRACES_SAMPLER_ARG="1", DRAIN_WAIT="0", EDGE_ADDRESSES="127.0.0.1",
        OTEL_EXPORTER_OTLP_HEADERS=f"authorization=Bearer%20{TOKEN}", **changes,
    )  # fmt: skip


def line_of(spans: dict[str, Span], span: Span) -> list[str]:
    """The names of a span and of all above it in its trace, the outermost first."""
    above = spans.get(span.parent)
    return [*(line_of(spans, above) if above else []), span.name]


async def seen(collector: Collector, trace: str, name: str) -> dict[str, Span]:
    """The spans of a trace, once there is one of this name."""
    await asyncio.to_thread(wait_until, lambda: any(span.name == name for span in collector.of(trace).values()), what=f"no {name}")
    return collector.of(trace)


async def test_one_trace_leads_from_the_request_to_the_jobs_it_caused(
    settings: Settings, process: Process, join: Join, collector: Collector, tmp_path: Path  # noqa: F811 - the fixture
) -> None:  # fmt: skip
    member = await join("Tracedperson Obi")
    session = await process.runtime.sessions.create(UUID(member.person_id), name="Tracedperson Obi", operator=False)
    for name in ("web", "worker"):
        (tmp_path / name).mkdir()
    env = traced(settings, collector)
    web, worker = Served(tmp_path / "web", ["serve"], env), Served(tmp_path / "worker", ["worker"], env)
    web.ready()
    worker.working()
    given, above = secrets.token_hex(16), secrets.token_hex(8)
    page = given[::-1]
    agent = {"user-agent": "Mobile iPhone", "cf-ipcountry": "NG", "cf-device-type": "mobile"}
    with stopped(web, worker):
        async with httpx.AsyncClient(base_url=web.url, headers=agent, timeout=20) as client:
            headers = {"authorization": f"Bearer {session}", "traceparent": f"00-{given}-{above}-01"}
            answer = await client.post("/api/jobs", json={**JOB, "title": "Canarytitle gaffer"}, headers=headers)
            assert answer.status_code == 201, answer.text
            for _ in range(2):
                answer = await client.get("/jobs?q=canaryquery", headers={"traceparent": f"00-{page}-{above}-01"})
                assert answer.status_code == 200
        await seen(collector, given, "POST /api/jobs")  # each process sends its own spans, in its own time
        spans = await seen(collector, given, "process event:analytics.job_created")
        pages = [span for span in (await seen(collector, page, "GET /jobs")).values() if span.kind == SERVER]
        assert any(name.startswith("opentelemetry.") for name in web.modules()), "the next test would see it"
    (request,) = [span for span in spans.values() if span.kind == SERVER]
    about = request.attributes
    assert (request.name, request.parent, request.role, about["http.response.status_code"]) == ("POST /api/jobs", above, "web", 201)
    assert (about["http.route"], about["nch.region"], about["nch.device"]) == ("/api/jobs", "africa", "phone")
    (job,) = [span for span in spans.values() if span.name == "process event:analytics.job_created"]
    assert line_of(spans, job) == ["POST /api/jobs", "publish job.created", "process event:analytics.job_created"]
    assert (job.role, job.kind) == ("worker", CONSUMER)
    assert {("web", "insert platform.event"), ("web", "commit"), ("worker", "commit")} <= {
        (span.role, span.name) for span in spans.values()
    }
    assert any("insert into platform.event" in span.attributes.get("db.query.text", "") for span in spans.values())
    assert any(span.attributes.get("db.system.name") == "redis" for span in spans.values())
    assert pages[-1].attributes["nch.cache"] == "hit"
    assert collector.headers["authorization"] == f"Bearer {TOKEN}"
    private = ("Canarytitle", "canaryquery", "Tracedperson", member.email, session, member.person_id, "iPhone")
    assert [word for word in private if word in str(collector.spans)] == []


def test_nothing_of_it_is_read_in_where_it_is_off(settings: Settings, tmp_path: Path) -> None:
    """Of a worker tests/faults/test_production.py asks the same."""
    web = Served(tmp_path, ["serve"], environment(settings, DRAIN_WAIT="0")).ready()
    with stopped(web):
        assert httpx.get(f"{web.url}/jobs", timeout=20).status_code == 200
        assert [name for name in web.modules() if name.startswith(("opentelemetry.", "google.protobuf", "requests."))] == []


@pytest.fixture
async def watched(settings: Settings, collector: Collector) -> AsyncIterator[Process]:
    """The program in this process, traced."""
    given = msgspec.structs.replace(settings, otel_exporter_otlp_endpoint=collector.url, otel_traces_sampler_arg=1.0)
    process = monolith.create_app(given)
    await process.runtime.start()
    yield process
    if tracing.is_on():
        await process.runtime.stop()


async def test_a_collector_that_hangs_delays_no_answer_and_no_end(watched: Process, collector: Collector) -> None:
    collector.faults.delay = 30.0
    took = []
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=watched), base_url=watched.runtime.settings.public_url) as client:
        for _ in range(2200):  # with what each asks, more spans than wait to be sent
            began = time.perf_counter()
            assert (await client.get("/api/jobs")).status_code == 200
            took.append(time.perf_counter() - began)
    assert collector.asked >= 1, "it has been asked, and hangs"
    assert sorted(took)[len(took) * 99 // 100] < 0.1
    began = time.perf_counter()
    await watched.runtime.stop()
    assert time.perf_counter() - began < tracing.LAST_SECONDS + 2


async def test_a_stranger_decides_nothing_about_traces_and_log_lines_name_theirs(watched: Process, collector: Collector) -> None:
    theirs = secrets.token_hex(16)
    headers = {"traceparent": f"00-{theirs}-{secrets.token_hex(8)}-01"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=watched), base_url=watched.runtime.settings.public_url) as client:
        assert (await client.get("/api/jobs", headers=headers)).status_code == 200
        assert (await client.get("/livez")).status_code == 200
    with tracing.jobs([tracing.Causing("job.close", 1, f"00-{theirs[::-1]}-{secrets.token_hex(8)}-01")]):
        assert log.told_by("x")(None, "", {})["trace_id"] == theirs[::-1]
        assert tracing.carried() is not None
    assert "trace_id" not in log.told_by("x")(None, "", {})
    assert tracing.carried() is None
    await watched.runtime.stop()
    assert collector.of(theirs) == {}
    assert {span.name for span in collector.spans if span.kind == SERVER} == {"GET /api/jobs"}, "nobody wants to see that we live"
    assert [span.name for span in collector.of(theirs[::-1]).values()] == ["process job.close"]


async def test_what_fails_is_named_by_its_kind_alone_and_providers_are_told_the_trace(watched: Process, collector: Collector) -> None:
    provider = Collector()
    with pytest.raises(ValueError, match="canary"), tracing.jobs([tracing.Causing("job.close", 2, None)]):
        client = tracing.http_client(timeout=5)
        assert (await client.post(f"{provider.url}/canarypath?key=canary", content=b"canary")).status_code == 400
        await client.aclose()
        raise ValueError("canary")
    assert provider.asked == 1
    provider.stop()
    await watched.runtime.stop()
    spans = {span.name: span for span in collector.spans}
    assert spans["process job.close"].attributes["error.type"] == "ValueError"
    call = spans["POST 127.0.0.1"]
    assert (call.kind, call.parent, call.attributes["http.response.status_code"]) == (CLIENT, spans["process job.close"].id, 400)
    assert "canary" not in str(collector.spans)
    assert tasks_of(watched.runtime), "the program is whole"
