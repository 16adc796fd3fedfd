"""Pages that are open hear what happens: on a phone, offline and back, and where a WebSocket does not get through."""

import asyncio
import re
import threading
from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from nollycrewhub.domains.notifications.rules import Words
from nollycrewhub.domains.notifications.service.telling import Telling, store
from nollycrewhub.kit.ids import uuid7
from nollycrewhub.platform.cache import Valkeys
from nollycrewhub.platform.db import Database
from nollycrewhub.platform.live import Teller
from nollycrewhub.platform.settings import Settings
from tests.web.browser.conftest import SAMPLE_PASSWORD, Site, Visitor, join, of_own_database

SOON = 8_000
LISTING = {
    "title": "Gaffer for a night shoot", "kind": "crew", "category": "gaffer", "company": "Evening Light Films", "state": "LA",
    "town": "Lagos", "pay": {"amount": 8_000_000}, "description": "Four nights with a small and kind crew on the island.",
}  # fmt: skip
Notify = Callable[[str], None]


@pytest.fixture
def notify(settings: Settings, site: Site) -> Notify:
    """Stores a notice for the sample's actress as the domain does, in a transaction of its own."""
    own = of_own_database(settings)
    login = {"email": "talent@example.com", "password": SAMPLE_PASSWORD}
    person = UUID(httpx.post(f"{site.url}/api/auth/login", json=login, headers={"origin": site.url}).json()["user"]["id"])

    async def tell(subject: str) -> None:
        db, valkeys = Database(own), Valkeys(own)
        teller = Teller(valkeys.telling)
        teller.follow(db)
        await db.start()
        async with db.write_session() as session:
            assert await store(session, [Telling(person, uuid7(), Words("application.reviewed", subject, "Be there at six.", "/me"))])
            await db.commit(session)
        await teller.stop()
        await db.stop()
        await valkeys.stop()

    def run(subject: str) -> None:
        failed: list[BaseException] = []

        def work() -> None:
            try:
                asyncio.run(tell(subject))
            except BaseException as error:  # noqa: BLE001 - the test that waits for the thread raises it
                failed.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        if failed:
            raise failed[0]

    return run


def actress(chromium: Browser, site: Site, **changes: Any) -> Visitor:
    """Signed in, on the page of notices."""
    visitor = Visitor(chromium, site, **changes)
    visitor.sign_in("talent@example.com", SAMPLE_PASSWORD)
    return visitor


def count(page: Page) -> int:
    """The unread count on top, once it is there."""
    page.wait_for_selector("#unread", state="attached", timeout=SOON)
    return int(page.locator("#unread").text_content() or 0)


def test_a_notice_and_its_count_arrive_together_on_both_of_a_persons_pages(site: Site, chromium: Browser, notify: Notify) -> None:
    visitor = actress(chromium, site)
    other = visitor.context.new_page()
    other.goto("/jobs", wait_until="load")
    page = visitor.go("/me/notices")
    before = count(page)
    assert count(other) == before
    notify("Your call time moved to six")
    for one in (page, other):
        expect(one.locator("#unread")).to_have_text(str(before + 1), timeout=SOON)
    expect(page.locator("#notices")).to_contain_text("Your call time moved to six", timeout=SOON)
    page.get_by_role("button", name="Mark all as read").click()
    expect(other.locator("#unread")).to_be_hidden(timeout=SOON)
    assert visitor.refused == []
    visitor.close()


def test_what_happened_while_a_phone_was_offline_is_there_when_it_is_back(site: Site, chromium: Browser, notify: Notify) -> None:
    visitor = actress(chromium, site)
    page = visitor.go("/me/notices")
    before = count(page)
    visitor.context.set_offline(True)
    page.wait_for_function("!navigator.onLine")
    notify("While you were away: one")
    notify("While you were away: two")
    page.wait_for_timeout(300)
    assert count(page) == before
    visitor.context.set_offline(False)
    expect(page.locator("#unread")).to_have_text(str(before + 2), timeout=SOON)
    expect(page.locator("#notices")).to_contain_text("While you were away: two", timeout=SOON)
    visitor.close()


