"""Idempotency-Key: one effect and one answer, however often and however concurrently it is sent (bar M1)."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest

from nollycrewhub.kit.ids import token
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.db import Query
from nollycrewhub.platform.idempotency import claim, token_of
from tests.conftest import FULL
from tests.journeys.conftest import PASSWORD, Join, Member
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


async def signed_in(client: httpx.AsyncClient, member: Member, key: str, password: str = PASSWORD) -> httpx.Response:
    """One try to sign in under a key."""
    login = {"email": member.email, "password": password}
    return await client.post("/api/auth/login", json=login, headers={"idempotency-key": key})


@pytest.fixture
async def program(process: Process) -> AsyncIterator[httpx.AsyncClient]:
    """A program that keeps no cookie."""
    url = process.runtime.settings.public_url
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=process), base_url=url) as client:
        yield client


async def test_a_repeated_sign_in_is_one_session_and_one_token_that_is_stored_nowhere(
    process: Process, join: Join, program: httpx.AsyncClient
) -> None:
    member, key = await join(), token()
    before = len(await process.runtime.sessions.listing(UUID(member.person_id)))
    answers = await asyncio.gather(*(signed_in(program, member, key) for _ in range(4)))
    answers.append(await signed_in(program, member, key))
    assert [answer.status_code for answer in answers] == [200] * 5
    assert len({answer.content for answer in answers}) == 1
    assert len(await process.runtime.sessions.listing(UUID(member.person_id))) == before + 1
    assert (await signed_in(program, member, token())).json()["token"] != answers[0].json()["token"]
    assert await process.runtime.db.read_session(primary=True).value(KEPT, key) == 0
    held = [
        await process.runtime.valkeys.sessions.get(name) async for name in process.runtime.valkeys.sessions.scan_iter("nollycrewhub:s*")
    ]
    assert held and not any(answers[0].json()["token"].encode() in (raw or b"") for raw in held)


async def test_who_knows_the_key_alone_is_given_nothing(process: Process, join: Join, program: httpx.AsyncClient) -> None:
    member, key = await join(), token()
    first = (await signed_in(program, member, key)).json()["token"]
    statuses = [(await signed_in(program, member, key, f"guess {number}")).status_code for number in range(11)]
    assert statuses == [401] * 10 + [403], "guesses are counted as ever"
    assert (await signed_in(program, member, key)).status_code == 403, "and the right one says nothing more"
    assert (await program.get("/api/profile", headers={"authorization": f"Bearer {first}"})).status_code == 200


async def test_a_session_that_ended_is_not_raised_by_a_repeat(process: Process, join: Join, program: httpx.AsyncClient) -> None:
    member, key = await join(), token()
    first = (await signed_in(program, member, key)).json()["token"]
    old = {"authorization": f"Bearer {first}"}
    assert (await program.post("/api/auth/logout", headers=old)).status_code == 204
    again = (await signed_in(program, member, key)).json()["token"]
    assert again != first
    assert (await program.get("/api/profile", headers=old)).status_code == 401
    assert (await program.get("/api/profile", headers={"authorization": f"Bearer {again}"})).status_code == 200


async def test_a_password_typed_again_keeps_the_token_it_gave(process: Process, join: Join, program: httpx.AsyncClient) -> None:
    member, key = await join(), token()
    first = (await signed_in(program, member, token())).json()["token"]

    async def confirm(bearer: str, password: str = PASSWORD) -> httpx.Response:
        headers = {"idempotency-key": key, "authorization": f"Bearer {bearer}"}
        return await program.post("/api/auth/confirm-password", json={"password": password}, headers=headers)

    assert (await confirm(first, "nearly my password")).status_code == 401
    given = (await confirm(first)).json()["token"]
    assert given != first
    assert (await confirm(first)).status_code == 401, "the token it came with is over"
    again = await confirm(given)
    assert (again.status_code, again.json()["token"]) == (200, given)
    assert await process.runtime.db.read_session(primary=True).value(KEPT, key) == 0


def test_what_is_stored_of_a_body_cannot_be_guessed_without_our_secret() -> None:
    made = [claim(secret=secret, caller="a", key="k", method="POST", path="/", body=b"password") for secret in ("one" * 20, "two" * 20)]
    assert made[0].fingerprint != made[1].fingerprint
    assert token_of("one" * 20, made[0]) != token_of("two" * 20, made[0])


def test_every_unsafe_route_takes_the_key_and_none_with_a_secret_is_stored(process: Process) -> None:
    """What answers with a token declares `secret`; all of them say in the OpenAPI document that they take a key."""
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
    assert without == set()
    handlers = (handler for route in process.litestar.routes for handler in getattr(route, "route_handlers", []))
    assert secret == {path for handler in handlers if handler.opt.get("secret") for path in handler.paths}


async def test_the_document_says_what_a_repeat_with_another_body_does(process: Process, join: Join) -> None:
    """Those that keep no answer say so, and do so; all others say 422."""
    document = process.litestar.openapi_schema.to_schema()
    told = {
        (method, path): one["description"]
        for path, item in document["paths"].items()
        for method, operation in item.items()
        for one in operation.get("parameters", [])
        if one["name"] == "Idempotency-Key"
    }
    unkept = {path for (_, path), text in told.items() if "No answer is stored here" in text}
    assert unkept == {"/api/auth/login", "/api/auth/confirm-password"}
    assert all(("refused with 422" in text) != (path in unkept) for (_, path), text in told.items())
    member = await join()
    headers = {"idempotency-key": token()}
    answers = [
        await member.client.post("/api/auth/login", json={"email": member.email, "password": password}, headers=headers)
        for password in (PASSWORD, "another password", PASSWORD)
    ]
    assert [answer.status_code for answer in answers] == [200, 401, 200]
    kept = [await member.client.post("/api/jobs/searches", json={"q": word}, headers=headers) for word in ("gaffer", "grip")]
    assert [answer.status_code for answer in kept] == [201, 422]


@pytest.mark.parametrize("word", [b"a b", "é".encode(), "é".encode("latin-1"), b"k" * 256, b"", b"a\tb"])
async def test_a_key_of_another_form_than_the_document_s_is_refused(toy: Process, client: httpx.AsyncClient, word: bytes) -> None:
    answer = await client.post("/api/things", json={"name": "x"}, headers=[(b"idempotency-key", word)])
    assert (answer.status_code, answer.json()["field"]) == (422, "Idempotency-Key")
    assert await queued(toy) == 0


async def test_the_docs_show_the_key(app_client: httpx.AsyncClient) -> None:
    page = (await app_client.get("/docs/auth")).text
    assert "<code>Idempotency-Key</code>" in page
    assert "a header" in page
