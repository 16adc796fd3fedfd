"""Accounts at the front door: phones in many spellings, links and codes, bans, devices that are known."""

import asyncio
import re

import httpx
import pytest

from nollycrewhub.cli import operator
from nollycrewhub.domains.users.service.accounts import reach_of
from nollycrewhub.domains.users.service.doubt import GUESS_WINDOW
from nollycrewhub.domains.users.service.signin import GUESSES_FROM_ANYWHERE
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.db import Query
from nollycrewhub.platform.errors import Invalid
from nollycrewhub.platform.sessions import IDLE
from nollycrewhub.platform.worker import drain
from tests.journeys.conftest import PASSWORD, Join

TRAIL = Query(str, "select action from platform.audit where subject = $1 order by at")
SPELLINGS = [
    "0803 555 01{:02}",
    "+234 803 555 01{:02}",
    "234803555 01{:02}",
    "0803-555-01{:02}",
    "(0803) 555 01{:02}",
    "803 555 01{:02}",
    "00234 803 555 01{:02}",
    "tel:+23480355501{:02}",
]

HANDLES_OF = Query(str, "select handle from users.person where email like $1")


def browser(process: Process, address: str = "102.89.1.7") -> httpx.AsyncClient:
    """A fresh browser at an address of its own."""
    url = process.runtime.settings.public_url
    transport = httpx.ASGITransport(app=process, client=(address, 4444))
    return httpx.AsyncClient(transport=transport, base_url=url, headers={"origin": url, "accept": "text/html"})


async def newest(client: httpx.AsyncClient, recipient: str) -> str:
    """The text of the newest message to an address."""
    letters = (await client.get("/dev/mail.json")).json()["letters"]
    text: str = next(letter["text"] for letter in letters if letter["recipient"] == recipient)
    return text


def link_in(text: str) -> str:
    """The path of the link in a message."""
    found = re.search(r"http://[^/\s]+(/\S+)", text)
    assert found, text
    return found.group(1)


@pytest.mark.parametrize(("number", "spelling"), list(enumerate(SPELLINGS)))
async def test_a_phone_is_one_account_however_it_is_spelt(process: Process, number: int, spelling: str) -> None:
    async with browser(process) as client:
        typed = spelling.format(number + 10)
        done = await client.post("/register", data={"name": "Bisi Ojo", "address": typed, "password": PASSWORD})
        assert done.status_code == 200, done.text
        await drain(process.runtime)
        stored = f"+2348035550{number + 110}"
        text = await newest(client, stored)
        code = re.search(r"code is (\d{6})", text)
        assert code and len(text) < 160, "the message fits one text message"
        assert (await client.post("/confirm", data={"address": typed, "code": code.group(1)})).status_code == 200
        for other in SPELLINGS:
            back = await client.post("/api/auth/login", json={"email": other.format(number + 10), "password": PASSWORD})
            assert back.json()["user"]["phone"] == stored


async def test_namesakes_who_join_at_the_same_moment_all_get_an_account(process: Process) -> None:
    async def join_as(number: int) -> None:
        async with browser(process, f"102.89.2.{number}") as client:
            given = {"name": "Same Samename", "email": f"same{number}@example.test", "password": PASSWORD}
            assert (await client.post("/api/auth/register", json=given)).status_code == 202

    await asyncio.gather(*(join_as(number) for number in range(8)))
    handles = await process.runtime.db.read_session(primary=True).rows(HANDLES_OF, "same%@example.test")
    assert (len(handles), len(set(handles)), "same-samename" in handles) == (8, 8, True)


async def test_a_new_name_is_shown_on_every_device_at_once(process: Process) -> None:
    async with browser(process) as phone, browser(process) as laptop:
        email = "re.named@example.test"
        await phone.post("/register", data={"name": "Before Rename", "address": email, "password": PASSWORD})
        await drain(process.runtime)
        await phone.post(link_in(await newest(phone, email)))
        for client in (phone, laptop):
            assert (await client.post("/signin", data={"email": email, "password": PASSWORD})).status_code == 303
        for name, rename in (
            ("After Rename", lambda: phone.put("/api/profile", json={"name": "After Rename"})),
            ("Thirdly “Ọ\\” Name", lambda: phone.post("/me/profile", data={"name": " Thirdly “Ọ\\” Name "})),
        ):
            assert (await rename()).status_code in (200, 303)
            for client in (phone, laptop):
                strip = (await client.get("/me/strip")).text
                assert name in strip and "Before" not in strip
        left = [
            await process.runtime.valkeys.sessions.ttl(key)
            async for key in process.runtime.valkeys.sessions.scan_iter("nollycrewhub:sess:*")
        ]
        assert len(left) == 2 and all(0 < seconds <= IDLE for seconds in left)


