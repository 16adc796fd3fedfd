"""Traces by setting: how long each part of a request took, and of the jobs it caused, in one tree.

Off unless OTEL_EXPORTER_OTLP_ENDPOINT is set, and then nothing of OpenTelemetry is imported: each place that can be traced
asks here, and is handed something that does nothing. Names and attributes never hold what people typed: no path, no query, no
body, no parameter of a statement, no key of the cache, no message of an exception.
"""

import asyncio
import re
import sys
import threading
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache, wraps
from typing import TYPE_CHECKING, Any, NamedTuple, ParamSpec, Protocol, TypeVar

import httpx
import redis.asyncio as valkey

if TYPE_CHECKING:
    from nollycrewhub.platform.tracing.spans import Spans

P = ParamSpec("P")
R = TypeVar("R")
NOTHING: AbstractContextManager[None] = nullcontext()
LAST_SECONDS = 2.0  # for what is not sent yet when the process ends; a collector that hangs holds nobody up
LONGEST_SQL = 2000
TABLE = re.compile(r"\b(?:from|into|update|join)\s+([a-z_]+\.[a-z_]+)")
VERB = re.compile(r"\b(?:select|insert|update|delete)\b")


class Told(Protocol):
    """What must be known to send spans; all settings say it, and what backups read of the environment does."""

    @property
    def otel_exporter_otlp_endpoint(self) -> str: ...  # noqa: D102 - docs/SETTINGS.md
    @property
    def otel_exporter_otlp_headers(self) -> str: ...  # noqa: D102
    @property
    def otel_service_name(self) -> str: ...  # noqa: D102
    @property
    def otel_traces_sampler_arg(self) -> float: ...  # noqa: D102
    @property
    def instance_id(self) -> str: ...  # noqa: D102
    @property
    def shape(self) -> str: ...  # noqa: D102
    @property
    def region(self) -> str: ...  # noqa: D102


class Held:
    """The one place that knows whether this process traces."""

    spans: "Spans | None" = None


HELD = Held()


class Causing(NamedTuple):
    """A job about to run: what it is, which attempt, and the trace that it was stored in."""

    task: str
    attempt: int
    trace: str | None


def allow() -> None:
    """Lets OpenTelemetry be found, which the package hides from those who would read it in unasked."""
    if sys.modules.get("opentelemetry", sys) is None:
        del sys.modules["opentelemetry"]


def switch_on(settings: Told, *, role: str) -> None:
    """Traces from now on, if the settings say where to."""
    if settings.otel_exporter_otlp_endpoint and HELD.spans is None:
        allow()
        from nollycrewhub.platform.tracing.spans import Spans  # noqa: PLC0415 - OpenTelemetry is imported where it is asked for only

        HELD.spans = Spans(settings, role=role)


async def switch_off() -> None:
    """Sends what is left, for a moment at most."""
    spans, HELD.spans = HELD.spans, None
    if spans is not None:
        closing = threading.Thread(target=spans.close, daemon=True)
        closing.start()
        await asyncio.to_thread(closing.join, LAST_SECONDS)


def is_on() -> bool:
    """Whether anything is traced."""
    return HELD.spans is not None


def traced(app: Any, *, trusts: Callable[[str], bool], silent: frozenset[str]) -> Any:
    """The application with a span around each request, but for `silent` paths; itself where nothing is traced."""
    return app if HELD.spans is None else HELD.spans.around(app, trusts=trusts, silent=silent)


def note(**known: str) -> None:
    """What has become known of the request under way: `route`, `region`, `device`, `cache`."""
    if HELD.spans is not None:
        HELD.spans.note(known)


def inner(name: str, kind: str = "internal", **attributes: str | int) -> AbstractContextManager[object]:
    """A part of what is under way, of a kind (`internal`, `client`, `producer`); nothing outside of a trace that is kept."""
    return NOTHING if HELD.spans is None else HELD.spans.inner(name, kind, attributes)


def begun(name: str, **attributes: str | int) -> AbstractContextManager[object]:
    """Work that no request and no job caused, in a trace of its own."""
    return NOTHING if HELD.spans is None else HELD.spans.begun(name, attributes)


def by_itself(name: str) -> Callable[[Callable[P, Awaitable[R]]], Callable[P, Coroutine[Any, Any, R]]]:
    """The same around each call of a coroutine function."""

    def around(run: Callable[P, Awaitable[R]]) -> Callable[P, Coroutine[Any, Any, R]]:
        @wraps(run)
        async def asked(*args: P.args, **options: P.kwargs) -> R:
            with begun(name):
                return await run(*args, **options)

        return asked

    return around


def tell(**attributes: str | int) -> None:
    """More of the innermost part under way: numbers and words of ours, never of anybody else's."""
    if HELD.spans is not None:
        HELD.spans.tell(attributes)


def statement(sql: str) -> AbstractContextManager[object]:
    """A statement of the database: its text, in which values are parameters, and never these."""
    if HELD.spans is None:
        return NOTHING
    name, text = described(sql)
    return HELD.spans.inner(name, "client", {"db.system.name": "postgresql", "db.operation.name": name, "db.query.text": text})


@lru_cache(2048)
def described(sql: str) -> tuple[str, str]:
    """A statement's short name (`select jobs.job`), and its text on one line."""
    text = " ".join(sql.split())
    verb, table = VERB.search(text.lower()), TABLE.search(text.lower())
    return " ".join(part for part in (verb.group() if verb else "sql", table.group(1) if table else "") if part), text[:LONGEST_SQL]


def jobs(held: Sequence[Causing]) -> AbstractContextManager[object]:
    """The work of one job, or of several that share a transaction, each in the trace that caused it."""
    return NOTHING if HELD.spans is None else HELD.spans.jobs(held)


def carried() -> str | None:
    """What a job's row says of the trace it is stored in: a JSON object, or nothing."""
    trace = HELD.spans.traceparent() if HELD.spans is not None else None
    return f'{{"traceparent": "{trace}"}}' if trace else None


def failed(error: BaseException) -> None:
    """What is under way was refused, where no exception says so itself."""
    if HELD.spans is not None:
        HELD.spans.failed(error)


def http_client(**options: Any) -> httpx.AsyncClient:
    """A client for a provider, which tells the provider the trace."""
    return httpx.AsyncClient(**options) if HELD.spans is None else HELD.spans.http_client(**options)


def valkey_client() -> "type[valkey.Redis]":
    """The class of Valkey's clients."""
    return valkey.Redis if HELD.spans is None else HELD.spans.valkey
