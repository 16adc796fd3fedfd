"""Every API operation and its query: a name that the document does not give is refused, whoever asks, and nothing is stored."""

from typing import Any

import pytest

from nollycrewhub.platform.app import Process
from tests.security.conftest import SetStage
from tests.security.ledger import Ledger
from tests.security.table import TABLE, Row, address, reader, succeeds, told

VALUES = {"integer": "1", "boolean": "true", "number": "1"}


def operations() -> list[Row]:
    """One row for each API route and method, where somebody succeeds if the table has such a one."""
    rows = (row for row in TABLE if row.path.startswith("/api/"))
    return list({(row.method, row.path): row for row in sorted(rows, key=succeeds)}.values())


def described(house: Process) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """Each API operation of the document with its query parameters."""
    paths = house.litestar.openapi_schema.to_schema()["paths"]
    return {
        (method.upper(), path): [one for one in operation.get("parameters", []) if one["in"] == "query"]
        for path, item in paths.items()
        for method, operation in item.items()
        if path.startswith("/api/")
    }


def test_every_operation_is_asked(house: Process) -> None:
    assert set(described(house)) == {(row.method, told(row.path)) for row in operations()}


@pytest.mark.parametrize("row", operations(), ids=lambda row: f"{row.method} {row.path}")
async def test_a_name_that_the_document_does_not_give_is_refused(house: Process, set_stage: SetStage, row: Row) -> None:
    stage = await set_stage()
    caller = stage.callers[reader(row)]
    ledger = Ledger(house)
    await ledger.note()
    for query in ("surprise=1", "surprise=", "surprise", "surprise=1&surprise=2", "Surprise=1", "%73urprise=1"):
        parts = row.parts(stage, caller) if row.parts else {}
        answer = await caller.ask(row.method, f"{address(row, stage.ids)}?{query}", **parts)
        problem = answer.json()
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json"), query
        assert problem["field"].lower() == "surprise", query
    assert await ledger.changes() == []
    for one in described(house)[row.method, told(row.path)]:
        value = VALUES.get(str(one["schema"].get("type")), "")
        answer = await caller.ask(
            row.method, f"{address(row, stage.ids)}?{one['name']}={value}", **(row.parts(stage, caller) if row.parts else {})
        )
        assert "The query takes no" not in answer.text, one["name"]


async def test_pages_ignore_what_they_do_not_know(house: Process, set_stage: SetStage) -> None:
    """Whoever shares a link may hang a word of their own on it."""
    stage = await set_stage()
    for path in ("/", "/jobs", "/talent", "/me"):
        assert (await stage.callers["owner"].ask("GET", f"{path}?utm_source=a-friend")).status_code == 200