async def test_the_link_confirms_when_tapped_and_not_when_fetched(process: Process) -> None:
    async with browser(process) as client:
        email = "link.opener@example.test"
        await client.post("/register", data={"name": "Link Opener", "address": email, "password": PASSWORD})
        await drain(process.runtime)
        link = link_in(await newest(client, email))
        for _ in range(3):
            scanned = await client.get(link)
            assert (scanned.status_code, scanned.headers["cache-control"]) == (200, "private, no-store")
        early = await client.post("/signin", data={"email": email, "password": PASSWORD})
        assert (early.status_code, "session" in client.cookies) == (403, False)
        assert (await client.post(link)).status_code == 200
        assert (await client.post(link)).status_code == 410
        assert (await client.post("/signin", data={"email": email, "password": PASSWORD})).status_code == 303


async def test_a_forged_link_is_nobodys(process: Process) -> None:
    async with browser(process) as client:
        email = "forged@example.test"
        await client.post("/register", data={"name": "Forged", "address": email, "password": PASSWORD})
        await drain(process.runtime)
        link = link_in(await newest(client, email))
        last = "A" if link[-2] != "A" else "B"
        for wrong in (link[:-2] + last + link[-1], link.replace("/confirm/", "/reset/"), "/confirm/" + "A" * 43, "/confirm/x"):
            assert (await client.get(wrong)).status_code == 410
            answer = await client.post(wrong, data={"password": "four quite new words"})
            assert answer.status_code == 410
        assert (await client.post("/signin", data={"email": email, "password": PASSWORD})).status_code == 403


async def test_the_reset_link_works_when_the_codes_tries_are_used_up(process: Process, join: Join) -> None:
    member = await join()
    async with browser(process) as client:
        await client.post("/reset", data={"address": member.email})
        await drain(process.runtime)
        link = link_in(await newest(client, member.email))
        for _ in range(7):
            wrong = {"address": member.email, "code": "000000", "password": "four quite new words"}
            last = await client.post("/reset/confirm", data=wrong)
        assert last.status_code == 410 and "Too many" in last.text
        weak = await client.post(link, data={"password": "password1"})
        assert weak.status_code == 422
        assert (await client.post(link, data={"password": "four quite new words"})).status_code == 200
        assert (await member.client.get("/api/profile")).status_code == 401
        assert (await client.post("/signin", data={"email": member.email, "password": "four quite new words"})).status_code == 303


async def test_a_ban_ends_everything_and_is_in_the_trail(process: Process, join: Join) -> None:
    member = await join("Banned Person")
    handle = (await member.client.get("/api/profile")).json()["user"]["handle"]
    await member.client.put("/api/profile", json={"name": "Banned Person", "listed": True})
    assert (await member.client.get(f"/talent/{handle}")).status_code == 200
    assert await operator.act(process.runtime.settings, "ban", member.email) is True
    assert (await member.client.get("/api/profile")).status_code == 401
    refused = await member.client.post("/signin", data={"email": member.email, "password": PASSWORD})
    assert (refused.status_code, "account is closed" in refused.text) == (403, True)
    await drain(process.runtime)
    async with browser(process) as stranger:
        mark = {"x-nch-position": str(await process.runtime.db.write_position())}
        assert (await stranger.get(f"/talent/{handle}", headers=mark)).status_code == 404
        assert handle not in (await stranger.get("/sitemap-talent.xml", headers=mark)).text
    assert await operator.act(process.runtime.settings, "unban", member.email) is True
    assert (await member.client.post("/signin", data={"email": member.email, "password": PASSWORD})).status_code == 303
    assert await operator.act(process.runtime.settings, "ban", "nobody@example.test") is False
    trail = await process.runtime.db.read_session(primary=True).rows(TRAIL, member.person_id)
    assert trail == ["person.banned", "person.unbanned"]


