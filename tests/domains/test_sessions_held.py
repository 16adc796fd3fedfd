"""Sessions as people meet them (bar S5): new with every proof, ended everywhere at once, kept hashed, in exact cookies."""

import time
from collections.abc import AsyncIterator

import httpx
import msgspec
import pytest

from nollycrewhub.cli import operator
from nollycrewhub.cli.serving import laptop_routes
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.sessions import ABSOLUTE, IDLE, OPERATOR_ABSOLUTE, PREFIX, Stored, key_of
from nollycrewhub.platform.settings import Settings
from nollycrewhub.platform.worker import drain
from nollycrewhub.services import monolith
from tests.domains.test_people import browser, link_in, newest
from tests.journeys.conftest import PASSWORD, Join, Member
from tests.measuring import Measure

DEVICES = 3


@pytest.fixture
async def neighbour(settings: Settings, process: Process) -> AsyncIterator[Process]:
    """A second web process on the same servers: what one ends, the other must not serve."""
    found = monolith.create_app(settings, extra=laptop_routes(settings))
    await found.runtime.start()
    yield found
    await found.runtime.stop()


def bearer(token: str) -> dict[str, str]:
    """The token as a program sends it."""
    return {"authorization": f"Bearer {token}"}


async def tokens_of(member: Member, count: int = DEVICES) -> list[str]:
    """Signs in on some more devices."""
    login = {"email": member.email, "password": PASSWORD}
    return [(await member.client.post("/api/auth/login", json=login)).json()["token"] for _ in range(count)]


async def living(process: Process, tokens: list[str]) -> int:
    """How many of the tokens still open something."""
    async with browser(process) as client:
        answers = [(await client.get("/api/profile", headers=bearer(token))).status_code for token in tokens]
    assert set(answers) <= {200, 401}
    return answers.count(200)


async def test_every_way_out_ends_every_device_at_once(process: Process, neighbour: Process, join: Join, measured: Measure) -> None:
    async def sign_out_everywhere(member: Member) -> None:
        assert (await member.client.post("/me/signout-everywhere")).status_code == 303

    async def be_banned(member: Member) -> None:
        assert await operator.act(process.runtime.settings, "ban", member.email)

    async def set_a_new_password(member: Member) -> None:
        await member.client.post("/reset", data={"address": member.email})
        await drain(process.runtime)
        link = link_in(await newest(member.client, member.email))
        assert (await member.client.post(link, data={"password": "four quite new words"})).status_code == 200

    async def be_deleted(member: Member) -> None:
        gone = await member.client.request("DELETE", "/api/users/me", json={"password": PASSWORD})
        assert gone.status_code == 204

    slowest = 0.0
    for way in (sign_out_everywhere, be_banned, set_a_new_password, be_deleted):
        member = await join()
        tokens = [*await tokens_of(member), member.client.cookies["session"]]
        assert await living(neighbour, tokens) == DEVICES + 1
        await way(member)
        began = time.perf_counter()
        left = await living(neighbour, tokens)
        slowest = max(slowest, time.perf_counter() - began)
        assert left == 0, way.__name__
    measured("S5", ways=4, devices=DEVICES + 1, still_alive=0, looked_at_within_ms=round(slowest * 1000, 1))


async def test_a_sign_in_between_a_ban_and_its_commit_does_not_survive(process: Process, join: Join) -> None:
    from nollycrewhub.domains.users import service

    member = await join()
    async with process.runtime.db.write_session() as session:
        assert await service.ban(session, member.email, reason="Asked talent for money.", sessions=process.runtime.sessions)
        between = (await tokens_of(member, 1))[0]
        assert await living(process, [between]) == 1, "the ban is not stored yet"
        await process.runtime.db.commit(session)
    assert await living(process, [between]) == 0


async def test_a_planted_cookie_never_becomes_a_session(process: Process, join: Join) -> None:
    member, attacker = await join(), await join()
    for planted in ("A" * 43, attacker.client.cookies["session"]):
        async with browser(process) as client:
            client.cookies.set("session", planted, domain="127.0.0.1")
            done = await client.post("/signin", data={"email": member.email, "password": PASSWORD})
            fresh = (
                next(one for one in done.headers.get_list("set-cookie") if one.startswith("session=")).partition("=")[2].partition(";")[0]
            )
            assert fresh != planted
        assert await living(process, [planted]) == 0
        assert (await attacker.client.get("/api/profile", headers=bearer(fresh))).json()["user"]["id"] == member.person_id


