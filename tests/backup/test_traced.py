"""A backup and the way back as a trace each, with every call of the store and nothing of what is in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.backup.shop import Shop
from tests.backup.test_commands import write
from tests.simulators.collector import Collector, Span


@pytest.fixture
def collector() -> Iterator[Collector]:
    """A fresh one."""
    found = Collector()
    yield found
    found.stop()


def parts(collector: Collector, name: str) -> list[Span]:
    """All spans of the one trace that begins with this."""
    (first,) = [span for span in collector.spans if span.name == name]
    assert (first.parent, first.role) == ("", "backup")
    return list(collector.of(first.trace).values())


def test_a_backup_and_a_restore_are_a_trace_each(shop: Shop, place: Path, collector: Collector) -> None:
    shop.environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.url
    write(shop)
    shop.done("backup")
    shop.restored("latest", place / "back")
    made = [span.name for span in parts(collector, "backup now")]
    assert {"backup copy", "backup check", "store write", "store read"} <= {*made}
    back = parts(collector, "backup restore")
    assert {"restore fetch", "restore check", "restore replay", "store list", "store read"} <= {span.name for span in back}
    (fetch,) = [span for span in back if span.name == "restore fetch"]
    assert any(span.name == "store read" and span.parent == fetch.id for span in back), "the threads that fetch know whose work it is"
    assert "replicator" not in str(collector.spans)
