"""What tells a phone whose pages it keeps, and when it has to forget them: a header, a hint, and Clear-Site-Data."""

import httpx
import pytest

from nollycrewhub.platform.app import Process
from nollycrewhub.platform.context import HINT_COOKIE
from nollycrewhub.platform.db import parse_position
from nollycrewhub.platform.sessions import PERSON_PREFIX
from tests.domains.test_messages import handle_of, open_with
from tests.domains.test_people import browser
from tests.journeys.conftest import PASSWORD, Join

HTML = {"accept": "text/html"}
WHOSE = "x-nch-whose"
EVERYTHING = '"storage"'


def hints(answer: httpx.Response) -> list[str]:
    """What an answer does with the hint."""
    return [line for line in answer.headers.get_list("set-cookie") if line.startswith(f"{HINT_COOKIE}=")]


async def test_a_page_of_ones_own_says_whose_it_is_and_nothing_else_does(join: Join) -> None:
    ada, bola = await join("Ada Obi"), await join("Bola Ade")
    for member in (ada, bola):
        page = await member.client.get("/me", headers=HTML)
        assert page.headers[WHOSE] == member.client.cookies[HINT_COOKIE] and hints(page) == []
        assert member.person_id not in page.headers[WHOSE]
    assert ada.client.cookies[HINT_COOKIE] != bola.client.cookies[HINT_COOKIE]
    for path in ("/", "/jobs", "/api/profile", "/offline", "/nothing"):
        assert WHOSE not in (await ada.client.get(path, headers=HTML)).headers, path


async def test_a_lost_or_old_hint_comes_back_with_the_next_page(join: Join) -> None:
    ada = await join("Ada Obi")
    right = ada.client.cookies[HINT_COOKIE]
    for former in ("1", ""):
        ada.client.cookies.delete(HINT_COOKIE)
        if former:
            ada.client.cookies.set(HINT_COOKIE, former)
        page = await ada.client.get("/me/notices", headers=HTML)
        assert [line.partition(";")[0] for line in hints(page)] == [f"{HINT_COOKIE}={right}"]


async def test_an_ended_session_takes_the_hint_away_and_a_wrong_password_does_not(process: Process, join: Join) -> None:
    ada = await join("Ada Obi")
    wrong = await ada.client.post("/api/auth/login", json={"email": ada.email, "password": "four quite other words"})
    assert (wrong.status_code, hints(wrong)) == (401, [])
    await process.runtime.sessions.end(ada.client.cookies["session"])
    for path, status in (("/me", 303), ("/me/strip", 303), ("/api/profile", 401)):
        answer = await ada.client.get(path, headers=HTML)
        assert answer.status_code == status
        [line] = hints(answer)
        assert "Max-Age=0" in line
        assert not any(one.startswith("session=") for one in answer.headers.get_list("set-cookie")), "another tab may have a new one"
    async with browser(process) as stranger:
        assert hints(await stranger.get("/me", headers=HTML)) == [], "whoever had no session is told nothing"


@pytest.mark.parametrize("way", ["/signout", "/me/signout-everywhere", "/me/delete"])
async def test_who_leaves_has_the_phone_forget_everything(join: Join, way: str) -> None:
    ada = await join("Ada Obi")
    left = await ada.client.post(way, data={"password": PASSWORD}, headers=HTML)
    assert left.status_code in (200, 303)
    assert left.headers["clear-site-data"] == EVERYTHING
    assert [line for line in hints(left) if "Max-Age=0" in line] == hints(left) != []


async def test_whoever_is_told_something_reads_from_a_place_that_has_it(process: Process, join: Join) -> None:
    ada, bola = await join("Ada Obi"), await join("Bola Ade")
    sent = await open_with(ada, await handle_of(bola))
    stored, client = parse_position(sent.headers["x-nch-position"]), process.runtime.sessions.client
    marked = parse_position((await client.get(f"{PERSON_PREFIX}{bola.person_id}:mark")).decode())
    assert marked is not None and stored is not None and marked.has_reached(stored)
