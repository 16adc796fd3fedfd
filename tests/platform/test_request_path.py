"""What a request costs on its way: no task for each dependency, no look-up for each counter."""

from litestar.routes import HTTPRoute

from nollycrewhub.platform import metrics
from nollycrewhub.platform.app import Process


async def test_dependencies_are_resolved_one_after_the_other(process: Process) -> None:
    models = [model for route in process.litestar.routes if isinstance(route, HTTPRoute) for _, model in route.route_handler_map.values()]
    assert any(len(model.dependency_batches) > 2 for model in models)
    assert all(len(batch) == 1 for model in models for batch in model.dependency_batches)


def test_a_counter_is_bound_once() -> None:
    first = metrics.bound(metrics.READS, "nowhere")
    metrics.count(metrics.READS, "nowhere")
    assert metrics.bound(metrics.READS, "nowhere") is first
    assert metrics.REGISTRY.get_sample_value("nch_reads_total", {"server": "nowhere"}) == 1
