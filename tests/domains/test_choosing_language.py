"""Choosing a language: by the menu at the foot, on this device and by an account, and what is sent to a person."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from nollycrewhub.kit.told import Catalogue
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.languages import LANGUAGES
from nollycrewhub.platform.settings import Settings
from nollycrewhub.platform.worker import drain
from tests.journeys.conftest import PASSWORD, Join
from tests.journeys.conftest import join as join  # noqa: PLC0414 - pytest finds fixtures by name
from tests.speaking import Wide, offering_on, wide

HAUSA = Catalogue("ha", {("", "Sign in"): ("Shiga",), ("", "Jobs"): ("Ayyuka",)}, form=LANGUAGES["ha"].form, is_draft=True)
HTML = {"accept": "text/html"}


@pytest.fixture(scope="module", autouse=True)
async def languages(settings: Settings) -> AsyncIterator[None]:
    """Yoruba in wide letters, and a few words of Hausa."""
    async with offering_on(settings, yo=Wide("yo"), ha=HAUSA):
        yield


def browser(process: Process, **headers: str) -> httpx.AsyncClient:
    """Somebody's browser, with cookies of its own."""
    url = process.runtime.settings.public_url
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=process), base_url=url, headers={"origin": url, **HTML, **headers})


def language_of(answer: httpx.Response) -> str:
    """The language a page says it is in."""
    return answer.text.partition('<html lang="')[2].partition('"')[0]


async def choose(client: httpx.AsyncClient, code: str, **headers: str) -> httpx.Response:
    """Presses a button of the menu."""
    return await client.post("/language", data={"language": code}, headers=headers)


async def test_without_a_choice_the_browser_is_asked_and_a_choice_comes_first(process: Process) -> None:
    async with browser(process, **{"accept-language": "yo-NG,en;q=0.5"}) as client:
        assert [language_of(await client.get(path)) for path in ("/", "/jobs", "/signin", "/offline")] == ["yo-NG"] * 4
        answer = await choose(client, "ha", referer=f"{client.base_url}/jobs?q=gaffer")
        assert (answer.status_code, answer.headers["location"]) == (303, "/jobs?q=gaffer")
        assert answer.headers["cache-control"] == "private, no-store" and client.cookies["language"] == "ha"
        assert [language_of(await client.get(path)) for path in ("/", "/jobs", "/signin")] == ["ha-NG"] * 3
        assert "Shiga" in (await client.get("/")).text
        await choose(client, "en")
        assert language_of(await client.get("/")) == "en-NG"
    async with browser(process) as client:
        assert language_of(await client.get("/")) == "en-NG"


async def test_the_menu_names_each_language_in_its_own_words_and_says_what_is_a_draft(process: Process) -> None:
    async with browser(process, **{"accept-language": "ha"}) as client:
        page = (await client.get("/")).text
    menu = page.partition('<form class="languages"')[2].partition("</form>")[0]
    assert [part.partition('"')[0] for part in menu.split('value="')[1:]] == ["en", "yo", "ha"]
    assert ">English</button>" in menu and ">Yorùbá</button>" in menu and ">Hausa <small>draft</small></button>" in menu
    assert menu.count('aria-current="true"') == 1 and 'value="ha" lang="ha-NG" aria-current="true"' in menu


@pytest.mark.parametrize(
    ("referer", "back"),
    [
        ("{}/me?x=1&y=%20", "/me?x=1&y=%20"), ("", "/"), ("https://evil.example/jobs", "/jobs"), ("{}//evil.example/x", "/"), ("{}/\\evil", "/"),
        ("javascript:alert(1)", "/"), ("{}/" + "a" * 400, "/"), ("{}/a b", "/"),
    ],
)  # fmt: skip
async def test_it_leads_back_to_a_page_of_ours_and_nowhere_else(process: Process, referer: str, back: str) -> None:
    async with browser(process) as client:
        answer = await choose(client, "yo", referer=referer.format(client.base_url))
        assert (answer.status_code, answer.headers["location"]) == (303, back)


@pytest.mark.parametrize("code", ["", "de", "en ", "ig", "../x", "yo\n"])
async def test_what_is_not_offered_is_refused_and_nothing_is_kept(process: Process, code: str) -> None:
    async with browser(process) as client:
        answer = await choose(client, code)
        assert answer.status_code == 422 and "language" not in client.cookies


async def test_another_site_chooses_nothing(process: Process) -> None:
    async with browser(process) as client:
        answer = await choose(client, "yo", origin="https://evil.example")
        assert answer.status_code == 403 and "language" not in client.cookies


async def stored(process: Process, person_id: str) -> tuple[str, bool]:
    """What the account has."""
    async with process.runtime.db.write_session() as session:
        row = (await session.sql("select locale, locale_chosen from users.person where id = $1", person_id))[0]
    return row[0], row[1]


