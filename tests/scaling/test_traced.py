"""The controller's looks as traces: each with what it saw, what it decided and whom it asked."""

import asyncio

import msgspec

from nollycrewhub.platform import tracing
from nollycrewhub.platform.settings import Settings
from tests.platform.test_tracing import collector
from tests.scaling.conftest import Make, Numbers, Reports
from tests.served import wait_until
from tests.simulators.collector import Collector

__all__ = ["collector"]


async def test_a_look_is_a_trace_with_its_decision(
    settings: Settings, make: Make, numbers: Numbers, reports: Reports, collector: Collector  # noqa: F811 - the fixture
) -> None:  # fmt: skip
    given = msgspec.structs.replace(settings, otel_exporter_otlp_endpoint=collector.url, otel_traces_sampler_arg=1.0)
    tracing.switch_on(given, role="controller")
    one = make()
    running = asyncio.create_task(one.run())
    try:
        for _ in range(60):
            await reports.carry(in_flight=9.0, seconds=0.4)
            await asyncio.sleep(0.25)
            if numbers.asked:
                break
        assert numbers.asked[:1] == [(2, 1)]
        await asyncio.to_thread(wait_until, lambda: any(span.name.startswith("ask ") for span in collector.spans), what="nobody was asked")
    finally:
        one.stopping.set()
        await running
        await tracing.switch_off()
    asked = next(span for span in collector.spans if span.name.startswith("ask "))
    trace = collector.of(asked.trace)
    look = trace[asked.parent]
    assert (look.name, look.parent, look.role) == ("scale look", "", "controller")
    assert look.attributes["nch.scaling.web"] == 2
    assert look.attributes["nch.scaling.workers"] == 1
    assert look.attributes["nch.scaling.actions"] == "", "no threshold was passed"
    assert any(span.name.startswith("see ") and span.parent == look.id for span in trace.values())
