"""The whole OpenAPI document against the running program: no 5xx, and every answer as it is declared (bars S3, S11)."""

import secrets
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from nollycrewhub.platform.app import Process
from tests.conftest import FULL
from tests.measuring import Measure
from tests.security.conftest import SetStage
from tests.security.stage import Stage

ROLES = ("anonymous", "stranger", "operator")
CASES = 7000 if FULL else 120
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance, response_schema_conformance]
REFUSALS = {"400", "401", "403", "404", "409", "410", "413", "415", "422", "429", "503"}


@pytest.fixture(scope="module")
def document(house: Process) -> dict[str, Any]:
    """The document this process serves."""
    found: dict[str, Any] = house.litestar.openapi_schema.to_schema()
    return found


@pytest.fixture(scope="module")
async def stage(set_stage: SetStage) -> Stage:
    """People and things for the ids in the paths."""
    return await set_stage()


PLAIN = (
    "/api/users/me/export", "/api/notifications/deliveries.csv", "/api/notifications/sent.csv", "/api/notifications/hooks/whatsapp",
    "/api/messages/files/{file_id}", "/api/messages/files/{file_id}/small",
)  # fmt: skip
"""What answers with a file, a table or a word."""


def test_every_refusal_is_declared_as_a_problem(document: dict[str, Any]) -> None:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if not path.startswith("/api/"):
                continue
            for status, answer in operation["responses"].items():
                if status.startswith("2"):
                    assert status in ("200", "201", "202", "204", "206")
                    schema = next(iter(answer.get("content", {}).values()), {}).get("schema")
                    assert (schema is None) == (status == "204"), f"{method} {path}"
                    assert status == "204" or "$ref" in str(schema) or path in PLAIN, f"{method} {path} says only {schema}"
                else:
                    assert status in REFUSALS
                    assert answer["content"] == {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}}
            is_unsafe, takes_body = method != "get", "requestBody" in operation
            wanted = {"400", "422", "503"} | ({"403", "409"} if is_unsafe else set()) | ({"413", "415"} if takes_body else set())
            assert wanted <= set(operation["responses"]), f"{method} {path}"


def test_no_object_has_room_for_unnamed_fields(document: dict[str, Any]) -> None:
    loose = [
        name
        for name, schema in document["components"]["schemas"].items()
        if schema.get("properties") and schema.get("additionalProperties") is not False
    ]
    assert loose == []


def test_every_component_has_a_plain_name_of_its_own(document: dict[str, Any]) -> None:
    """Two structs of one name would be told apart by their modules: `jobs_schemas_Reporting`."""
    names = document["components"]["schemas"]
    assert len(names) > 50
    assert [name for name in names if "_schemas_" in name or not name.isalnum()] == []


def attached(files: Any) -> list[tuple[str, Any]] | None:
    """Generated parts of a form as httpx takes them: whatever is no text is sent as one."""
    found = []
    for name, value in files.items() if isinstance(files, dict) else files or ():
        filename, content, *rest = value if isinstance(value, tuple) else (None, value)
        found.append((str(name), (filename, content if isinstance(content, (str, bytes)) else str(content), *rest)))
    return found or None


async def send(house: Process, stage: Stage, role: str, case: schemathesis.Case) -> httpx.Response:
    """One generated request, from an address of its own and with a new token, since some requests end the session."""
    headers = {"x-case": "1"}
    if role != "anonymous":
        caller = stage.callers[role]
        assert caller.person_id is not None
        headers["authorization"] = f"Bearer {await house.runtime.sessions.create(caller.person_id, name=role, operator=role == 'operator')}"
    parts = case.as_transport_kwargs(base_url=house.runtime.settings.public_url)
    parts["headers"] = {**{name: value for name, value in parts["headers"].items() if name.lower() != "user-agent"}, **headers}
    parts.pop("cookies", None)
    files, data = parts.pop("files", None), parts.pop("data", None)
    body: dict[str, Any] = {"content": data} if isinstance(data, (bytes, str)) else {"data": data}
    address = ".".join(str(secrets.randbelow(255)) for _ in range(4))
    transport = httpx.ASGITransport(app=house, client=(address, 1), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport) as client:
        request = client.build_request(**{name: value for name, value in parts.items() if value is not None}, **body, files=attached(files))
        request.read()
        return await client.send(request)


def generated(document: dict[str, Any], ids: dict[str, Any], role: str) -> list[schemathesis.Case]:
    """Right and wrong data in turn; ids are often real ones, so that requests get past the first door."""
    operations = [found.ok() for found in schemathesis.openapi.from_dict(document).get_all_operations()]
    right, wrong = ([one.as_strategy(generation_mode=mode) for one in operations] for mode in GenerationMode)
    cases: list[schemathesis.Case] = []

    @seed(ROLES.index(role))
    @settings(max_examples=CASES, deadline=None, database=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
    @given(st.data())
    def collect(data: st.DataObject) -> None:
        number = data.draw(st.integers(0, len(operations) - 1))
        case = data.draw(data.draw(st.sampled_from((right, right, wrong)))[number])
        if case.path_parameters and data.draw(st.booleans()):
            case.path_parameters = {name: ids.get(name, value) for name, value in case.path_parameters.items()}
        cases.append(case)

    collect()
    return cases


@pytest.mark.parametrize("role", ROLES)
async def test_every_answer_is_as_declared(house: Process, stage: Stage, document: dict[str, Any], role: str, measured: Measure) -> None:
    faults: list[str] = []
    statuses: dict[int, int] = {}
    ids = {name: value if isinstance(value, int) else str(value) for name, value in stage.ids.items()}
    for case in generated(document, ids, role):
        answer = await send(house, stage, role, case)
        statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1
        try:
            case.validate_response(answer, checks=CHECKS)
        except FailureGroup as found:
            faults += [f"{case.method} {case.formatted_path} {str(case.body)[:200]}: {fault}" for fault in found.exceptions]
    failed = sum(count for status, count in statuses.items() if status >= 500 and status != 503)
    measured("S11", role=role, cases=sum(statuses.values()), server_errors=failed, not_as_declared=len(faults))
    assert faults == []
    assert failed == 0
    assert statuses.get(200, 0) > 0
