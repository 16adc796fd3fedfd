"""Spans for what the ORM itself asks; SQL text that goes to the driver has its own."""

from typing import Any

from sqlalchemy import Engine, event

from nollycrewhub.platform import tracing


def follow(engine: Engine) -> None:
    """Has the engine's statements traced, if anything is."""
    if tracing.is_on():
        event.listen(engine, "before_cursor_execute", begins)
        event.listen(engine, "after_cursor_execute", ends)
        event.listen(engine, "handle_error", breaks)


def begins(connection: Any, cursor: Any, sql: str, parameters: Any, context: Any, many: bool) -> None:
    """It is about to ask. The span begins and ends in two places, for so the engine's events are."""
    context.traced = tracing.statement(sql)
    context.traced.__enter__()


def ends(connection: Any, cursor: Any, sql: str, parameters: Any, context: Any, many: bool) -> None:
    """It was answered."""
    context.traced.__exit__(None, None, None)


def breaks(found: Any) -> None:
    """It was refused."""
    span = getattr(found.execution_context, "traced", None)
    if span is not None:
        tracing.failed(found.original_exception)
        span.__exit__(None, None, None)
