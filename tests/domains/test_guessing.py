"""Guessing at an account (bar S13): from one place, from everywhere, over many accounts; the owner still comes in."""

import secrets
from collections.abc import AsyncIterator, Iterator

import httpx
import msgspec
import pytest

from nollycrewhub.cli.serving import laptop_routes
from nollycrewhub.domains.users.service.accounts import CODE_TRIES, reach_of
from nollycrewhub.domains.users.service.doubt import GUESS_WINDOW, HASHES_A_MINUTE, UNASKED_AN_HOUR
from nollycrewhub.domains.users.service.signin import GUESSES, GUESSES_FROM_A_NEIGHBOURHOOD, GUESSES_FROM_ANYWHERE
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
    assert set(statuses) == {401, 403}, "past the limit right and wrong ones are answered alike"
    assert statuses[401] == HASHED
    assert (await member.client.get("/api/profile")).status_code == 200, "who is in stays in"
    assert (await member.client.post("/signin", data={"email": member.email, "password": PASSWORD})).status_code == 303, "known device"
    async with browser(process, "197.210.7.7") as new_phone:
        assert (await sign_in(new_phone)).headers["location"] == "/me", "by Google"
    async with browser(process, "197.210.7.8") as new_phone:
        await drain(process.runtime)
        link = link_in(await newest(new_phone, member.email))
        assert link.startswith("/signin/") and "Password" in (await new_phone.get(link)).text
        given = {"email": member.email, "password": PASSWORD, "challenge": link.rpartition("/")[2]}
        assert (await new_phone.post("/signin", data=given)).status_code == 303, "by the link, whoever caused it"
    async with browser(process, "197.210.7.9") as new_phone:
        await new_phone.post("/reset", data={"address": member.email})
        await drain(process.runtime)
        link = link_in(await newest(new_phone, member.email))
        assert (await new_phone.post(link, data={"password": "four quite new words"})).status_code == 200
        again = await new_phone.post("/signin", data={"email": member.email, "password": "four quite new words"})
        assert again.status_code == 303, "by reset"
    measured(
        "S13",
        guesses=TRIES,
        hashed=statuses[401],
        refused=statuses[403],
        accepted=0,
        owner_let_in="known device, Google, code, link, reset",
    )


async def test_a_known_device_that_has_used_up_its_own_tries_comes_in_by_a_code(process: Process, join: Join) -> None:
    member = await join()
    client = member.client
    for number in range(GUESSES):
        wrong = await client.post("/signin", data={"email": member.email, "password": f"guess {number}"})
        assert wrong.status_code == 401
    await code_needed(client, member.email, "one guess more")
    await drain(process.runtime)
    assert await letters_to(client, member.email) == [], "a wrong password has nothing sent"
    page = await client.post("/signin", data={"email": member.email, "password": PASSWORD})
    assert (page.status_code, "retry-after" in page.headers, 'name="code"' in page.text) == (403, False, True)
    challenge = challenge_on(page)
    await drain(process.runtime)
    code = (await letters_to(client, member.email))[0][-8:]
    given = {"email": member.email, "password": PASSWORD, "challenge": challenge, "code": code}
    again = [await client.post("/api/auth/login", json=given, headers={"idempotency-key": "a-repeat"}) for _ in range(2)]
    assert [answer.status_code for answer in again] == [200, 200], "a repeat is let in although the code works once"
    assert again[0].json()["token"] == again[1].json()["token"]
    assert (await client.post("/signin", data=given)).status_code == 410


async def test_google_is_connected_by_password_and_code_while_strangers_guess(process: Process, provider: Provider, join: Join) -> None:
    member = await join()
    await used_up(process, member.email)
    provider.user = {"sub": secrets.token_hex(8), "email": member.email, "email_verified": True, "name": "Owner"}
    async with browser(process, "197.210.6.6") as phone:
        assert (await sign_in(phone)).headers["location"] == "/signin/google/link"
        wrong = await phone.post("/signin/google/link", data={"password": "not mine at all"})
        page = await phone.post("/signin/google/link", data={"password": PASSWORD})
        assert (wrong.status_code, page.status_code) == (403, 403), "right and wrong are answered alike"
        assert 'name="code"' in page.text and "session" not in phone.cookies
        await drain(process.runtime)
        letters = await letters_to(phone, member.email)
        assert len(letters) == 1, "only the right one has a code sent"
        given = {"password": PASSWORD, "challenge": challenge_on(page), "code": letters[0][-8:]}
        missed = await phone.post("/signin/google/link", data={**given, "code": "00000000"})
        assert (missed.status_code, challenge_on(missed)) == (403, given["challenge"])
        near = await phone.post("/signin/google/link", data={**given, "password": "nearly my password"})
        assert (near.status_code, challenge_on(near)) == (401, given["challenge"])
        done = await phone.post("/signin/google/link", data=given)
        assert (done.status_code, done.headers["location"]) == (303, "/me")
        await phone.post("/signout")
        assert (await sign_in(phone)).headers["location"] == "/me", "Google opens it from now on"
        provider.user["sub"] = secrets.token_hex(8)
    async with browser(process, "197.210.6.7") as other:
        refused = await sign_in(other)
        assert refused.status_code == 409, "and no other Google account does"


async def test_guesses_from_one_place_end_after_ten(process: Process, join: Join) -> None:
    member = await join()
    found = [await guess(process, f"41.58.0.{number}", member.email, f"guess number {number}") for number in range(GUESSES + 2)]
    assert found == [401] * GUESSES + [403, 403]
    assert await guess(process, "41.58.0.200", member.email, PASSWORD) == 403
    assert await guess(process, "41.59.0.1", member.email, PASSWORD) == 200