@pytest.mark.parametrize("transport", ["events", "poll"])
def test_without_websockets_the_same_arrives(site: Site, chromium: Browser, notify: Notify, transport: str) -> None:
    visitor = actress(chromium, site)
    visitor.page.route_web_socket("**/ws", lambda socket: socket.close())
    if transport == "poll":
        visitor.page.route("**/live/events*", lambda route: route.abort())
    with visitor.page.expect_response(lambda one: f"/live/{transport}?" in one.url and "&wait=0" not in one.url, timeout=60_000):
        visitor.page.goto("/me/notices", wait_until="load")
    visitor.page.wait_for_timeout(500)
    before = count(visitor.page)
    notify(f"By {transport}")
    expect(visitor.page.locator("#unread")).to_have_text(str(before + 1), timeout=SOON)
    visitor.close()


def test_the_board_says_how_many_jobs_are_new_and_shows_them(site: Site, chromium: Browser) -> None:
    visitor = Visitor(chromium, site)
    page = visitor.go("/jobs?kind=crew")
    elsewhere = visitor.context.new_page()
    elsewhere.goto("/jobs?state=KN", wait_until="load")
    page.wait_for_timeout(1500)
    with httpx.Client(base_url=site.url, headers={"origin": site.url}) as poster:
        token = poster.post("/api/auth/login", json={"email": "producer@example.com", "password": SAMPLE_PASSWORD}).json()["token"]
        posted = poster.post("/api/jobs", json=LISTING, headers={"authorization": f"Bearer {token}"})
        assert posted.status_code == 201, posted.text
    bar = page.locator("[data-new-jobs]")
    expect(bar).to_have_text("1 new job: show", timeout=SOON)
    expect(elsewhere.locator("[data-new-jobs]")).to_be_hidden()
    visitor.picture("new-jobs")
    with page.expect_navigation(wait_until="load"):
        bar.get_by_role("link").click()
    expect(page.locator(f'a[href="/jobs/{posted.json()["job"]["id"]}"]')).to_be_visible()
    assert not visitor.scrolls_sideways()
    visitor.close()


def test_a_session_that_ended_while_its_page_had_no_line_is_off_the_screen_when_the_line_is_back(site: Site, chromium: Browser) -> None:
    visitor, elsewhere = Visitor(chromium, site), Visitor(chromium, site)
    join(site, visitor, "Ada Away", "ada-away@example.test")
    elsewhere.sign_in("ada-away@example.test", "three unusual words")
    page = visitor.go("/me/notices")
    page.wait_for_selector("#unread", state="attached", timeout=SOON)
    visitor.context.set_offline(True)
    page.wait_for_function("!navigator.onLine")
    done = elsewhere.context.request.post("/me/signout-everywhere", headers={"origin": site.url}, max_redirects=0)
    assert done.status == 303
    visitor.context.set_offline(False)
    page.wait_for_url(re.compile("/signin"), timeout=SOON)
    visitor.close()
    elsewhere.close()


def test_a_page_of_who_was_signed_in_before_is_off_the_screen_once_somebody_else_is(site: Site, chromium: Browser) -> None:
    visitor, other = Visitor(chromium, site), Visitor(chromium, site)
    join(site, visitor, "Ada First", "ada-first@example.test")
    join(site, other, "Bola Second", "bola-second@example.test")
    page = visitor.go("/jobs")
    expect(page.locator("#strip")).to_contain_text("Ada First", timeout=SOON)
    page.wait_for_selector("#unread", state="attached", timeout=SOON)
    visitor.page = visitor.context.new_page()
    visitor.sign_in("bola-second@example.test", "three unusual words")
    expect(page.locator("#strip")).to_contain_text("Bola Second", timeout=SOON)
    assert "Ada First" not in page.content()
    visitor.close()
    other.close()
