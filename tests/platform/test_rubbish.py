"""Rubbish into every API route: never a 5xx, always problem JSON, nothing stored (bars S3, S11)."""

import random
from typing import Any

import httpx
import pytest

from nollycrewhub.platform.app import Process
from tests.conftest import FULL
from tests.journeys.conftest import Join
from tests.journeys.conftest import join as join  # noqa: PLC0414 - pytest finds fixtures by name

ROUNDS = 60 if FULL else 6
PIECES: list[Any] = [
    None, True, -1, 0, 2**63, 1e308, "", " ", "a" * 5000, "\x00", "\u202e", "' or 1=1 --", "<script>alert(1)</script>", "../../etc",
    "%00", "1; drop table jobs.job", [], [[]], {}, {"a": {"a": {"a": []}}}, "2026-13-45", "\ud7ff", "₦", ["x"] * 500, "{{7*7}}",
]  # fmt: skip
RAW = [b"", b"null", b"[]", b"\xff\xfe", b"{", b'{"a":' * 3000, b"\x00", b"a=b&c=d"]


def routes(process: Process) -> list[tuple[str, str, list[str], list[str]]]:
    """Every API operation of the OpenAPI: method, path, names of its body's fields, names of its query."""
    schema = process.litestar.openapi_schema.to_schema()
    found = []
    for path, item in schema["paths"].items():
        for method, operation in item.items():
            if path.startswith("/api/"):
                content = operation.get("requestBody", {}).get("content", {})
                reference = next((part.get("schema", {}).get("$ref", "") for part in content.values()), "")
                model = schema["components"]["schemas"].get(reference.rsplit("/", 1)[-1], {})
                queries = [one["name"] for one in operation.get("parameters", []) if one["in"] == "query"]
                found.append((method.upper(), path, list(model.get("properties", {})), queries))
    return found


def filled(path: str, rng: random.Random) -> str:
    """The path with rubbish, or the right kind of thing, for its parameters."""
    parts = []
    for part in path.split("/"):
        if part.startswith("{"):
            parts.append(rng.choice(["1", "0", "-5", "99999999999999999999", "x", "%00", "019f3fba-2e50-7d8f-b0e1-aef1cd613e30", "a%20b"]))
        else:
            parts.append(part)
    return "/".join(parts)


async def fire(client: httpx.AsyncClient, process: Process, rng: random.Random) -> list[str]:
    """One round over all routes; a line for each answer that must not be."""
    wrong = []
    for method, path, fields, names in routes(process):
        url = filled(path, rng)
        query = {name: rng.choice(PIECES[3:13]) for name in rng.sample([*names, "x"], 1) if name != "x" or rng.random() < 0.2}
        if rng.random() < 0.3:
            request = client.build_request(method, url, params=query, content=rng.choice(RAW), headers={"content-type": "application/json"})
        else:
            body = {name: rng.choice(PIECES) for name in fields if rng.random() < 0.8}
            request = client.build_request(method, url, params=query, json=body if fields else None)
        answer = await client.send(request)
        if answer.status_code >= 500:
            wrong.append(f"{method} {url} {query} {request.content[:200]!r} -> {answer.status_code}")
        elif answer.status_code >= 400 and answer.headers["content-type"] != "application/problem+json":
            wrong.append(f"{method} {url} -> {answer.status_code} {answer.headers['content-type']}")
    return wrong


@pytest.mark.parametrize("seed", range(ROUNDS))
async def test_rubbish_is_refused_in_words(process: Process, join: Join, seed: int) -> None:
    rng = random.Random(seed)
    member = await join()
    url = process.runtime.settings.public_url
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=process), base_url=url) as stranger:
        assert await fire(stranger, process, rng) == []
    member.client.headers["accept"] = "application/json"
    assert await fire(member.client, process, rng) == []
