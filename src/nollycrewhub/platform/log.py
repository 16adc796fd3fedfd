"""Structured logs: one JSON line per fact, with request and instance id, and nobody's personal data."""

import logging
import sys
from collections.abc import Mapping, MutableMapping
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
CONTROL = dict.fromkeys((*range(32), 127), " ")


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


def set_up(*, instance_id: str, level: int = logging.INFO) -> None:
    """Sends our logs and the libraries' warnings to standard error as JSON lines."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False, max_frames=20)),
            hide_personal,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(instance=instance_id)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format='{"level":"%(levelname)s","logger":"%(name)s"}')
    logging.getLogger("pgqueuer").setLevel(logging.CRITICAL)


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger whose lines say which part speaks."""
    bound: structlog.stdlib.BoundLogger = structlog.get_logger(part=name)
    return bound
