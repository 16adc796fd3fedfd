"""Guessing at an account (bar S13): from one place, from everywhere, over many accounts; the owner still comes in."""

import secrets
from collections.abc import AsyncIterator, Iterator

import msgspec
import pytest

from nollycrewhub.cli.serve import laptop_routes
from nollycrewhub.domains.users.service.accounts import reach_of
from nollycrewhub.domains.users.service.signin import GUESS_WINDOW, GUESSES, GUESSES_FROM_A_NEIGHBOURHOOD, GUESSES_FROM_ANYWHERE
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.settings import Settings
from nollycrewhub.platform.worker import drain
from nollycrewhub.services import monolith
from tests.conftest import FULL
from tests.domains.test_google import sign_in
from tests.domains.test_people import browser, link_in, newest
from tests.journeys.conftest import PASSWORD, Join
from tests.measuring import Measure
from tests.simulators.openid import CLIENT, SECRET, Provider

TRIES = 10_000 if FULL else 40
HASHED = GUESSES_FROM_ANYWHERE if FULL else 12


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    """A provider for the owner to come in by."""
    found = Provider()
    yield found
    found.stop()


@pytest.fixture
async def process(settings: Settings, provider: Provider) -> AsyncIterator[Process]:
    """The whole program with the provider set up."""
    given = msgspec.structs.replace(settings, google_client_id=CLIENT, google_client_secret=SECRET, google_issuer=provider.issuer)
    found = monolith.create_app(given, extra=laptop_routes(given))
    await found.runtime.start()
    await found.runtime.valkeys.sessions.flushdb()
    yield found
    await found.runtime.stop()


async def guess(process: Process, address: str, email: str, password: str) -> int:
    """The status of one try."""
    async with browser(process, address) as client:
        answer = await client.post("/api/auth/login", json={"email": email, "password": password})
        assert "session" not in client.cookies
        return answer.status_code


async def test_guesses_from_everywhere_open_nothing_and_shut_nobody_out(
    process: Process, provider: Provider, join: Join, measured: Measure
) -> None:
    member = await join()
    async with browser(process) as elsewhere:
        provider.user = {"sub": secrets.token_hex(8), "email": member.email, "email_verified": True, "name": "Owner"}
        assert (await sign_in(elsewhere)).headers["location"] == "/signin/google/link"
        assert (await elsewhere.post("/signin/google/link", data={"password": PASSWORD})).status_code == 303
    for _ in range(GUESSES_FROM_ANYWHERE - HASHED):
        await process.runtime.limiter.fail(f"signin:{reach_of(member.email).key}", per=GUESS_WINDOW)
    statuses: dict[int, int] = {}
    for number in range(TRIES):
        right_at_last = number > HASHED and number % 7 == 0
        password = PASSWORD if right_at_last else f"guess number {number}"
        status = await guess(process, f"41.{number % 200}.{number % 97}.9", member.email, password)
        statuses[status] = statuses.get(status, 0) + 1
    assert set(statuses) == {401, 429}
    assert statuses[401] == HASHED
    assert (await member.client.get("/api/profile")).status_code == 200, "who is in stays in"
    assert (await member.client.post("/signin", data={"email": member.email, "password": PASSWORD})).status_code == 303, "known device"
    async with browser(process, "197.210.7.7") as new_phone:
        assert (await sign_in(new_phone)).headers["location"] == "/me", "by Google"
    async with browser(process, "197.210.7.8") as new_phone:
        assert (await new_phone.post("/signin", data={"email": member.email, "password": PASSWORD})).status_code == 429
        await new_phone.post("/reset", data={"address": member.email})
        await drain(process.runtime)
        link = link_in(await newest(new_phone, member.email))
        assert (await new_phone.post(link, data={"password": "four quite new words"})).status_code == 200
        again = await new_phone.post("/signin", data={"email": member.email, "password": "four quite new words"})
        assert again.status_code == 303, "by reset"
    measured("S13", guesses=TRIES, hashed=statuses[401], refused=statuses[429], accepted=0, owner_let_in="known device, Google, reset")


async def test_guesses_from_one_place_end_after_ten(process: Process, join: Join) -> None:
    member = await join()
    found = [await guess(process, f"41.58.0.{number}", member.email, f"guess number {number}") for number in range(GUESSES + 2)]
    assert found == [401] * GUESSES + [429, 429]
    assert await guess(process, "41.58.0.200", member.email, PASSWORD) == 429
    assert await guess(process, "41.59.0.1", member.email, PASSWORD) == 200


async def test_one_guess_at_each_of_many_accounts_ends_too(process: Process, join: Join, measured: Measure) -> None:
    members = [await join() for _ in range(3)]
    tally = "signin:from:105.112.3"
    for _ in range(GUESSES_FROM_A_NEIGHBOURHOOD - 2):
        await process.runtime.limiter.fail(tally, per=GUESS_WINDOW)
    found = [await guess(process, f"105.112.3.{number}", member.email, "password of the season") for number, member in enumerate(members)]
    assert found == [401, 401, 429]
    assert await guess(process, "105.112.4.1", members[0].email, PASSWORD) == 200, "the next neighbourhood is another"
    measured("S13", spraying_from_one_neighbourhood_ends_after=GUESSES_FROM_A_NEIGHBOURHOOD, window_seconds=GUESS_WINDOW)


async def test_codes_are_not_guessed(process: Process, join: Join, measured: Measure) -> None:
    member = await join()
    async with browser(process) as client:
        await client.post("/reset", data={"address": member.email})
        await drain(process.runtime)
        right = (await newest(client, member.email)).partition("code is ")[2][:6]
        wrong = [code for code in (f"{number:06d}" for number in range(200_000, 200_000 + (2000 if FULL else 40))) if code != right]
        tries = [{"address": member.email, "code": code, "password": "four quite new words"} for code in [*wrong, right]]
        found = [(await client.post("/api/auth/reset/confirm", json=one)).status_code for one in tries]
    assert found[:40] == [410] * 40
    assert set(found) <= {410, 429}, "past six wrong ones none is looked at, past 600 a minute none is heard"
    assert (await member.client.get("/api/profile")).status_code == 200
    measured("S13", codes_tried=len(tries), the_right_one_among_them=1, accepted=0)