@asynccontextmanager
async def signed_in(process: Process, email: str, **cookies: str) -> AsyncIterator[httpx.AsyncClient]:
    """Another device of a person."""
    async with browser(process) as client:
        for name, value in cookies.items():
            client.cookies.set(name, value, domain=client.base_url.host)
        answer = await client.post("/signin", data={"email": email, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        yield client


async def test_a_choice_goes_with_the_account_to_each_device(process: Process, join: Join) -> None:
    member = await join()
    assert await stored(process, member.person_id) == ("en", False)
    async with signed_in(process, member.email) as device:
        assert "language" not in device.cookies
    await choose(member.client, "yo")
    assert await stored(process, member.person_id) == ("yo", True)
    assert language_of(await member.client.get("/me", headers=HTML)) == "yo-NG"
    async with signed_in(process, member.email) as device:
        assert device.cookies["language"] == "yo" and language_of(await device.get("/me")) == "yo-NG"
    async with signed_in(process, member.email, language="ha") as device:
        assert [cookie.value for cookie in device.cookies.jar if cookie.name == "language"][-1] == "yo"
    assert (await member.client.get("/api/profile")).json()["user"]["name"] == "Ada Obi"


async def test_a_choice_made_before_signing_in_becomes_the_accounts(process: Process, join: Join) -> None:
    member = await join()
    async with signed_in(process, member.email, language="ha"):
        assert await stored(process, member.person_id) == ("ha", True)


async def letters(process: Process, address: str) -> list[dict[str, str]]:
    """What was sent to an address, newest first."""
    await drain(process.runtime)
    async with browser(process) as client:
        found = (await client.get("/dev/mail.json")).json()["letters"]
    return [letter for letter in found if letter["recipient"] == address]


async def test_who_joins_in_a_language_is_written_to_in_it(process: Process) -> None:
    async with browser(process, **{"accept-language": "yo"}) as client:
        for path, given in (("/register", {"address": "ada-yo@example.test"}), ("/api/auth/register", {})):
            if given:
                await client.post(path, data={"name": "Ada Obi", "password": PASSWORD, **given})
            else:
                await client.post(path, json={"name": "Ada Obi", "password": PASSWORD, "email": "api-yo@example.test"})
    for address in ("ada-yo@example.test", "api-yo@example.test"):
        newest = (await letters(process, address))[0]
        assert newest["subject"].startswith(wide("Confirm your address: ")) and wide("Your code is ") in newest["text"]


async def test_what_is_sent_follows_the_account_and_not_whoever_asks(process: Process, join: Join) -> None:
    member = await join()
    await choose(member.client, "yo")
    async with browser(process, **{"accept-language": "ha"}) as stranger:
        await stranger.post("/reset", data={"address": member.email})
    assert (await letters(process, member.email))[0]["subject"].startswith(wide("Set a new password: "))


async def test_a_refusal_is_told_on_a_page_in_the_readers_language_and_to_programs_in_english(process: Process) -> None:
    async with browser(process, **{"accept-language": "yo"}) as client:
        page = await client.post("/register", data={"name": "Ada", "address": "a@example.test", "password": "short"})
        assert page.status_code == 422 and wide("Use at least 8 characters.").replace("８", "8") in page.text
        answer = await client.post("/api/auth/register", json={"name": "Ada", "email": "a@example.test", "password": "short"})
        assert answer.json()["detail"].startswith("Use at least 8 characters.")
        missing = await client.get("/jobs/999999999")
        assert missing.status_code == 404 and wide("There is no such listing") in missing.text and language_of(missing) == "yo-NG"


async def test_a_notice_is_mailed_and_shown_in_the_language_of_whom_it_tells(process: Process, join: Join) -> None:
    poster, applicant = await join("Ngozi Eze"), await join("Ada Obi")
    await choose(poster.client, "yo")
    job = await poster.post_job(title="Lead actress, Igbo-speaking")
    applied = await applicant.client.post(f"/api/jobs/{job['id']}/applications", json={"note": "I am here."})
    assert applied.status_code == 201, applied.text
    newest = (await letters(process, poster.email))[0]
    assert newest["subject"] == wide("New application: ") + "Lead actress, Igbo-speaking"
    for sentence in ("Hello ", "You get this because you posted this job on NollyCrewHub.", "No more mails of this kind: "):
        assert wide(sentence) in newest["text"]
    page = (await poster.client.get("/me/notices", headers=HTML)).text
    assert wide("New application: ") + "Lead actress, Igbo-speaking" in page and "New application" not in page
    stored = (await poster.client.get("/api/notifications")).json()["notices"][0]
    assert stored["subject"] == "New application: Lead actress, Igbo-speaking"
