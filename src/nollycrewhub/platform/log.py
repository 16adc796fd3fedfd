"""Structured logs: one JSON line per fact, with request and instance id, and nobody's personal data.

Lines of libraries (uvicorn's too), warnings and the last words of a dying process take the same form.
What a library says is kept only as far as it cannot quote anyone: its template, with numbers filled in.
"""

import json
import logging
import sys
from collections.abc import Callable, Mapping, MutableMapping
from contextvars import ContextVar
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

import structlog

PRIVATE_KEYS = frozenset(
    [
        "password",
        "password_hash",
        "token",
        "secret",
        "authorization",
        "cookie",
        "email",
        "phone",
        "code",
        "note",
        "bio",
        "name",
        "body",
        "to",
        "address",
    ]
)
CONTROL = dict.fromkeys((*range(32), 127, 0x85, 0x2028, 0x2029), " ")
LONGEST = 300
QUIET = "…"
REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")
TRACE_ID: ContextVar[str] = ContextVar("trace_id", default="")
FRAMES = structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False, max_frames=20))


def hide_personal(_: Any, __: str, entry: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Replaces the value of keys that could hold a person or a secret, flattens control
    characters, and keeps of an exception its type and frames only: messages quote what people typed."""
    for key, value in entry.items():
        if key == "exception":
            entry[key] = [
                {
                    "type": item["exc_type"],
                    "frames": [f"{f['filename']}:{f['lineno']}" for f in item["frames"]],
                }
                for item in value
            ]
        elif key in PRIVATE_KEYS:
            entry[key] = "[hidden]"
        elif isinstance(value, str):
            entry[key] = value.translate(CONTROL)
    return entry


def told_by(instance_id: str) -> Callable[[Any, str, MutableMapping[str, Any]], MutableMapping[str, Any]]:
    """Adds who speaks, for which request, and in which trace where there is one."""

    def add(_: Any, __: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        entry["instance"] = instance_id
        if request_id := REQUEST_ID.get():
            entry.setdefault("request_id", request_id)
        if trace_id := TRACE_ID.get():
            entry["trace_id"] = trace_id
        return entry

    return add


class JsonLines(logging.Formatter):
    """What libraries log through the standard library, in our form."""

    def __init__(self, instance_id: str) -> None:
        super().__init__()
        self.tell = told_by(instance_id)

    def format(self, record: logging.LogRecord) -> str:
        """One line; of an exception its type and frames, of a message its first line without what was filled in."""
        entry: MutableMapping[str, Any] = {"event": said(record), "part": record.name, "level": record.levelname.lower()}
        entry["timestamp"] = datetime.fromtimestamp(record.created, UTC).isoformat()
        if record.exc_info and record.exc_info[0] is not None:
            entry = FRAMES(None, "", {**entry, "exc_info": record.exc_info})
        return json.dumps(hide_personal(None, "", self.tell(None, "", entry)), default=str)


def is_no_printed_traceback(record: logging.LogRecord) -> bool:
    """A start that failed is told by whoever saw it fail; uvicorn gets it as text and would say its first line again."""
    return "Traceback (most recent call last)" not in str(record.msg)


def said(record: logging.LogRecord) -> str:
    """The record's template with its numbers; other values are quoted from requests too easily."""
    template = str(record.msg).strip().split("\n", 1)[0][:LONGEST]
    if not record.args or not isinstance(record.args, tuple):
        return template
    if record.name == "py.warnings":
        return " ".join(record.getMessage().split())[:LONGEST]
    try:
        return template % tuple(value if isinstance(value, (int, float)) else QUIET for value in record.args)
    except (TypeError, ValueError):
        return template


def set_up(*, instance_id: str, level: int = logging.INFO) -> None:
    """Sends our logs, the libraries' and the interpreter's own to standard error as JSON lines."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            told_by(instance_id),
            FRAMES,
            hide_personal,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(instance_id))
    root = logging.getLogger()
    root.setLevel(logging.WARNING)
    root.handlers = [other for other in root.handlers if not isinstance(other.formatter, JsonLines)] + [handler]
    logging.captureWarnings(True)
    logging.getLogger("uvicorn").setLevel(logging.INFO)
    logging.getLogger("uvicorn.error").addFilter(is_no_printed_traceback)
    logging.getLogger("pgqueuer").setLevel(logging.CRITICAL)
    logging.getLogger("asyncpg.pool").setLevel(logging.CRITICAL)  # db says itself when a server left, once
    sys.excepthook = last_words


def last_words(kind: type[BaseException], fault: BaseException, trace: TracebackType | None) -> None:
    """A process that dies of an exception says so in our form."""
    if issubclass(kind, KeyboardInterrupt):
        return
    logging.getLogger("process").critical("ended by an exception", exc_info=(kind, fault, trace))


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger whose lines say which part speaks."""
    bound: structlog.stdlib.BoundLogger = structlog.get_logger(part=name)
    return bound
