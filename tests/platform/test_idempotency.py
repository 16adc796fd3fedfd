"""Idempotency-Key: one effect and one answer, however often and however concurrently it is sent (bar M1)."""

import asyncio

import httpx

from nollycrewhub.kit.ids import token
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.db import Query
from tests.conftest import FULL
from tests.journeys.conftest import PASSWORD, Join
from tests.journeys.conftest import join as join  # noqa: PLC0414 - pytest finds fixtures by name
from tests.measuring import Measure
from tests.platform.test_gate import queued

KEPT = Query(int, "select count(*)::int from platform.idempotency where key = $1")
KEYS = 200 if FULL else 8
REPEATS = 50


async def test_concurrent_repeats_have_one_effect_and_one_body(toy: Process, client: httpx.AsyncClient, measured: Measure) -> None:
    for number in range(KEYS):
        headers = {"idempotency-key": token()}
        await toy.runtime.valkeys.sessions.flushdb()  # strangers may make 600 posts a minute; this is not about that
        answers = await asyncio.gather(*(client.post("/api/things", json={"name": "x"}, headers=headers) for _ in range(REPEATS)))
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.content for answer in answers}) == 1
        assert await queued(toy) == number + 1
        assert sum("idempotent-replayed" in answer.headers for answer in answers) == REPEATS - 1
        other = await client.post("/api/things", json={"name": "y"}, headers=headers)
        assert (other.status_code, other.json()["field"]) == (422, "Idempotency-Key")
    assert await queued(toy) == KEYS
    measured("M1", processes=1, keys=KEYS, posts_a_key=REPEATS, effects=KEYS, bodies=KEYS, other_body_refused=KEYS)


async def test_another_body_under_the_same_key_is_refused(toy: Process, client: httpx.AsyncClient) -> None:
    headers = {"idempotency-key": token()}
    assert (await client.post("/api/things", json={"name": "x"}, headers=headers)).status_code == 201
    other = await client.post("/api/things", json={"name": "y"}, headers=headers)
    assert (other.status_code, other.json()["field"]) == (422, "Idempotency-Key")
    assert await queued(toy) == 1


async def test_a_refusal_is_not_stored(toy: Process, client: httpx.AsyncClient) -> None:
    headers = {"idempotency-key": token()}
    wrong = await client.post("/api/things", json={"name": "x", "fail": True}, headers=headers)
    assert wrong.status_code == 409
    invalid = await client.post("/api/things", json={"name": 5}, headers=headers)
    assert invalid.status_code == 422
    right = await client.post("/api/things", json={"name": "x"}, headers=headers)
    assert right.status_code == 201
    assert await queued(toy) == 1


async def test_a_key_that_is_too_long_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/things", json={"name": "x"}, headers={"idempotency-key": "k" * 256})
    assert (answer.status_code, answer.json()["field"]) == (422, "Idempotency-Key")


async def test_no_answer_with_a_token_is_stored(process: Process, join: Join) -> None:
    member = await join()
    name = token()
    headers = {"idempotency-key": name}
    login = {"email": member.email, "password": PASSWORD}
    first, second = [await member.client.post("/api/auth/login", json=login, headers=headers) for _ in range(2)]
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json()["token"] != second.json()["token"]
    assert "idempotent-replayed" not in second.headers
    again = await member.client.post("/api/auth/confirm-password", json={"password": PASSWORD}, headers=headers)
    assert again.status_code == 200
    assert await process.runtime.db.read_session(primary=True).value(KEPT, name) == 0


def test_every_unsafe_route_takes_the_key_or_answers_with_a_secret(process: Process) -> None:
    """What answers with a token declares `secret`; all others say in the OpenAPI document that they take a key."""
    document = process.litestar.openapi_schema.to_schema()
    shapes = document["components"]["schemas"]
    secret, without = set(), set()
    for path, item in document["paths"].items():
        for method in {"post", "put", "patch", "delete"} & set(item):
            named = {one["name"] for one in item[method].get("parameters", [])}
            answers = [answer for status, answer in item[method]["responses"].items() if status.startswith("2")]
            references = [media["schema"].get("$ref", "") for answer in answers for media in answer.get("content", {}).values()]
            fields = {field for one in references for field in shapes.get(one.rsplit("/", 1)[-1], {}).get("properties", {})}
            if fields & {"token", "password", "secret", "code"}:
                secret.add(path)
            if "Idempotency-Key" not in named:
                without.add(path)
            assert "422" in item[method]["responses"], path
    assert without == secret == {"/api/auth/login", "/api/auth/confirm-password"}


async def test_the_docs_show_the_key(app_client: httpx.AsyncClient) -> None:
    page = (await app_client.get("/docs/auth")).text
    assert "<code>Idempotency-Key</code>" in page
    assert "a header" in page
