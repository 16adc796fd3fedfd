"""Who is sent to sign in on the way somewhere, and joins there, arrives; with plain links and forms, by every way in."""

import re
import secrets
from collections.abc import AsyncIterator
from html import unescape
from typing import Any

import httpx
import pytest

from nollycrewhub.platform.app import Process
from nollycrewhub.platform.worker import drain
from tests.journeys.conftest import PASSWORD, Join, latest_code

ELSEWHERE = (
    "https://elsewhere.example/",
    "//elsewhere.example",
    "/\\elsewhere.example",
    "javascript:alert(1)",
    "/jobs\r\nset-cookie: a=b",
    "/ọ",
)


@pytest.fixture
async def browser(process: Process) -> AsyncIterator[httpx.AsyncClient]:
    """A newcomer's browser without a script."""
    url = process.runtime.settings.public_url
    headers = {"origin": url, "accept": "text/html"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=process), base_url=url, headers=headers) as client:
        yield client


def link_to(page: httpx.Response, start: str) -> str:
    """Where the first link of a page that starts so leads."""
    return unescape(re.findall(rf'href="({re.escape(start)}[^"]*)"', page.text)[0])


def form_of(page: httpx.Response, action: str) -> dict[str, str]:
    """The hidden fields of one form of a page."""
    form = page.text.split(f'action="{action}"', 1)[1].split("</form>", 1)[0]
    return {name: unescape(value) for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)}


async def letter_to(client: httpx.AsyncClient, address: str) -> str:
    """The newest letter's text."""
    letters = (await client.get("/dev/mail.json")).json()["letters"]
    return next(str(letter) for letter in letters if letter["recipient"] == address)


async def submit(client: httpx.AsyncClient, page: httpx.Response, action: str, **typed: Any) -> httpx.Response:
    """Fills one form of a page in and sends it."""
    return await client.post(action, data={**form_of(page, action), **typed})


async def to_sign_in(client: httpx.AsyncClient, job: int) -> httpx.Response:
    """Taps Apply on a job's page, and is asked to sign in."""
    asked = await client.get(link_to(await client.get(f"/jobs/{job}"), f"/jobs/{job}/apply"))
    assert asked.status_code == 303
    return await client.get(asked.headers["location"])


@pytest.mark.parametrize("way", ["code", "link", "second code"])
async def test_a_newcomer_who_joins_to_apply_lands_on_the_application(
    process: Process, join: Join, browser: httpx.AsyncClient, way: str
) -> None:
    job = (await (await join()).post_job())["id"]
    address = f"{secrets.token_hex(6)}@example.test"
    registering = await browser.get(link_to(await to_sign_in(browser, job), "/register"))
    refused = await submit(browser, registering, "/register", name="Ngozi Eze", address=address, password="password1")
    assert refused.status_code == 422
    joined = await submit(browser, refused, "/register", name="Ngozi Eze", address=address, password=PASSWORD)
    await drain(process.runtime)
    if way == "link":
        path = re.findall(r"(/confirm/[^\s'\\]+)", await letter_to(browser, address))[0]
        opened = await browser.get(path)
        done = await submit(browser, opened, path.split("?")[0])
    else:
        if way == "second code":
            joined = await submit(browser, joined, "/confirm/resend", address=address)
            await drain(process.runtime)
        wrong = await submit(browser, joined, "/confirm", address=address, code="12")
        done = await submit(browser, wrong, "/confirm", address=address, code=await latest_code(browser, address))
    assert "Your address is confirmed" in done.text
    entered = await submit(browser, done, "/signin", email=address, password=PASSWORD)
    assert (entered.status_code, entered.headers["location"]) == (303, f"/jobs/{job}/apply")
    assert "A note to the poster" in (await browser.get(entered.headers["location"])).text


@pytest.mark.parametrize("way", ["code", "link"])
async def test_who_forgot_the_password_on_the_way_arrives_too(process: Process, join: Join, browser: httpx.AsyncClient, way: str) -> None:
    member = await join()
    job = (await (await join()).post_job())["id"]
    asking = await browser.get(link_to(await to_sign_in(browser, job), "/reset"))
    sent = await submit(browser, asking, "/reset", address=member.email)
    await drain(process.runtime)
    new = "four quite new words"
    if way == "link":
        path = re.findall(r"(/reset/[^\s'\\]+)", await letter_to(browser, member.email))[0]
        opened = await browser.get(path)
        done = await submit(browser, opened, path.split("?")[0], password=new)
    else:
        code = await latest_code(browser, member.email)
        done = await submit(browser, sent, "/reset/confirm", address=member.email, code=code, password=new)
    entered = await submit(browser, done, "/signin", email=member.email, password=new)
    assert (entered.status_code, entered.headers["location"]) == (303, f"/jobs/{job}/apply")


async def test_a_text_message_carries_a_short_way_only(process: Process, browser: httpx.AsyncClient) -> None:
    for path, is_told in (("/jobs/7/apply", True), ("/jobs?q=" + "a" * 60, False)):
        number = f"0803{secrets.randbelow(10**7):07d}"
        form = {"name": "Ngozi Eze", "address": number, "password": PASSWORD, "next": path}
        assert (await browser.post("/register", data=form)).status_code == 200
        await drain(process.runtime)
        assert ("?next=" in await letter_to(browser, "+234" + number[1:])) is is_told


@pytest.mark.parametrize("there", ELSEWHERE)
async def test_no_way_leads_off_the_site(process: Process, join: Join, browser: httpx.AsyncClient, there: str) -> None:
    member = await join()
    for page in ("/signin", "/register", "/confirm", "/reset"):
        shown = await browser.get(page, params={"next": there})
        assert form_of(shown, page)["next"] == "", page
    address = f"{secrets.token_hex(6)}@example.test"
    await browser.post("/register", data={"name": "Ngozi Eze", "address": address, "password": PASSWORD, "next": there})
    await drain(process.runtime)
    assert "?next=" not in await letter_to(browser, address)
    entered = await browser.post("/signin", data={"email": member.email, "password": PASSWORD, "next": there})
    assert (entered.status_code, entered.headers["location"]) == (303, "/me")
