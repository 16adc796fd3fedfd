"""Analytics counts every event of jobs, users, messages and projects that is a fact, and each of them has room for the region of the request that caused it."""

import ast
from pathlib import Path

import pytest

from nollycrewhub.contracts import events
from nollycrewhub.contracts.hearing import HEARERS
from nollycrewhub.domains.analytics.handlers import HANDLERS
from nollycrewhub.domains.analytics.rules import FACTS
from nollycrewhub.kit.events import Event
from tests.architecture.test_documents import DOMAINS, kinds_of

KINDS = {kind.__name__: kind for kind in kinds_of(Event)}
COUNTED_BY_WHERE_IT_LED = {"application.moved"}
FOR_OPERATORS = {"SpendCapped"}
NO_FACTS = {"ConversationRead", "ProjectChanged", "ProjectUninvited"}  # that something is read, or otherwise than before: no deed to count
BY_THE_MINUTE = {"MessageReceived"}


def made_in(path: Path) -> set[str]:
    """The events that a module makes, by the names of their structs."""
    calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    names = {call.attr if isinstance(call, ast.Attribute) else call.id for call in calls if isinstance(call, ast.Attribute | ast.Name)}
    return names & set(KINDS)


OURS = sorted(
    {name for domain in ("jobs", "users", "messages", "projects") for path in (DOMAINS / domain).rglob("*.py") for name in made_in(path)}
    - FOR_OPERATORS
    - NO_FACTS
    - BY_THE_MINUTE
)


def test_what_they_tell_is_found() -> None:
    stems = ("job.", "application.", "search.", "person.", "profile.", "conversation.", "message.", "project.", "script.")
    kinds = [(name, kind) for name, kind in sorted(KINDS.items()) if name not in NO_FACTS | BY_THE_MINUTE]
    assert [KINDS[name].name for name in OURS] == [kind.name for _, kind in kinds if kind.name.startswith(stems)]
    assert len(OURS) >= 19


def test_a_message_makes_no_delivery_to_whoever_counts() -> None:
    for name in BY_THE_MINUTE:
        assert KINDS[name].name in FACTS
        assert [hearer for hearer in HEARERS[KINDS[name].name] if hearer.startswith("analytics.")] == []


@pytest.mark.parametrize("name", OURS)
def test_analytics_counts_it(name: str) -> None:
    consumer = f"analytics.{KINDS[name].name.replace('.', '_')}"
    assert consumer in HEARERS[KINDS[name].name]
    assert [handler.event for handler in HANDLERS if handler.consumer == consumer] == [KINDS[name]]
    assert KINDS[name].name in FACTS or KINDS[name].name in COUNTED_BY_WHERE_IT_LED


@pytest.mark.parametrize("name", OURS)
def test_it_has_room_for_the_region_and_older_ones_have_none(name: str) -> None:
    field = next((field for field in KINDS[name].__struct_fields__ if field == "region"), None)
    assert field is not None
    assert KINDS[name].__struct_defaults__[KINDS[name].__struct_fields__.index("region") - len(KINDS[name].__struct_fields__)] == ""


def test_nobody_else_s_events_are_counted() -> None:
    assert {handler.event.__name__ for handler in HANDLERS} == set(OURS)
    assert events.__name__ == KINDS[OURS[0]].__module__
