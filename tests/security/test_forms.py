"""Every form of every page, one wrong value at a time: told in our own words, never in a library's."""

import re

import pytest

from nollycrewhub.platform.app import Process
from tests.filling import untouched
from tests.measuring import Measure
from tests.security.conftest import SetStage
from tests.security.stage import ROLES
from tests.security.table import TABLE, Row, address

FOREIGN = re.compile(
    r"Expected [`&]|RFC ?3339|Invalid enum|Object (missing|contains)|of length [<>&]|msgspec|got `|is not a valid|Traceback"
)
WRONG = {
    "empty": "", "blank": "   ", "long": "x" * 7000, "negative": "-1", "huge": "9" * 40, "no day": "2026-02-31",
    "digit of another script": "²", "not on the list": "zz", "control": "a\x07b",
}  # fmt: skip
PAGE = {"accept": "text/html"}


def forms() -> list[Row]:
    """One row for each route that reads a form of text and lets somebody in."""
    found = {
        (row.method, row.path): row
        for row in TABLE
        if row.parts is not None and not row.path.startswith("/api/") and any(200 <= cell < 400 for cell in row.cells)
    }
    return list(found.values())


@pytest.mark.parametrize("row", forms(), ids=lambda row: f"{row.method} {row.path}")
async def test_a_wrong_value_is_told_in_our_words(house: Process, set_stage: SetStage, row: Row, measured: Measure) -> None:
    stage = await set_stage()
    role = next(role for role, cell in zip(ROLES, row.cells, strict=True) if 200 <= cell < 400)
    caller, path = stage.callers[role], address(row, stage.ids)
    assert row.parts is not None
    good = row.parts(stage, caller).get("data")
    if good is None:
        assert row.path == "/me/photo" or row.path.endswith("/script"), "a form of files alone, which other tests look at"
        return
    shown = await caller.ask("GET", path, headers=PAGE)
    fields = {**(untouched(shown.text, path) if shown.status_code == 200 else {}), **good}
    told: list[str] = []
    for name in fields:
        for what, value in WRONG.items():
            answer = await caller.ask("POST", path, data={**fields, name: value}, headers=PAGE)
            found = FOREIGN.search(answer.text)
            if found or answer.status_code >= 500:
                told.append(f"{name} {what} -> {answer.status_code} {found and answer.text[found.start() - 60 : found.end() + 60]}")
    measured("S3", route=f"POST {row.path}", faults=len(fields) * len(WRONG), foreign=len(told))
    assert not told, "\n".join(told)


WHERE = {
    "/me/jobs/new": {
        "state": "Choose a state.", "category": "Choose what the work is.", "title": "Use 5 to 120 characters.",
        "deadline": "Write a date, for example 2026-12-24.", "wanted": "Write a number from 1 to 1,000.",
        "pay": "Write an amount in naira, for example 150,000.", "company": "Write the company&#39;s or your own name.",
    },
    "/me/profile": {"available_from": "Write a date, for example 2026-12-24.", "rate": "Write an amount in naira, for example 150,000."},
}  # fmt: skip


@pytest.mark.parametrize("path", list(WHERE))
async def test_all_faults_stand_beside_their_fields_at_once(set_stage: SetStage, path: str) -> None:
    stage = await set_stage()
    caller = stage.callers["poster"]
    fields: dict[str, list[str] | str] = {
        **untouched((await caller.ask("GET", path, headers=PAGE)).text, path),
        "name": "Ada",
        "description": "x" * 40,
    }
    wrong = {"deadline": "soon", "wanted": "many", "pay": "much", "available_from": "soon", "rate": "much", "title": "abc", "company": ""}
    answer = await caller.ask("POST", path, data={**fields, **wrong}, headers=PAGE)
    assert answer.status_code == 422
    for name, sentence in WHERE[path].items():
        beside = answer.text.partition(f'id="{name}-error"')[2].partition("</p>")[0]
        assert beside.endswith(sentence), (name, beside)
