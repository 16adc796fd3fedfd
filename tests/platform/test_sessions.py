"""Sessions: one thing by cookie or bearer, ended everywhere at once, bounded, never stored in the clear."""

import httpx

from nollycrewhub.kit.ids import uuid7
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.db import Pin, Position
from nollycrewhub.platform.sessions import MOST_DEVICES, PERSON_PREFIX, PREFIX, key_of
from tests.measuring import Measure

SMALL = 1000  # bytes


async def test_cookie_and_bearer_name_the_same_session(toy: Process, client: httpx.AsyncClient) -> None:
    token = await toy.runtime.sessions.create(uuid7(), name="Ada")
    for headers in ({"authorization": f"Bearer {token}"}, {"cookie": f"session={token}"}):
        answer = await client.get("/api/mine", headers=headers)
        assert (answer.status_code, answer.json()) == (200, {"name": "Ada"})
    await toy.runtime.sessions.end(token)
    for headers in ({"authorization": f"Bearer {token}"}, {"cookie": f"session={token}"}):
        assert (await client.get("/api/mine", headers=headers)).status_code == 401


async def test_the_token_itself_is_nowhere_in_valkey(toy: Process) -> None:
    token = await toy.runtime.sessions.create(uuid7(), name="Ada")
    client = toy.runtime.sessions.client
    assert await client.exists(PREFIX + key_of(token)) == 1
    assert await client.exists(PREFIX + token) == 0


async def test_signing_out_everywhere_spares_the_named_device(toy: Process) -> None:
    sessions, person = toy.runtime.sessions, uuid7()
    tokens = [await sessions.create(person, name="Ada", device=f"phone {n}") for n in range(3)]
    ended = await sessions.end_all(person, except_key=key_of(tokens[1]))
    assert ended == 2
    assert [await sessions.load(token) is not None for token in tokens] == [False, True, False]
    assert [device.label for device in await sessions.listing(person)] == ["phone 1"]


async def test_the_device_list_is_bounded(toy: Process) -> None:
    sessions, person = toy.runtime.sessions, uuid7()
    tokens = [await sessions.create(person, name="Ada") for _ in range(MOST_DEVICES + 5)]
    assert len(await sessions.listing(person)) == MOST_DEVICES
    assert await sessions.load(tokens[0]) is None
    assert await sessions.load(tokens[-1]) is not None


async def test_nobody_ends_anothers_device(toy: Process) -> None:
    sessions = toy.runtime.sessions
    token = await sessions.create(uuid7(), name="Ada")
    assert await sessions.end_device(uuid7(), key_of(token)) is False
    assert await sessions.load(token) is not None


async def test_operators_routes_do_not_exist_for_others(toy: Process, client: httpx.AsyncClient) -> None:
    sessions = toy.runtime.sessions
    member = await sessions.create(uuid7(), name="Ada")
    operator = await sessions.create(uuid7(), name="Op", operator=True)
    assert (await client.get("/api/ops-only")).status_code == 401
    assert (await client.get("/api/ops-only", headers={"authorization": f"Bearer {member}"})).status_code == 404
    assert (await client.get("/api/ops-only", headers={"authorization": f"Bearer {operator}"})).status_code == 200


async def test_a_person_who_is_signed_in_takes_little_room(toy: Process, measured: Measure) -> None:
    sessions, person = toy.runtime.sessions, uuid7()
    token = await sessions.create(person, name="Ọmọlará Adéyẹmí", device="Chrome on Android", region="africa")
    await sessions.remember(person, Position(1, 1 << 40))
    await sessions.pin(person, Pin("africa", 1796053205000, Position(1, 1 << 40), 1796053205))
    names = {"session": PREFIX + key_of(token)} | {part: f"{PERSON_PREFIX}{person}:{part}" for part in ("devices", "mark", "pin")}
    bytes_of = {what: int(await sessions.client.memory_usage(name) or 0) for what, name in names.items()}
    assert all(bytes_of.values())
    assert sum(bytes_of.values()) < SMALL
    measured("sessions", what="bytes in Valkey of a person on one device", **bytes_of, all=sum(bytes_of.values()))
