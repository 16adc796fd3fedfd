"""A notice without a declared kind cannot be made: nobody could say why they got it, or switch it off."""

import ast
from pathlib import Path

import pytest

from nollycrewhub.domains.notifications import rules
from nollycrewhub.domains.notifications.module import MODULE
from nollycrewhub.domains.notifications.rules import KINDS, Words
from nollycrewhub.domains.notifications.rules.kinds import NoSuchKind
from nollycrewhub.domains.notifications.rules.samples import SAMPLES
from nollycrewhub.domains.notifications.service import tell
from nollycrewhub.kit.ids import uuid7
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.db import Query
from tests.events.test_counting import work_of

SOURCE = Path("src/nollycrewhub/domains/notifications/handlers.py")
TO_OPERATORS = {  # by the channels of the settings, not as notices of theirs
    "incident_opened", "incident_closed", "queue_backlog", "queue_relieved", "event_lagging", "event_recovered", "spend_capped",
    "alert_raised", "alert_cleared",
}  # fmt: skip
SILENT = {
    "notifications.person_erased",
    "notifications.conversation_read",
    "notifications.project_uninvited",
    *(f"notifications.{name}" for name in TO_OPERATORS),
}
NOTICES = Query(int, "select count(*)::int from notifications.notice where event_id = $1")
MADE_BY = {
    "received": [rules.received("t", 1, "n").kind], "withdrawn": [rules.withdrawn("t", 1).kind], "ended": [rules.ended("t", 1, 2, "d").kind],
    "closed": [rules.closed("t", 1).kind],
    "held": [rules.held("t", 1, "r").kind], "released": [rules.released("t", 1).kind], "matched": [rules.matched("t", 1, "l").kind],
    "asked": [rules.asked("c", "direct", "n").kind], "wrote": [rules.wrote("c", "n").kind],
    "invited": [rules.invited("p", "n").kind],
    "moved": [
        words.kind for after in rules.MOVES for before in ("applied", "declined") if (words := rules.moved("t", 1, after, before=before))
    ],
}  # fmt: skip


def words_of(tree: ast.Module) -> dict[str, set[str]]:
    """Which functions of `rules` each handler makes its words by."""
    found: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.AsyncFunctionDef):
            found[node.name] = {
                call.func.attr
                for call in ast.walk(node)
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and getattr(call.func.value, "id", "") == "rules"
            }
    return found


def undeclared(tree: ast.Module, kinds: set[str]) -> list[str]:
    """Handlers that would make a notice of no known kind, and those that make none and are not known to be silent."""
    faults = []
    for name, makers in words_of(tree).items():
        if not makers and f"notifications.{name}" not in SILENT:
            faults.append(f"{name} tells nobody anything")
        for maker in makers:
            faults += [f"{name}: {kind}" for kind in MADE_BY.get(maker, [f"unknown words {maker}"]) if kind not in kinds]
    return sorted(faults)


def test_every_consumer_makes_notices_of_declared_kinds() -> None:
    tree = ast.parse(SOURCE.read_text())
    assert set(words_of(tree)) == {handler.consumer.removeprefix("notifications.") for handler in MODULE.handlers}
    assert undeclared(tree, set(KINDS)) == []
    assert {kind for kinds in MADE_BY.values() for kind in kinds} == set(KINDS), "a kind that nothing makes"


def test_every_kind_has_a_sample_for_operators() -> None:
    assert set(SAMPLES) == set(KINDS), "without one the page of what was sent breaks"


def test_the_judge_sees_a_missing_kind_unknown_words_and_a_consumer_without_any() -> None:
    tree = ast.parse("async def a(e, w):\n    rules.closed(e)\nasync def b(e, w):\n    rules.imagined(e)\nasync def c(e, w):\n    pass\n")
    assert undeclared(tree, set(KINDS) - {"job.closed"}) == ["a: job.closed", "b: unknown words imagined", "c tells nobody anything"]


async def test_a_notice_of_an_unknown_kind_is_refused_and_leaves_nothing(process: Process) -> None:
    event = uuid7()
    async with process.runtime.db.write_session() as session:
        with pytest.raises(NoSuchKind):
            await tell(work_of(process, session), uuid7(), event_id=event, words=Words("job.imagined", "s", "b", "/jobs"))
        await process.runtime.db.commit(session)
    assert await process.runtime.db.read_session(primary=True).value(NOTICES, event) == 0
