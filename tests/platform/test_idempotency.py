"""Idempotency-Key: one effect and one answer, however often and however concurrently it is sent (bar M1)."""

import asyncio

import httpx

from nollycrewhub.kit.ids import token
from nollycrewhub.platform.app import Process
from tests.conftest import FULL
from tests.measuring import Measure
from tests.platform.test_gate import queued

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
