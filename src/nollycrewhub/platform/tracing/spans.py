"""Spans by OpenTelemetry's SDK, exported over OTLP/HTTP by a thread of its own: who answers a request never waits for a collector.

What the thread has not sent when its queue is full is dropped. Imported only where traces are on.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from contextvars import ContextVar
from typing import Any
from urllib.parse import unquote

import httpx
import redis.asyncio as valkey
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, SpanKind, Status, StatusCode, TraceFlags
from redis.asyncio.client import Pipeline

from nollycrewhub.platform import log
from nollycrewhub.platform.tracing import Causing, Told, inner
from nollycrewhub.platform.tracing.bounds import EVERY_MS, MOST_AT_ONCE, MOST_WAITING, PATIENCE

TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
KINDS = {"internal": SpanKind.INTERNAL, "client": SpanKind.CLIENT, "producer": SpanKind.PRODUCER}
KNOWN = {"route": "http.route", "region": "nch.region", "device": "nch.device", "cache": "nch.cache"}
REQUEST: ContextVar[Span | None] = ContextVar("traced_request", default=None)


class Spans:
    """The tracer of a process."""

    def __init__(self, settings: Told, *, role: str) -> None:
        about = {
            "service.name": settings.otel_service_name, "service.instance.id": settings.instance_id, "nch.role": role,
            "deployment.environment.name": settings.shape, "nch.region.home": settings.region,
        }  # fmt: skip
        self.provider = TracerProvider(
            sampler=ParentBased(TraceIdRatioBased(settings.otel_traces_sampler_arg)), resource=Resource(about), shutdown_on_exit=False,
            span_limits=SpanLimits(max_span_attribute_length=4096),
        )  # fmt: skip
        exporter = OTLPSpanExporter(
            endpoint=f"{settings.otel_exporter_otlp_endpoint.rstrip('/')}/v1/traces", headers=headers_in(settings.otel_exporter_otlp_headers),
            timeout=PATIENCE,
        )  # fmt: skip
        self.provider.add_span_processor(BatchSpanProcessor(
            exporter, max_queue_size=MOST_WAITING, max_export_batch_size=MOST_AT_ONCE, schedule_delay_millis=EVERY_MS,
            export_timeout_millis=PATIENCE * 1000,
        ))  # fmt: skip
        self.tracer = self.provider.get_tracer("nollycrewhub")
        self.valkey = TracedValkey

    def close(self) -> None:
        """Sends what is left; may hang as long as the collector does."""
        self.provider.shutdown()

    # requests

    def around(self, app: Any, *, trusts: Callable[[str], bool], silent: frozenset[str]) -> Any:
        """The application with a span around each request. The trace of somebody outside is believed from a trusted edge only:
        anybody else could have everything of theirs kept."""

        async def asked(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] != "http" or scope["path"] in silent:
                await app(scope, receive, send)
                return
            peer = scope["client"][0] if scope.get("client") else ""
            given = next((value for name, value in scope["headers"] if name == b"traceparent"), b"") if trusts(peer) else b""
            method = scope["method"] if scope["method"] in METHODS else "_OTHER"
            with self.root(method, SpanKind.SERVER, remote(given.decode("latin-1")), {"http.request.method": method}) as span:

                async def noted(message: Any) -> None:
                    if message["type"] == "http.response.start":
                        span.set_attribute("http.response.status_code", message["status"])
                        if message["status"] >= 500:
                            span.set_status(Status(StatusCode.ERROR))
                    await send(message)

                token = REQUEST.set(span)
                try:
                    await app(scope, receive, noted)
                finally:
                    REQUEST.reset(token)

        return asked

    def note(self, known: Mapping[str, str]) -> None:
        """More of the request under way."""
        span = REQUEST.get()
        if span is not None and span.is_recording():
            span.set_attributes({KNOWN[name]: value for name, value in known.items()})
            if "route" in known and (attributes := getattr(span, "attributes", None)):
                span.update_name(f"{attributes['http.request.method']} {known['route']}")

    # what is under way

    @contextmanager
    def root(self, name: str, kind: SpanKind, parent: Context, attributes: Mapping[str, str | int]) -> Iterator[Span]:
        """A span that other processes caused, or nobody; log lines name its trace."""
        with self.tracer.start_as_current_span(
            name, context=parent, kind=kind, attributes=attributes, record_exception=False, set_status_on_exception=False
        ) as span:
            token = log.TRACE_ID.set(trace.format_trace_id(span.get_span_context().trace_id))
            try:
                yield span
            except BaseException as error:
                failed(span, error)
                raise
            finally:
                log.TRACE_ID.reset(token)

    def begun(self, name: str, attributes: Mapping[str, str | int]) -> AbstractContextManager[object]:
        """What nobody caused."""
        return self.root(name, SpanKind.INTERNAL, Context(), attributes)

    def tell(self, attributes: Mapping[str, str | int]) -> None:
        """More of the innermost part."""
        trace.get_current_span().set_attributes(attributes)

    @contextmanager
    def inner(self, name: str, kind: str, attributes: Mapping[str, str | int]) -> Iterator[Span | None]:
        """A part of it; nothing where nothing is under way, or nothing of that is kept."""
        if not trace.get_current_span().is_recording():
            yield None
            return
        with self.tracer.start_as_current_span(
            name, kind=KINDS[kind], attributes=attributes, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield span
            except BaseException as error:
                failed(span, error)
                raise

    @contextmanager
    def jobs(self, held: Sequence[Causing]) -> Iterator[None]:
        """Jobs of one attempt; what is done for all of them together stands in the trace of the first."""
        with ExitStack() as stack:
            for job in reversed(held):
                about: dict[str, str | int] = {
                    "messaging.system": "postgresql", "messaging.operation.type": "process", "messaging.destination.name": job.task,
                    "nch.job.attempt": job.attempt, "nch.job.together": len(held),
                }  # fmt: skip
                stack.enter_context(self.root(f"process {job.task}", SpanKind.CONSUMER, remote(job.trace or ""), about))
            yield

    def traceparent(self) -> str | None:
        """The trace under way as W3C writes it, kept or not; None where there is none."""
        return written(trace.get_current_span().get_span_context())

    def failed(self, error: BaseException) -> None:
        """Says so of the innermost part under way."""
        failed(trace.get_current_span(), error)

    def http_client(self, **options: Any) -> httpx.AsyncClient:
        """A client whose calls are spans."""
        return TracedClient(self, **options)


METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def failed(span: Span, error: BaseException) -> None:
    """The kind of an exception; its message quotes what people typed."""
    span.set_attribute("error.type", type(error).__name__)
    span.set_status(Status(StatusCode.ERROR))


def written(context: SpanContext) -> str | None:
    """As W3C writes it."""
    if not context.is_valid:
        return None
    return f"00-{trace.format_trace_id(context.trace_id)}-{trace.format_span_id(context.span_id)}-{context.trace_flags:02x}"


def remote(text: str) -> Context:
    """The parent that somebody names; none where it is not written as W3C asks."""
    found = TRACEPARENT.fullmatch(text)
    if found is None:
        return Context()
    trace_id, span_id, flags = (int(part, 16) for part in found.groups())
    parent = SpanContext(trace_id, span_id, is_remote=True, trace_flags=TraceFlags(flags & TraceFlags.SAMPLED))
    return trace.set_span_in_context(NonRecordingSpan(parent), Context()) if parent.is_valid else Context()


def headers_in(setting: str) -> dict[str, str]:
    """`name=value,name=value`, as OpenTelemetry writes headers in the environment."""
    pairs = (part.partition("=") for part in setting.split(",") if "=" in part)
    return {name.strip().lower(): unquote(value.strip()) for name, _, value in pairs}


class TracedClient(httpx.AsyncClient):
    """Calls of providers: the method and the host, never the path, which may name somebody or hold a key."""

    def __init__(self, spans: Spans, **options: Any) -> None:
        super().__init__(**options)
        self.spans = spans

    async def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        """One call."""
        about: dict[str, str | int] = {"http.request.method": request.method, "server.address": request.url.host}
        with self.spans.inner(f"{request.method} {request.url.host}", "client", about) as span:
            if (traceparent := self.spans.traceparent()) is not None:
                request.headers["traceparent"] = traceparent
            answer = await super().send(request, **options)
            if span is not None:
                span.set_attribute("http.response.status_code", answer.status_code)
                if answer.is_error:
                    span.set_status(Status(StatusCode.ERROR))
            return answer


class TracedValkey(valkey.Redis):
    """Valkey's client: which command, never its keys."""

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        """One command."""
        with command(str(args[0])):
            return await super().execute_command(*args, **options)  # type: ignore[no-untyped-call]

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> "TracedPipeline":
        """Several at once."""
        return TracedPipeline(self.connection_pool, self.response_callbacks, transaction, shard_hint)


class TracedPipeline(Pipeline):
    """Several commands at once."""

    async def execute(self, raise_on_error: bool = True) -> list[Any]:
        """All of them."""
        with command("PIPELINE", many=len(self.command_stack)):
            return await super().execute(raise_on_error)


def command(name: str, *, many: int = 1) -> AbstractContextManager[object]:
    """The span of a command."""
    about: dict[str, str | int] = {"db.system.name": "redis", "db.operation.name": name, "db.operation.batch.size": many}
    return inner(name, "client", **about)