async def test_an_operators_right_is_taken_away_at_once_and_written_down(process: Process, join: Join) -> None:
    member = await join()
    settings = process.runtime.settings
    assert await operator.act(settings, "add", member.email) is True
    async with browser(process) as phone:
        assert (await phone.post("/signin", data={"email": member.email, "password": PASSWORD})).status_code == 303
        assert (await phone.get("/api/jobs/held")).status_code == 200
        assert await operator.act(settings, "remove", member.email) is True
        assert (await phone.get("/api/jobs/held")).status_code == 401
        assert (await phone.post("/signin", data={"email": member.email, "password": PASSWORD})).status_code == 303
        assert (await phone.get("/api/jobs/held")).status_code == 404
        assert (await phone.get("/api/profile")).json()["user"]["operator"] is False
    trail = await process.runtime.db.read_session(primary=True).rows(TRAIL, member.person_id)
    assert trail[-2:] == ["operator.added", "operator.removed"]
    with pytest.raises(Invalid, match="is no operator"):
        await operator.act(settings, "remove", member.email)
    assert await operator.act(settings, "remove", "nobody@example.test") is False


async def test_typing_the_password_again_changes_the_token(process: Process, join: Join) -> None:
    member = await join()
    before = member.client.cookies["session"]
    wrong = await member.client.post("/api/auth/confirm-password", json={"password": "not mine"})
    assert (wrong.status_code, member.client.cookies["session"]) == (401, before)
    for elsewhere in ("/ops/ṣ", "/ops\r\nset-cookie: a=b", "/ops\x00", "//evil.example", "https://evil.example"):
        shown = await member.client.get("/me/confirm-password", params={"next": elsewhere})
        assert 'name="next" value=""' in shown.text, "a link of somebody else's puts nothing into the form"
        gone_on = await member.client.post("/me/confirm-password", data={"password": PASSWORD, "next": elsewhere})
        assert (gone_on.status_code, gone_on.headers["location"]) == (303, "/me"), elsewhere
    done = await member.client.post("/me/confirm-password", data={"password": PASSWORD, "next": "/ops"})
    after = member.client.cookies["session"]
    assert (done.status_code, after != before) == (303, True)
    answer = await member.client.post("/api/auth/confirm-password", json={"password": PASSWORD})
    member.client.cookies.clear()
    for dead in (before, after):
        assert (await member.client.get("/api/profile", headers={"authorization": f"Bearer {dead}"})).status_code == 401
    token = answer.json()["token"]
    devices = await member.client.get("/api/auth/devices", headers={"authorization": f"Bearer {token}"})
    assert [device["current"] for device in devices.json()["devices"]] == [True]


async def test_a_known_device_comes_in_while_strangers_guess(process: Process, join: Join) -> None:
    member = await join()
    tally = f"signin:{reach_of(member.email).key}"
    for _ in range(GUESSES_FROM_ANYWHERE):
        await process.runtime.limiter.fail(tally, per=GUESS_WINDOW)
    async with browser(process, "197.1.1.1") as elsewhere:
        assert (await elsewhere.post("/signin", data={"email": member.email, "password": PASSWORD})).status_code == 403
    assert (await member.client.post("/signin", data={"email": member.email, "password": PASSWORD})).status_code == 303
    for number in range(11):
        guess = await member.client.post("/api/auth/login", json={"email": member.email, "password": f"guess {number}"})
        assert guess.status_code == (401 if number < 10 else 403)
    assert guess.json()["type"] == "/problems/code-needed", "its own wrong tries lead to the mailbox too, not to a wait"


async def test_a_year_that_is_none_is_no_error(process: Process, join: Join) -> None:
    member = await join()
    form = {"name": "Ada", "credits": "Aba Road | Gaffer | ²\nOne Day | Grip | " + "9" * 5000}
    answer = await member.client.post("/me/profile", data=form)
    assert answer.status_code in (303, 422)


async def test_signing_in_comes_back_with_the_query(process: Process) -> None:
    async with browser(process) as client:
        answer = await client.get("/me/messages/new?application=7&x=a%26b", headers={"accept": "text/html"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/signin?next=/me/messages/new%3Fapplication%3D7%26x%3Da%2526b")
