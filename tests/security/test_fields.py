"""Every field of every API body, one fault at a time: a 4xx that names the field, nothing stored, nothing logged."""

import copy
from typing import Any

import pytest

from nollycrewhub.platform.app import Process
from tests.measuring import Measure
from tests.security.conftest import SetStage
from tests.security.kinds import other_types, resolved, variants
from tests.security.ledger import Ledger
from tests.security.stage import Stage
from tests.security.table import TABLE, Row, address, reader, succeeds, told

CANARY = "canary-in-a-body-5f1c"
OTHERS = (
    "/api/users/me/photo", "/api/projects/scripts", "/api/messages/files",
    *(f"/api/notifications/hooks/{name}" for name in ("sms", "whatsapp", "mail", "alertmanager")),
)  # fmt: skip
"""Files, and what providers send: their signature is over the bytes."""
FREE = ("password", "present", "code", "challenge")
"""A password may hold any character; of a code only the digits are read; a challenge is ours or it is nobody's."""


def bodies() -> list[Row]:
    """One row for each API route that reads JSON, where somebody succeeds if the table has such a one."""
    rows = (row for row in TABLE if row.parts is not None and row.path.startswith("/api/") and row.path not in OTHERS)
    return list({(row.method, row.path): row for row in sorted(rows, key=succeeds)}.values())


def faults_of(name: str, schema: dict[str, Any], good: Any) -> list[tuple[str, Any]]:
    """Values that are wrong for a field, each with what is wrong with it."""
    found: list[tuple[str, Any]] = [("wrong type", {"x": [CANARY]}), ("deep", [[[[[[CANARY]]]]]])]
    for part in variants(schema):
        kind = part.get("type")
        kinds = kind if isinstance(kind, list) else [kind]
        if "maxLength" in part:
            found.append(("too long", CANARY + "a" * part["maxLength"]))
        if "maxItems" in part:
            found.append(("too many", [good[0] if isinstance(good, list) and good else CANARY] * (part["maxItems"] + 1)))
        if "maximum" in part:
            found.append(("too much", int(part["maximum"]) + 1))
        if "string" in kinds and name not in FREE:
            found += [("control", f"{CANARY}\x07 and more text"), ("null", f"{CANARY}\x00 and more text")]
    return found


def broken(document: dict[str, Any], body: dict[str, Any], schema: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Field, fault, body."""
    found: list[tuple[str, str, dict[str, Any]]] = [("surprise", "unknown", {**body, "surprise": CANARY})]
    for name, field in schema["properties"].items():
        for fault, value in faults_of(name, resolved(document, field), body.get(name)):
            if not (fault in ("wrong type",) and name in ("visibility", "pay", "about")):
                found.append((name, fault, {**copy.deepcopy(body), name: value}))
        if name in schema.get("required", ()):
            found.append((name, "missing", {key: value for key, value in body.items() if key != name}))
    return found


RAW = [
    ("invalid UTF-8", b'{"name": "\xff\xfe' + CANARY.encode() + b'"}', "application/json", 400),
    ("no JSON", b"{" + CANARY.encode(), "application/json", 400),
    ("very deep", b'{"a":' * 100_000, "application/json", 400),
    ("10 MB", b'"' + b"a" * 10_000_000 + b'"', "application/json", 413),
    ("a form", b"name=" + CANARY.encode(), "application/x-www-form-urlencoded", 415),
    ("text", b"{}", "text/plain", 415),
]


async def refused(row: Row, stage: Stage, role: str, **parts: Any) -> tuple[int, dict[str, Any]]:
    """Status and problem of an answer, which must be a problem."""
    answer = await stage.callers[role].ask(row.method, address(row, stage.ids), **parts)
    if answer.headers.get("content-type") != "application/problem+json":
        return answer.status_code, {}
    assert CANARY not in answer.text
    problem: dict[str, Any] = answer.json()
    return answer.status_code, problem


def test_every_operation_with_a_json_body_is_tried(house: Process) -> None:
    document = house.litestar.openapi_schema.to_schema()
    described = {
        (method.upper(), path)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if "application/json" in operation.get("requestBody", {}).get("content", {})
    }
    assert described == {(row.method, told(row.path)) for row in bodies()}


def test_the_document_names_integers_booleans_and_what_may_be_null_at_every_depth(house: Process) -> None:
    """The table is made from the document; these are there, so it cannot be empty where it counts."""
    document = house.litestar.openapi_schema.to_schema()
    schemas = document["components"]["schemas"]
    tried = {
        name: {field for field, _, _ in other_types(document, {}, schemas[name])} for name in ("JobInput", "ProfileUpdate", "SettingsInput")
    }
    assert tried["JobInput"] == {"pay.amount", "wanted", "draft", "starts_on", "ends_on", "deadline"}
    assert tried["ProfileUpdate"] == {"available_from", "rate_kobo", "credits[0].year", "listed"}
    assert tried["SettingsInput"] == {"digest_hour", "quiet_from", "quiet_until", "choices[0].on"}


@pytest.mark.parametrize("row", bodies(), ids=lambda row: f"{row.method} {row.path}")
async def test_each_fault_is_refused_by_name(
    house: Process, set_stage: SetStage, row: Row, measured: Measure, capfd: pytest.CaptureFixture[str]
) -> None:
    document = house.litestar.openapi_schema.to_schema()
    operation = document["paths"][told(row.path)][row.method.lower()]
    schema = resolved(document, variants(operation["requestBody"]["content"]["application/json"]["schema"])[0])
    stage = await set_stage()
    role = reader(row)
    assert row.parts is not None
    body = row.parts(stage, stage.callers[role])["json"]
    ledger = Ledger(house)
    await ledger.note()
    wrong: list[str] = []
    attempts = broken(document, body, schema) + other_types(document, body, schema)
    for name, fault, sent in attempts:
        status, problem = await refused(row, stage, role, json=sent)
        field = str(problem.get("field", ""))
        if status != 422 or name not in (field, field.split(".")[0].split("[")[0]):
            wrong.append(f"{name} {fault} -> {status} {problem}")
    for what, raw, media, expected in RAW:
        status, problem = await refused(row, stage, role, content=raw, headers={"content-type": media})
        if status != expected or not problem:
            wrong.append(f"{what} -> {status} {problem}")
    measured("S3", route=f"{row.method} {row.path}", faults=len(attempts) + len(RAW), accepted=len(wrong))
    assert not wrong, "\n".join(wrong)
    assert await ledger.changes() == []
    heard = capfd.readouterr()
    assert CANARY not in heard.out + heard.err
