"""Every operation that takes a form of files, sent exactly as the OpenAPI document says, and with a field too few or too many."""

from typing import Any

import pytest

from nollycrewhub.platform.app import Process
from tests.security.conftest import SetStage
from tests.security.kinds import resolved
from tests.security.ledger import Ledger
from tests.security.stage import Stage
from tests.security.table import PNG, TABLE, Row, address, reader, succeeds, told

MULTIPART = "multipart/form-data"
PATHS = ("/api/users/me/photo", "/api/projects/scripts", "/api/messages/files")
CONTENTS = {
    "photo": ("me.png", PNG, "image/png"),
    "file": ("lamp.png", PNG, "image/png"),
    "script": ("iya.txt", b"INT. KITCHEN - DAY", "text/plain"),
}


def forms(house: Process) -> dict[tuple[str, str], dict[str, Any]]:
    """Each such operation with the schema of its form."""
    document = house.litestar.openapi_schema.to_schema()
    return {
        (method.upper(), path): resolved(document, operation["requestBody"]["content"][MULTIPART]["schema"])
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if MULTIPART in operation.get("requestBody", {}).get("content", {})
    }


def parts_of(schema: dict[str, Any], names: list[str]) -> dict[str, Any]:
    """A form as the document describes it: a file where it says binary, else text. None at all is still such a form."""
    files = {name: CONTENTS[name] if schema["properties"][name].get("format") == "binary" else (None, b"Words") for name in names}
    return {"files": files} if files else {"content": b"--x--\r\n", "headers": {"content-type": f"{MULTIPART}; boundary=x"}}


async def sent(stage: Stage, row: Row, **parts: Any) -> tuple[int, str]:
    """Status and field at fault."""
    answer = await stage.callers[reader(row)].ask(row.method, address(row, stage.ids), **parts)
    return answer.status_code, str(answer.json().get("field", ""))


def test_each_form_of_files_is_described(house: Process) -> None:
    found = forms(house)
    assert set(found) == {("POST", path) for path in PATHS}
    for schema in found.values():
        files = [name for name, field in schema["properties"].items() if field.get("format") == "binary"]
        assert files == schema["required"]
        assert all(schema["properties"][name]["type"] == "string" for name in files)


@pytest.mark.parametrize("path", PATHS)
async def test_what_the_document_says_is_what_the_route_takes(house: Process, set_stage: SetStage, path: str) -> None:
    row = next(row for row in TABLE if (row.method, row.path) == ("POST", path) and succeeds(row))
    schema = forms(house)[row.method, told(row.path)]
    every, needed = list(schema["properties"]), list(schema["required"])
    stage = await set_stage()
    ledger = Ledger(house)
    await ledger.note()
    for name in needed:
        left = [one for one in every if one != name]
        assert await sent(stage, row, **parts_of(schema, left)) == (422, name)
    if schema.get("additionalProperties") is False:
        more = parts_of(schema, every)
        assert await sent(stage, row, files={**more["files"], "surprise": (None, b"x")}) == (422, "surprise")
    assert await ledger.changes() == []
    for names in (needed, every):
        status, field = await sent(stage, row, **parts_of(schema, names))
        assert (200 <= status < 300, field) == (True, "")