async def test_each_sign_in_has_a_long_name_of_its_own_that_valkey_does_not_hold(process: Process, join: Join) -> None:
    member = await join()
    tokens = await tokens_of(member)
    assert len(set(tokens)) == DEVICES and min(map(len, tokens)) >= 43, "256 bits"
    client = process.runtime.sessions.client
    held = b""
    async for key in client.scan_iter("*"):
        kind = await client.type(key)
        held += key + (await client.get(key) if kind == b"string" else b"".join(await client.zrange(key, 0, -1)))
    assert key_of(tokens[0]).encode() in held
    assert [token for token in tokens if token.encode() in held] == []


async def test_a_session_ends_by_idleness_and_by_age(process: Process, join: Join) -> None:
    member, chief = await join(), await join(operator=True)
    client = process.runtime.sessions.client
    for who, longest in ((member, ABSOLUTE), (chief, OPERATOR_ABSOLUTE)):
        token = who.client.cookies["session"]
        key = PREFIX + key_of(token)
        assert 0 < await client.ttl(key) <= IDLE
        stored = msgspec.json.decode(await client.get(key), type=Stored)
        stored.created = time.time() - longest + 600
        await client.set(key, msgspec.json.encode(stored), ex=IDLE)
        assert await living(process, [token]) == 1
        stored.created = time.time() - longest - 1
        await client.set(key, msgspec.json.encode(stored), ex=IDLE)
        assert await living(process, [token]) == 0
        assert await client.exists(key) == 0


async def test_use_renews_a_session_at_most_once_a_minute(process: Process, join: Join) -> None:
    member = await join()
    client = process.runtime.sessions.client
    key = PREFIX + key_of(member.client.cookies["session"])
    await client.expire(key, 100)
    assert (await member.client.get("/api/profile")).status_code == 200
    assert await client.ttl(key) <= 100, "seen within the minute: not written again"
    stored = msgspec.json.decode(await client.get(key), type=Stored)
    stored.seen -= 61
    await client.set(key, msgspec.json.encode(stored), ex=100)
    assert (await member.client.get("/api/profile")).status_code == 200
    assert await client.ttl(key) > 100


MONTH, YEAR = 30 * 24 * 3600, 365 * 24 * 3600


def attributes(answer: httpx.Response) -> dict[str, set[str]]:
    """Every cookie that was set, by name, with its attributes in lower case."""
    found = {}
    for line in answer.headers.get_list("set-cookie"):
        name, *rest = (part.strip() for part in line.split(";"))
        found[name.partition("=")[0]] = {part.lower() for part in rest}
    return found


@pytest.mark.parametrize("public_url", ["https://nollycrewhub.test", "http://127.0.0.1:8000"])
async def test_cookies_are_exactly_so(settings: Settings, process: Process, join: Join, public_url: str) -> None:
    member = await join()
    tls = public_url.startswith("https")
    found = monolith.create_app(msgspec.structs.replace(settings, public_url=public_url, google_client_id=""))
    await found.runtime.start()
    url = {"base_url": public_url, "headers": {"origin": public_url}}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=found), **url) as client:
        done = await client.post("/signin", data={"email": member.email, "password": PASSWORD})
        secure, host = ({"secure"}, "__Host-") if tls else (set(), "")
        hidden = {"httponly", "samesite=lax", "path=/", *secure}
        assert attributes(done) == {
            f"{host}session": {*hidden, f"max-age={MONTH}"},
            f"{host}known": {*hidden, f"max-age={YEAR}"},
            "signed_in": {"samesite=lax", "path=/", f"max-age={MONTH}", *secure},
        }
        assert done.headers["cache-control"] == "private, no-store"
        assert ("strict-transport-security" in done.headers) is tls
        assert (await client.get("/api/profile")).status_code == 200
        out = await client.post("/signout")
        assert {name for name, said in attributes(out).items() if "max-age=0" in said} == {f"{host}session", "signed_in"}
        assert (await client.get("/api/profile")).status_code == 401
    await found.runtime.stop()