async def test_one_guess_at_each_of_many_accounts_ends_too(process: Process, join: Join, measured: Measure) -> None:
    members = [await join() for _ in range(3)]
    tally = "signin:from:105.112.3"
    for _ in range(GUESSES_FROM_A_NEIGHBOURHOOD - 2):
        await process.runtime.limiter.fail(tally, per=GUESS_WINDOW)
    found = [await guess(process, f"105.112.3.{number}", member.email, "password of the season") for number, member in enumerate(members)]
    assert found == [401, 401, 403]
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


async def code_needed(client: httpx.AsyncClient, email: str, password: str) -> str:
    """The challenge of an answer that is the same whatever was right."""
    answer = await client.post("/api/auth/login", json={"email": email, "password": password})
    problem = answer.json()
    assert (answer.status_code, problem["type"], problem["field"]) == (403, "/problems/code-needed", "code")
    assert set(problem) == {"type", "title", "status", "detail", "field", "challenge", "request_id"}
    challenge: str = problem["challenge"]
    return challenge


def challenge_on(page: httpx.Response) -> str:
    """The challenge in a form that asks for the code."""
    return page.text.partition('name="challenge" value="')[2].partition('"')[0]


async def used_up(process: Process, email: str) -> None:
    """All tries of strangers at one account."""
    for _ in range(GUESSES_FROM_ANYWHERE):
        await process.runtime.limiter.fail(f"signin:{reach_of(email).key}", per=GUESS_WINDOW)


async def letters_to(client: httpx.AsyncClient, email: str) -> list[str]:
    """The subjects of all sign-in messages to an address, newest first."""
    letters = (await client.get("/dev/mail.json")).json()["letters"]
    return [letter["subject"] for letter in letters if letter["recipient"] == email and "code to sign in" in letter["subject"]]


async def test_the_owner_comes_in_by_a_code_and_a_guesser_learns_nothing(process: Process, join: Join) -> None:
    member, nobody = await join(), f"{secrets.token_hex(6)}@example.test"
    await used_up(process, member.email)
    await used_up(process, nobody)
    async with browser(process, "197.210.9.9") as thief, browser(process, "197.211.9.9") as owner:
        wrong = await code_needed(thief, member.email, "guess number 1")
        await code_needed(thief, nobody, "guess number 1")
        await drain(process.runtime)
        assert await letters_to(thief, member.email) == [] == await letters_to(thief, nobody)
        page = await owner.post("/signin", data={"email": member.email, "password": PASSWORD})
        challenge = challenge_on(page)
        assert page.status_code == 403 and challenge and 'name="code"' in page.text and "session" not in owner.cookies
        await drain(process.runtime)
        code = (await letters_to(owner, member.email))[0][-8:]
        given = {"email": member.email, "password": PASSWORD, "code": code}
        assert (await thief.post("/api/auth/login", json={**given, "challenge": wrong})).status_code == 403, "another's challenge"
        for number in range(CODE_TRIES):
            tried = await thief.post("/api/auth/login", json={**given, "challenge": wrong, "code": f"{number:08d}"})
        assert tried.json()["type"] == "/problems/code-refused"
        other = await thief.post("/api/auth/login", json={**given, "challenge": challenge, "email": nobody})
        assert other.status_code == 410
        near = await owner.post("/signin", data={**given, "challenge": challenge, "password": "nearly my password"})
        assert near.status_code == 401
        done = await owner.post("/signin", data={**given, "challenge": challenge})
        assert (done.status_code, done.headers["location"]) == (303, "/me")
        assert (await thief.post("/api/auth/login", json={**given, "challenge": challenge})).status_code == 410, "a code holds once"
        await owner.post("/signout")
        again = await owner.post("/signin", data={"email": member.email, "password": PASSWORD})
        assert again.status_code == 303, "the device is known from now on"


async def test_a_flood_costs_bounded_hashes_and_still_sends_the_owner_a_link(process: Process, join: Join) -> None:
    member = await join()
    await used_up(process, member.email)
    for _ in range(HASHES_A_MINUTE):
        await process.runtime.limiter.check(f"signin-hash:{reach_of(member.email).key}", limit=HASHES_A_MINUTE, per=60)
    hashed: list[str] = []
    pool = process.runtime.passwords
    before = pool.verify

    async def counted(stored: str, password: str) -> bool:
        hashed.append(stored)
        return await before(stored, password)

    pool.verify = counted  # type: ignore[method-assign]
    for number in range(2 * UNASKED_AN_HOUR + 8):
        assert await guess(process, f"41.{number}.0.9", member.email, f"guess number {number}") == 403
    assert len(hashed) < UNASKED_AN_HOUR + 8, "the room of a minute refills by one each two seconds"
    pool.verify = before  # type: ignore[method-assign]
    await drain(process.runtime)
    async with browser(process, "197.210.8.8") as owner:
        assert len(await letters_to(owner, member.email)) == UNASKED_AN_HOUR
        assert "nobody has come in, and you need do nothing" in await newest(owner, member.email), "it says why it came unasked"
        link = link_in(await newest(owner, member.email)).rpartition("/")[2]
        given = {"email": member.email, "challenge": link}
        for _ in range(CODE_TRIES - 1):
            assert (await owner.post("/signin", data={**given, "password": "nearly my password"})).status_code == 401
        assert (await owner.post("/signin", data={**given, "password": PASSWORD})).status_code == 303
