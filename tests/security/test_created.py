"""Whatever is new has an address: every 201 says it in Location, also to a repeat, and the OpenAPI document says so."""

import re
from typing import Any

from nollycrewhub.platform.app import Process
from tests.security.conftest import SetStage
from tests.security.stage import ROLES
from tests.security.surface import operations
from tests.security.table import TABLE, Row, address

PARAMETER = re.compile(r"\{(\w+):(\w+)\}")
KINDS = {"int": r"\d+", "uuid": "[0-9a-f-]{36}", "str": "[^/]+"}
MAKING = [row for row in TABLE if 201 in row.cells and row.path.startswith("/api/")]


def documented(path: str) -> str:
    """A route's path as the OpenAPI document writes it."""
    return PARAMETER.sub(r"{\1}", path)


def is_route(house: Process, path: str) -> bool:
    """Whether the program answers at this address by some method."""
    patterns = {PARAMETER.sub(lambda found: KINDS[found.group(2)], known) for _, known in operations(house)}
    return any(re.fullmatch(pattern, path) for pattern in patterns)


async def made(row: Row, set_stage: SetStage) -> tuple[Any, Any, Any]:
    """The answer that something was made, that to a repeat with the same key, and what is found at the address."""
    stage = await set_stage()
    caller = stage.callers[ROLES[row.cells.index(201)]]
    parts = row.parts(stage, caller) if row.parts else {}
    headers = {"accept": "application/json", "idempotency-key": stage.mark}
    if "files" in parts:
        headers["content-type"] = "multipart/form-data; boundary=the-same-each-time"
    first, again = [await caller.ask(row.method, address(row, stage.ids), headers=headers, **parts) for _ in range(2)]
    return first, again, await caller.ask("GET", first.headers.get("location", "/nowhere"))


def test_the_document_promises_a_location_with_every_201(house: Process) -> None:
    document = house.litestar.openapi_schema.to_schema()
    found = {
        (method.upper(), path): operation["responses"]["201"]
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if "201" in operation["responses"]
    }
    assert set(found) == {(row.method, documented(row.path)) for row in MAKING}
    for answer in found.values():
        assert answer["headers"]["Location"]["required"] is True
        assert answer["headers"]["Location"]["schema"] == {"type": "string"}


async def test_every_201_names_an_address_of_ours(house: Process, set_stage: SetStage) -> None:
    read = set()
    for row in MAKING:
        first, again, there = await made(row, set_stage)
        where = f"{row.method} {row.path} {row.subject}"
        assert first.status_code == again.status_code == 201, f"{where}: {first.text}"
        assert first.headers.get("location", "").startswith("/api/"), where
        assert again.headers["location"] == first.headers["location"], f"{where}: a repeat is told the same"
        assert is_route(house, first.headers["location"]), f"{where}: nothing answers at {first.headers['location']}"
        if there.status_code == 200 and there.headers["content-type"] == "application/json":  # an uploaded file is there as itself
            new = next(iter(first.json().values()))
            assert str(new.get("id") or new["conversation_id"]) in there.text, where
            read.add(documented(row.path))
    assert read == {
        "/api/jobs", "/api/messages", "/api/projects", "/api/projects/{project_id}/days", "/api/projects/scripts"
    }, "drafts, applications and the like are read in lists"  # fmt: skip
