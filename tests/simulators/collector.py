"""A collector of traces: takes OTLP over HTTP as protobuf, keeps the spans, and hangs when it is told to."""

import gzip
from typing import Any, NamedTuple

from nollycrewhub.platform import tracing

tracing.allow()  # the package hides it where traces are off

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest  # noqa: E402

from tests.simulators.providers import Answer, Simulator  # noqa: E402


class Span(NamedTuple):
    """One span as it arrived, ids in hexadecimal."""

    name: str
    trace: str
    id: str
    parent: str
    kind: int
    role: str
    attributes: dict[str, Any]


class Collector(Simulator):
    """Keeps what it was sent."""

    def __init__(self) -> None:
        super().__init__()
        self.spans: list[Span] = []
        self.headers: dict[str, str] = {}

    def take(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """POST /v1/traces."""
        if path != "/v1/traces" or headers.get("content-type") != "application/x-protobuf":
            return 400, {}, {}
        self.headers = headers
        raw = gzip.decompress(body) if headers.get("content-encoding") == "gzip" else body
        for resource in ExportTraceServiceRequest.FromString(raw).resource_spans:
            about = known(resource.resource.attributes)
            self.spans += [
                Span(one.name, one.trace_id.hex(), one.span_id.hex(), one.parent_span_id.hex(), one.kind, about["nch.role"], known(one.attributes))
                for scope in resource.scope_spans for one in scope.spans
            ]  # fmt: skip
        return 200, {}, {}

    def of(self, trace: str) -> dict[str, Span]:
        """The spans of one trace by their ids."""
        return {span.id: span for span in self.spans if span.trace == trace}


def known(pairs: Any) -> dict[str, Any]:
    """Attributes as a table."""
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in pairs}
